"""Draw what evaluation found: confusion of types, each type, comparison with baselines, and the worst errors."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.reporting import charts, spreadsheets
from pipeline.task import processing
from pipeline.task.processing import Tags

WORST = 20
"""Texts with errors that are listed."""
NONE = "(none)"
NAMES = {"trivial": "most frequent tag", "dictionary": "dictionary of training spans"}
AROUND = 80
"""Characters around an error that are shown."""


def draw(
    frame: pl.DataFrame,
    truth: Tags,
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    found = np.asarray(answers["tags"], dtype=np.int16)
    matrix = confusion(truth, found, len(labels))
    names = (*labels, NONE)
    pairs = [(names[row], names[column], int(matrix[row, column])) for row, column in np.ndindex(matrix.shape)]
    spreadsheets.write(
        pl.DataFrame(pairs, schema=["actual", "predicted", "count"], orient="row"), tables / "confusion.csv"
    )

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    f1 = {label: bounded(of_class("f1", label)) for label in labels if of_class("f1", label) in values}
    spans = dict(zip(labels, matrix[:-1].sum(axis=1).tolist(), strict=True))
    rows = [(label, *scores, spans[label]) for label, scores in f1.items()]
    columns = ["type", "f1", "low", "high", "spans"]
    spreadsheets.write(pl.DataFrame(rows, schema=columns, orient="row"), tables / "types.csv")
    sure = np.asarray(answers["sure"], dtype=np.float64)
    spreadsheets.write(errors(frame, truth, found, sure, labels), tables / "errors.csv")

    charts.confusion(matrix, names, pictures / "confusion.png")
    charts.bars(f1, "F1 of each type, with its 95% interval", pictures / "types.png")
    beside = {NAMES[name]: (scores["f1"],) * 3 for name, scores in baselines.items()}
    compared = {"this model": bounded("f1")} | beside
    charts.bars(compared, "F1 beside simple baselines", pictures / "baselines.png")


def confusion(truth: Tags, found: Tags, labels: int) -> npt.NDArray[np.int64]:
    """Count spans by true type (rows) and by the type found there (columns); the last row and column is none.

    A true span is compared with the found one that shares most words with it, whatever its bounds.
    """
    matrix = np.zeros((labels + 1, labels + 1), dtype=np.int64)
    for wanted, given in zip(truth, found, strict=True):
        said = list(processing.runs(given))
        met = set()
        for first, last, label in processing.runs(wanted):
            shared = [min(last, b) - max(first, a) + 1 for a, b, _ in said]
            best = int(np.argmax(shared)) if shared else -1
            hit = best >= 0 and shared[best] > 0
            matrix[label, said[best][2] if hit else labels] += 1
            met |= {at for at, count in enumerate(shared) if count > 0}
        for at, (_, _, label) in enumerate(said):
            if at not in met:
                matrix[labels, label] += 1
    return matrix


def errors(
    frame: pl.DataFrame, truth: Tags, found: Tags, sure: npt.NDArray[np.float64], labels: tuple[str, ...]
) -> pl.DataFrame:
    """List the texts whose wrong words were most certain, with what was wanted and what was found marked in them."""
    wrong = (truth != found) & (truth > 0)
    worst = np.where(wrong, sure, 0.0).max(axis=1)
    order = [int(row) for row in np.argsort(-worst, kind="stable")[:WORST] if worst[row] > 0]
    texts = frame["text"].to_list()
    columns: dict[str, list[object]] = {"id": [], "wanted": [], "found": [], "score": []}
    for row in order:
        word = int(np.argmax(np.where(wrong[row], sure[row], 0.0)))
        columns["id"].append(frame["id"][row])
        columns["wanted"].append(marked(texts[row], truth[row], labels, word))
        columns["found"].append(marked(texts[row], found[row], labels, word))
        columns["score"].append(round(float(worst[row]), 4))
    return pl.DataFrame(columns, schema_overrides={"id": pl.String, "wanted": pl.String, "found": pl.String})


def marked(text: str, tags: Tags, labels: tuple[str, ...], word: int) -> str:
    """Write the text around a word with its spans in brackets, each with its type: `⟦Ada Lovelace⟧PERSON met`."""
    places = processing.words(text)
    start = max(0, places[word][0] - AROUND)
    end = min(len(text), places[word][1] + AROUND)
    pieces: list[str] = ["…" if start else ""]
    at = start
    for a, b, label in _around(tags[: len(places)], places, start, end):
        pieces.append(f"{text[at:a]}⟦{text[a:b]}⟧{labels[label]}")
        at = b
    return " ".join("".join([*pieces, text[at:end], "…" if end < len(text) else ""]).split())


def _around(tags: Tags, places: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int, int]]:
    for first, last, label in processing.runs(tags):
        a, b = places[first][0], places[last][1]
        if start <= a and b <= end:
            yield a, b, label
