"""What is measured of scores and alarms, on known anomalies and without any, and how good simple scores are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.outliers import threshold
from pipeline.task import data, processing

Floats: TypeAlias = npt.NDArray[np.float64]
SEED = 20_240_501
BOTH = "rows that are known to be anomalies and rows that are known to be none are not both there"
KNOWN = ("auroc", "average_precision", "precision_at_n", "recall", "f1", "false_alarm_rate")
JUDGED = {**dict.fromkeys(KNOWN, BOTH), "precision": "no alarm is on a row of which the truth is known"}
UNDEFINED = {**JUDGED, "alarm_error": "every row is known to be an anomaly"}
"""When metrics are no numbers."""


def measure(truth: Floats, answers: Mapping[str, npt.NDArray[np.generic]], _: Sequence[str] = ()) -> dict[str, float]:
    """Return the task's metrics for the graph's outputs; NaN where UNDEFINED says why."""
    scores, alarm = np.asarray(answers["score"], np.float64), np.asarray(answers["alarm"], np.float64)
    expected = float(np.asarray(answers["expected"]).ravel()[0])
    usual = alarm[truth != 1]
    error = abs(float(usual.mean()) - expected) if usual.size else np.nan
    found = {"alarm_rate": float(alarm.mean()), "alarm_error": error}
    known = ~np.isnan(truth)
    marked, said = truth[known] == 1, alarm[known] > 0
    return found | ranking(marked, scores[known]) | decided(marked, said)


def ranking(marked: npt.NDArray[np.bool_], scores: Floats) -> dict[str, float]:
    """Return how well scores put anomalies first, whatever the threshold; equal scores count half, or come together.

    >>> ranking(np.array([False, True, False, True]), np.array([0.1, 0.9, 0.8, 0.7]))
    {'auroc': 0.75, 'average_precision': 0.8333333333333333, 'precision_at_n': 0.5}
    """
    count, rows = int(marked.sum()), len(marked)
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) if rows else np.zeros(0, np.int64)
    hits = np.cumsum(marked[order])[ends].astype(np.float64)
    gained = np.diff(hits, prepend=0.0)
    if not 0 < count < rows:
        return {"auroc": np.nan, "average_precision": np.nan, "precision_at_n": 1.0 if count else np.nan}
    missed = np.diff(ends + 1 - hits, prepend=0.0)
    area = float((missed * (hits - gained / 2)).sum() / (count * (rows - count)))
    average = float((gained * hits / (ends + 1)).sum() / count)
    at = int(np.searchsorted(ends + 1, count))
    before, width = (hits[at - 1], ends[at] - ends[at - 1]) if at else (0.0, ends[0] + 1)
    share = (count - (ends[at - 1] + 1 if at else 0)) / width
    return {"auroc": area, "average_precision": average, "precision_at_n": float(before + share * gained[at]) / count}


def decided(marked: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return how right alarms are on known rows."""
    hits, alarms, count = int((marked & said).sum()), int(said.sum()), int(marked.sum())
    others = len(marked) - count
    return {
        "precision": hits / alarms if alarms else np.nan,
        "recall": hits / count if count else np.nan,
        "f1": 2 * hits / (alarms + count) if alarms + count else np.nan,
        "false_alarm_rate": (alarms - hits) / others if others else np.nan,
    }


def partly(truth: Floats) -> dict[str, str]:
    """Say of how many rows the truth is not known, where some is."""
    unknown = int(np.isnan(truth).sum())
    if not 0 < unknown < len(truth):
        return {}
    return dict.fromkeys(JUDGED, f"{unknown} of {len(truth)} rows are not labelled, and do not count")


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what learns nearly nothing: chance, and how many standard deviations a row's farthest value is off."""
    from pipeline.tables import linear_features

    processor = processing.load(Path("build/artifact"))
    truth, usual = data.truth(split, labels), data.ordinary(train)
    seen, held = linear_features.designs(usual, split, processor)
    spread = np.maximum(seen.std(axis=0), 1e-9)
    off = [np.abs((one - seen.mean(axis=0)) / spread).max(axis=1) for one in (seen, held)]
    chance = np.random.default_rng(SEED)
    pairs = {"trivial": (chance.random(len(seen)), chance.random(len(held))), "z_score": (off[0], off[1])}
    found = {}
    for name, (fitted, scores) in pairs.items():
        alarm = scores > threshold.of_share(fitted, max(processor.rate, 1 / (len(fitted) + 1)))
        expected = np.full(len(scores), processor.rate)
        found[name] = measure(truth, {"score": scores, "alarm": alarm.astype(np.float64), "expected": expected})
    return found
