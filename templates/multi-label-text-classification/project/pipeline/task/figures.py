"""Draw what evaluation found: each label, ranking, labels that stand for others, baselines, and the worst errors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.evaluating.label_sets import Sets
from pipeline.reporting import charts, spreadsheets
from pipeline.task import data

WORST = 20
"""Errors that are listed."""
PAIRS = 50
"""Pairs of a missed and a wrongly answered label that are listed."""
NAMES = {"trivial": "most frequent labels", "shares": "best fixed labels", "tfidf": "TF-IDF + logistic"}


def draw(
    frame: pl.DataFrame,
    truth: Sets,
    answers: Mapping[str, npt.NDArray[np.generic]],
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    probabilities = np.asarray(answers["probabilities"], dtype=np.float64)
    chosen = np.asarray(answers["chosen"], dtype=np.int64)

    def bounded(name: str) -> tuple[float, float, float]:
        return values[name], bounds[f"{name}.low"], bounds[f"{name}.high"]

    spreadsheets.write(each(truth, chosen, labels, values, bounds), tables / "classes.csv")
    spreadsheets.write(mistaken(truth, chosen, labels), tables / "mistaken.csv")
    of_labels = {label: bounded(of_class("f1", label)) for label in labels}
    charts.bars(of_labels, "F1 of each label, with its 95% interval", pictures / "classes.png")
    beside = {NAMES[name]: (one["micro_f1"],) * 3 for name, one in baselines.items()}
    title = "Micro F1 beside simple baselines"
    charts.bars({"this model": bounded("micro_f1")} | beside, title, pictures / "baselines.png")
    spreadsheets.write(errors(frame, truth, probabilities, chosen, labels), tables / "errors.csv")


def each(
    truth: Sets, chosen: Sets, labels: tuple[str, ...], values: Mapping[str, float], bounds: Mapping[str, float]
) -> pl.DataFrame:
    """Return each label with its F1 and its interval, precision, recall, average precision, and its texts."""
    rows: list[dict[str, object]] = []
    for place, label in enumerate(labels):
        name = of_class("f1", label)
        row: dict[str, object] = {"class": label, "f1": values[name]}
        row |= {side: bounds[f"{name}.{side}"] for side in ("low", "high")}
        for one in ("precision", "recall", "average_precision"):
            row[one.replace("_", " ")] = values.get(of_class(one, label))
        rows.append(row | {"texts": int(truth[:, place].sum()), "answered": int(chosen[:, place].sum())})
    return pl.DataFrame(rows, infer_schema_length=None)


def mistaken(truth: Sets, chosen: Sets, labels: tuple[str, ...]) -> pl.DataFrame:
    """Count texts that lack a label which they carry and have one which they do not: labels that stand for others."""
    missed, extra = truth & (1 - chosen), chosen & (1 - truth)
    counts = missed.T @ extra
    places = sorted(zip(*np.nonzero(counts), strict=True), key=lambda one: (-counts[one], one))[:PAIRS]
    rows = [(labels[one], labels[other], int(counts[one, other])) for one, other in places]
    return pl.DataFrame(rows, schema={"missed": pl.String, "answered": pl.String, "texts": pl.Int64}, orient="row")


def errors(
    frame: pl.DataFrame, truth: Sets, probabilities: npt.NDArray[np.float64], chosen: Sets, labels: tuple[str, ...]
) -> pl.DataFrame:
    """List the texts of which most is wrong, the surest errors first, each with the beginning of its text."""
    wrong = truth != chosen
    off = np.where(wrong, np.abs(probabilities - truth), 0.0)
    order = np.lexsort((-off.max(axis=1), -wrong.sum(axis=1)))
    rows = [int(row) for row in order[:WORST] if wrong[row].any()]

    def named(sets: Sets) -> list[str]:
        return ["; ".join(labels[place] for place in np.flatnonzero(sets[row])) for row in rows]

    texts = [" ".join(text.split())[:300] for text in data.texts(frame[rows])] if rows else []
    found = {"actual": named(truth), "predicted": named(chosen), "text": texts}
    told = pl.DataFrame(found, schema=dict.fromkeys(found, pl.String))
    score = pl.Series("score", [round(float(off[row].max()), 4) for row in rows], dtype=pl.Float64)
    return frame[rows].select("id").hstack(told.select("actual", "predicted")).hstack([score, told["text"]])
