"""Few rows are cross-validated: each row judges once, and equal rows stay together."""

from pathlib import Path

import polars as pl

from trainerspec.running.tuning.places import DATA, FEW, FOLDS, folds


def project(folder: Path, train: int, validation: int) -> Path:
    """Make a folder with prepared data; each key stands twice in train."""
    (folder / DATA).mkdir(parents=True)
    (folder / "pipeline").mkdir()
    for name, rows in (("train", train), ("validation", validation)):
        keys = [f"{name} {number // 2 if name == 'train' else number}" for number in range(rows)]
        labels = ["rare" if number % 10 < 2 else "often" for number in range(rows)]
        pl.DataFrame({"key": keys, "label": labels}).write_parquet(folder / DATA / f"{name}.parquet")
    return folder


def test_each_row_judges_once(tmp_path: Path) -> None:
    places = folds(project(tmp_path, 80, 20), "label", 7)
    assert len(places) == FOLDS
    judged = [pl.read_parquet(place / DATA / "validation.parquet") for place in places]
    assert sum(frame.height for frame in judged) == 100
    for place, held in zip(places, judged, strict=True):
        rest = pl.read_parquet(place / DATA / "train.parquet")
        assert not set(rest["key"]) & set(held["key"]), "equal rows stay together"
        assert 2 <= held.filter(pl.col("label") == "rare").height <= 6
        assert (place / "pipeline").is_dir()
        assert not (place / DATA / "test.parquet").exists()


def test_many_rows_are_judged_by_the_validation_split(tmp_path: Path) -> None:
    assert folds(project(tmp_path, 40, FEW), "label", 7) == []


def test_folds_are_the_same_again(tmp_path: Path) -> None:
    first = [(place / DATA / "validation.parquet").read_bytes() for place in folds(project(tmp_path, 80, 20), "", 7)]
    assert first == [(place / DATA / "validation.parquet").read_bytes() for place in folds(tmp_path, "", 7)]
