"""The properties of a split: seeded, complete, and duplicates, groups and times stay on their side."""

import hashlib

import polars as pl
import pytest

pytestmark = pytest.mark.usefixtures("pipeline")
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def frame(rows: int = 200) -> pl.DataFrame:
    numbers = range(rows)
    return pl.DataFrame(
        {
            "label": [["a", "b", "c"][i % 3] for i in numbers],
            "who": [f"author {i // 2 % 17}" for i in numbers],
            "when": [i * 37 % 101 for i in numbers],
            "__key": [f"text {i // 2}" for i in numbers],
            "__place": [str(i) for i in numbers],
        }
    )


def parts(by: str, seed: int = 7, data: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    from pipeline.dataset.splits import Split, split

    return split(frame() if data is None else data, Split(by=by, shares=SHARES, seed=seed), "label")


@pytest.mark.parametrize(
    ("by", "places"),
    [
        ("random", [4, 5, 8, 9, 80, 81, 94, 95]),
        ("stratified", [4, 5, 8, 9, 94, 95, 98, 99]),
        ("group:who", [2, 3, 26, 27, 36, 37, 60, 61]),
        ("time:when", [18, 19, 48, 49, 78, 79, 108, 109]),
        ("given:part", [1, 11, 21, 31, 41, 51, 61, 71]),
    ],
)
def test_the_splits_of_projects_that_exist_do_not_move(by: str, places: list[int]) -> None:
    given = pl.Series("part", ["test" if i % 10 == 1 else "train" for i in range(200)])
    assert parts(by, data=frame().with_columns(given))["test"]["__place"].head(8).cast(int).to_list() == places


@pytest.mark.usefixtures("pipeline")
def test_equal_beginnings_of_digests_are_told_apart_by_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.dataset import row_digests

    texts = pl.Series([f"row {i}" for i in range(300)])
    whole = sorted(range(300), key=lambda i: hashlib.sha256(f"7:{texts[i]}".encode()).digest())
    monkeypatch.setattr(row_digests, "SLICE", 64)
    assert row_digests.order(texts, "7:").tolist() == whole
    digest = hashlib.sha256
    monkeypatch.setattr(row_digests.hashlib, "sha256", lambda text: Blunted(digest(text).digest()))
    assert row_digests.order(texts, "7:").tolist() == whole


class Blunted:
    """A digest whose first 64 bits are the same for all."""

    def __init__(self, whole: bytes) -> None:
        self.whole = whole

    def digest(self) -> bytes:
        return bytes(8) + self.whole[:24]


@pytest.mark.parametrize("by", ["random", "stratified", "group:who", "time:when"])
def test_every_row_is_in_one_part_and_duplicates_stay_together(by: str) -> None:
    found = parts(by)
    places = [place for part in found.values() for place in part["__place"].to_list()]
    assert sorted(places) == sorted(frame()["__place"].to_list())
    keys = [set(part["__key"].to_list()) for part in found.values()]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


def test_seed_decides_and_repeats() -> None:
    assert parts("random")["test"].equals(parts("random")["test"])
    assert not parts("random")["test"].equals(parts("random", seed=8)["test"])


def test_strata_keep_their_shares() -> None:
    data = frame().with_columns(pl.col("__place").alias("__key"))
    for part, share in SHARES.items():
        counts = parts("stratified", data=data)[part]["label"].value_counts()["count"].to_list()
        assert all(abs(count - share * 200 / 3) <= 2 for count in counts)


def test_small_class_reaches_every_part() -> None:
    data = frame(60).with_columns(
        pl.when(pl.int_range(60) < 3).then(pl.lit("rare")).otherwise(pl.lit("common")).alias("label"),
        pl.col("__place").alias("__key"),
    )
    assert all("rare" in part["label"].to_list() for part in parts("stratified", data=data).values())


def test_groups_that_share_a_duplicate_stay_together() -> None:
    linked = ["author 3", "author 5", "author 11"]
    data = pl.concat([frame(), frame(3)]).with_columns(
        pl.Series("who", [*frame()["who"].to_list(), *linked]),
        pl.Series("__key", [*frame()["__key"].to_list(), *["written by three"] * 3]),
        pl.int_range(203).cast(pl.String).alias("__place"),
    )
    found = parts("group:who", data=data)
    sides = {who: {name for name, part in found.items() if who in part["who"].to_list()} for who in data["who"]}
    assert all(len(names) == 1 for names in sides.values())
    assert sides["author 3"] == sides["author 5"] == sides["author 11"]


def test_time_runs_from_train_to_test() -> None:
    data = frame().with_columns(pl.col("__place").alias("__key"))
    found = parts("time:when", data=data)
    assert found["train"]["when"].max() <= found["validation"]["when"].min()  # type: ignore[operator]
    assert found["validation"]["when"].max() <= found["test"]["when"].min()  # type: ignore[operator]


def test_given_parts_are_kept_and_train_gives_up_what_test_holds() -> None:
    given = pl.Series("part", ["test" if i % 10 == 1 else "train" for i in range(200)])
    found = parts("given:part", data=frame().with_columns(given))
    assert set(found["test"]["__place"].to_list()) == {str(i) for i in range(200) if i % 10 == 1}
    assert not set(found["train"]["__key"].to_list()) & set(found["test"]["__key"].to_list())
    assert found["validation"].height > 0


def test_unknown_part_is_named() -> None:
    from pipeline.base.failure import Failure

    with pytest.raises(Failure, match="holdout"):
        parts("given:part", data=frame().with_columns(pl.lit("holdout").alias("part")))
