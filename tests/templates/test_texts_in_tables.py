"""Texts among the columns of a table: read alike in training and serving, and better together with the others."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests import needs
from tests.shared import once
from tests.templates import folders
from trainerspec.catalog.load import tasks

needs.packages("torch", "lightgbm", "sklearn")

TASK = "tabular-classification"
GOOD, BAD = ["great", "kind", "quick", "happy"], ["broken", "late", "rude", "sad"]
OTHER = ["the", "parcel", "came", "from", "your", "shop"]
WIDTH = 6


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "ensemble", lambda folder: folders.emitted(folder, tasks()[TASK], {}))


def table(seed: int, count: int) -> pl.DataFrame:
    """Return rows whose class follows a number and what a note says, each about as much; some rows have no note."""
    chance = np.random.default_rng(seed)
    price, mood = chance.normal(size=count), chance.normal(size=count)
    notes = [
        " ".join(chance.permutation([*OTHER, *(str(chance.choice(GOOD if one > 0 else BAD)) for _ in range(2))]))
        for one in mood
    ]
    label = np.where(price + mood + chance.normal(scale=0.4, size=count) > 0, "yes", "no")
    rows = {"price": price, "note": [None if place % 20 == 0 else note for place, note in enumerate(notes)]}
    return pl.DataFrame({**rows, "label": label})


def settings(*read: str) -> Any:
    """Return what training reads of params.yaml, for these columns."""
    from pipeline.base.params import Params

    kinds = {"price": "FP64", "note": "BYTES"}
    raw: list[Any] = [
        {"name": name, "kind": "column", "datatype": kinds[name], "shape": [-1], "role": name, "optional": True}
        | ({"media_type": "text/plain"} if name == "note" else {})
        for name in read
    ]
    types = {"price": "number", "note": "text"}
    contract = {"raw": raw, "tensors": {"inputs": [], "outputs": []}, "answer": []}
    data = {"contract": {"hard": {"columns": types}}, "clean": [], "text_features": WIDTH}
    return Params({"data": data, "contract": contract, "labels": ["no", "yes"]})


def learnt(frame: pl.DataFrame, *read: str) -> tuple[Any, Any, Any]:
    """Return what was learnt of the texts, the processor, and the encoded training rows."""
    from pipeline.base.progress import Progress
    from pipeline.tables import input_columns, text_learning
    from pipeline.tables.encoded_rows import encode
    from pipeline.task import data
    from pipeline.task.processing import Processor

    how = settings(*read)
    truth = data.truth(frame, ("no", "yes"))
    texts = text_learning.learn(input_columns.fit(frame, how), frame, truth, how, Progress("train"))
    processor = Processor(texts.columns, ("no", "yes"), tables=texts.tables)
    return texts, processor, texts.honest(encode(processor, raw(frame, *read), truth))


def raw(frame: pl.DataFrame, *read: str) -> dict[str, Any]:
    """Return rows as requests have them."""
    return {name: frame[name].fill_null("" if name == "note" else np.nan).to_list() for name in read}


def test_texts_and_columns_together_beat_each_alone(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from sklearn.linear_model import LogisticRegression

        train, test = table(1, 400), table(2, 800)
        truth = (test["label"] == "yes").to_numpy()
        losses = {}
        for read in (("price",), ("note",), ("price", "note")):
            _, processor, rows = learnt(train, *read)
            fitted = LogisticRegression().fit(rows.values.numpy(), rows.truth)
            said = fitted.predict_proba(processor.encode(raw(test, *read))["values"])[:, 1]
            losses[read] = float(-np.log(np.where(truth, said, 1 - said)).mean())
        assert losses[("price", "note")] < 0.8 * min(losses[("price",)], losses[("note",)]), losses


def test_a_text_is_read_alike_alone_and_among_others_and_after_it_was_kept(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from pipeline.task import processing

        frame = table(3, 120)
        _, processor, rows = learnt(frame, "price", "note")
        held = table(4, 60).with_columns(note=pl.col("note").str.replace("kind", "KIND  unheard-of 明日"))
        together = processor.encode(raw(held, "price", "note"))
        assert together["values"].shape == (60, 1 + WIDTH) == (60, len(processor.features))
        assert together["codes"][0].tolist() == [1] + [0] * WIDTH, "no note is a missing value"
        processing.save(processor, tmp_path)
        kept = processing.load(tmp_path)
        for row in range(held.height):
            alone = kept.encode(raw(held[row : row + 1], "price", "note"))
            assert all((alone[name][0] == together[name][row]).all() for name in together)
        as_bytes = [item.encode() for item in raw(held, "note")["note"]]
        assert (kept.encode({"note": as_bytes})["values"][:, 1:] == together["values"][:, 1:]).all()
        again, *_ = learnt(frame, "price", "note")
        assert again.tables["note"].tobytes() == processor.tables["note"].tobytes(), "the same rows, the same bytes"
        assert len(rows) == 120


def test_what_is_personal_is_masked_in_requests_too(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from pipeline.tables.column import Column
        from pipeline.tables.row_encoder import RowEncoder
        from pipeline.task import processing

        column = Column(name="from", kind="category", values=("[email]", "desk"), mask=("email",))
        processing.save(processing.Processor([column], ("no", "yes")), tmp_path)
        kept = processing.load(tmp_path)
        assert kept.columns == (column,)
        rows = {"from": ["ada@post.fr", b"bob@post.fr", "desk", ""]}
        assert kept.encode(rows)["codes"][:, 0].tolist() == [2, 2, 3, 0]
        plain = Column(name="from", kind="category", values=("[email]", "desk"))
        assert RowEncoder([plain]).encode(rows)["codes"][:, 0].tolist() == [1, 1, 3, 0]


def test_a_training_row_does_not_tell_its_own_answer(
    emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the texts say nothing, numbers that were fitted to the same rows would seem to know it all."""
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from pipeline.tables import text_features

        chance = np.random.default_rng(5)
        frame = table(5, 300).with_columns(label=pl.Series(chance.choice(["no", "yes"], 300)))
        texts, processor, rows = learnt(frame, "note")
        place = text_features.places(processor.columns)[0].start
        own = processor.encode(raw(frame, "note"))["values"][:, place]
        assert np.corrcoef(own, rows.truth)[0, 1] > 0.4
        assert abs(np.corrcoef(rows.values[:, place].numpy(), rows.truth)[0, 1]) < 0.2
        assert texts.columns[0].told == 1


def test_what_models_see_of_a_text_counts_as_its_column(emitted: Path) -> None:
    with folders.importable(emitted):
        from pipeline.tables import text_features
        from pipeline.tables.column import Column

        columns = [
            Column(name="a", kind="number"),
            Column(name="t", kind="text", width=2),
            Column(name="b", kind="time"),
        ]
        found = text_features.summed(np.array([[1.0, 2.0, 3.0, 4.0, 0.5]]), columns)
        assert found.tolist() == [[1.0, 5.0, 4.0, 0.5]]


def test_numbers_are_told_by_texts_too(emitted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from pipeline.base.progress import Progress
        from pipeline.tables import input_columns, text_learning
        from pipeline.task.processing import Processor

        frame, how = table(6, 300), settings("note")
        truth = np.array([(note or "").count("great") - (note or "").count("rude") for note in frame["note"]], float)
        columns = input_columns.fit(frame, how)
        texts = text_learning.learn(columns, frame, truth, how, Progress("train"))
        said = Processor(texts.columns, (), tables=texts.tables).encode(raw(table(7, 100), "note"))["values"][:, 0]
        wanted = [(note or "").count("great") - (note or "").count("rude") for note in table(7, 100)["note"]]
        assert np.corrcoef(said, wanted)[0, 1] > 0.9
        alone = text_learning.learn(columns, frame, None, how, Progress("label"))
        assert alone.tables["note"].shape[1] == 1 + WIDTH
        assert not alone.apart


@pytest.mark.parametrize("labels", [2, 5])
def test_classes_without_rows_in_a_fold_are_no_obstacle(
    emitted: Path, labels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.importable(emitted):
        from pipeline.tables import text_learning

        seen = text_learning.matrix(["w good", "w bad"], ["good", "bad", "good bad", ""] * 2)
        truth = np.array([0, 1, 0, labels - 1] * 2)
        told, answers = text_learning.directions(seen.weights, truth, 2)
        assert told.shape == (2, 1 if labels == 2 else 2)
        assert np.isfinite(answers).all()
        assert (text_learning.components(seen.weights, 4)[:, 1:] == 0).all(), "fewer components than asked for"
