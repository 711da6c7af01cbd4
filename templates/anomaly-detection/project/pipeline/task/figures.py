"""Draw what evaluation found: scores and the threshold, columns behind alarms, the ROC curve, and the first alarms."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.evaluating import ranking
from pipeline.graph.inference import Arrays
from pipeline.reporting import charts, spreadsheets
from pipeline.task import processing

LISTED = 50
"""Rows that are listed, those with the highest scores."""
SHOWN = 15
"""Columns that are drawn; all are in the table."""
NAMED = 3
"""Columns that the list names beside a row."""
NAMES = {"trivial": "random scores", "z_score": "farthest value, in deviations"}


def draw(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.float64],
    answers: Arrays,
    labels: tuple[str, ...],
    values: Mapping[str, float],
    bounds: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    tables: Path,
    pictures: Path,
) -> None:
    """Write CSV tables to `tables` and PNG pictures to `pictures`."""
    processor = processing.load(Path("build/artifact"))
    scores, alarm = np.asarray(answers["score"], np.float64), np.asarray(answers["alarm"], np.float64) > 0
    parts = np.asarray(answers["contributions"], np.float64)
    names = [column.name for column in processor.columns]
    spread(scores, truth, processor.threshold, pictures / "scores.png")
    spreadsheets.write(listed(frame, truth, scores, alarm, parts, names), tables / "errors.csv")
    behind = parts[alarm] if alarm.any() else parts
    means = sorted(zip(names, behind.mean(axis=0).tolist(), strict=True), key=lambda one: -one[1])
    spreadsheets.write(pl.DataFrame(means, schema=["column", "contribution"], orient="row"), tables / "columns.csv")
    title = f"What columns add to the score of {'alarms' if alarm.any() else 'rows'}, on average"
    charts.bars({name: (mean,) * 3 for name, mean in means[:SHOWN]}, title, pictures / "columns.png", reach=0.0)
    known = ~np.isnan(truth)
    if "auroc" not in values:
        return
    both = np.stack([-scores[known], scores[known]], axis=1)
    ranking.draw((truth[known] == 1).astype(np.int64), both, ("usual", "anomaly"), "anomaly", tables, pictures)
    compared = {"this model": (values["auroc"], bounds["auroc.low"], bounds["auroc.high"])}
    compared |= {NAMES[name]: (one["auroc"],) * 3 for name, one in baselines.items() if "auroc" in one}
    charts.bars(compared, "Area under the ROC curve beside simple scores", pictures / "baselines.png")


def spread(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.float64], limit: float, path: Path) -> None:
    """Draw how often scores are how high, of known anomalies apart, and the threshold."""
    figure, axes = charts.canvas(6.4, 3.6, "Scores, and the threshold of an alarm")
    edges = np.histogram_bin_edges(np.append(scores, limit), bins=40)
    groups = {"rows": scores[truth != 1], "known anomalies": scores[truth == 1]}
    for (name, some), colour in zip(groups.items(), (charts.BLUE, charts.RED), strict=True):
        if len(some):
            axes.hist(some, bins=edges.tolist(), color=colour, alpha=0.75, label=name)
    axes.axvline(limit, color=charts.INK, linewidth=1, linestyle="--")
    axes.set_yscale("symlog")
    axes.set(xlabel="score", ylabel="rows")
    axes.legend(frameon=False)
    charts.save(figure, path)


def listed(
    frame: pl.DataFrame,
    truth: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    alarm: npt.NDArray[np.bool_],
    parts: npt.NDArray[np.float64],
    names: list[str],
) -> pl.DataFrame:
    """List the rows with the highest scores, the columns that make them, and what was read."""
    first = np.argsort(-scores, kind="stable")[:LISTED]
    why = [
        ", ".join(names[place] for place in np.argsort(-row, kind="stable")[:NAMED] if row[place] > 0)
        for row in parts[first]
    ]
    words = {1.0: "anomaly", 0.0: "usual"}
    told = pl.DataFrame(
        {
            "score": scores[first].round(4),
            "is_anomaly": ["true" if one else "false" for one in alarm[first].tolist()],
            "known": [words.get(one, "") for one in truth[first].tolist()],
            "because of": why,
        }
    )
    read: pl.DataFrame = frame[first.tolist()].drop("key", "label", strict=False)
    return read.select("id").hstack(told).hstack(read.drop("id", *told.columns, strict=False))
