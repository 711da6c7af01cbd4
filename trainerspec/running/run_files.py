"""Read the files that training and evaluation leave: curves, confusion, flat numbers."""

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from trainerspec.ir.json import Json, JsonObject
from trainerspec.workspace.inside import whole

TRAINING = "build/training.json"
SURE = 0.9
"""The score from which an answer is one that the model is sure of."""


def curve(folder: Path) -> dict[str, Json]:
    """Read the training curves: how many epochs ran, which was best, and how far the loss fell."""
    scores, losses = (_column(folder / "build/plots/train" / name) for name in ("score.csv", "loss.csv"))
    found: dict[str, Json] = {}
    best = numbers(folder / TRAINING).get("train.best")
    if scores and best is not None:
        nearest = min(range(len(scores)), key=lambda at: (abs(scores[at] - best), at))
        found |= {
            "curve.epochs": len(scores),
            "curve.best_at": nearest + 1,
            "curve.best_share": (nearest + 1) / len(scores),
        }
    if losses:
        part = max(1, len(losses) // 10)
        found["curve.loss.first"] = sum(losses[:part]) / part
        found["curve.loss.last"] = sum(losses[-part:]) / part
    return found


def parity(folder: Path) -> dict[str, Json]:
    """Read what the graph that ships lost: its number format, what was measured, and the formats that lost too much."""
    path = folder / "build/artifact/parity.json"
    told = read_json(path)
    rows = told.get("candidates")
    tried = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    lost: list[Json] = [row["precision"] for row in tried if row.get("verdict") == "lost"]
    precision = {"precision": told["precision"]} if "precision" in told else {}
    return {**numbers(path), **precision, "lost": lost}


def confusion(folder: Path) -> dict[str, Json]:
    """Read which class is most often taken for which other, and which one is recognised worst; nothing of odd files."""
    try:
        return _confusion(folder)
    except (ValueError, LookupError, TypeError):
        return {}


def _confusion(folder: Path) -> dict[str, Json]:
    found: dict[str, Json] = {}
    wrong = [row for row in _rows(folder / "confusion.csv") if row.get("actual") != row.get("predicted")]
    total = sum(int(row["count"]) for row in wrong)
    if total:
        most = max(wrong, key=lambda row: int(row["count"]))
        found |= {"confusion.actual": most["actual"], "confusion.predicted": most["predicted"]}
        found |= {"confusion.count": int(most["count"]), "confusion.share": int(most["count"]) / total}
    classes = [row for row in _rows(folder / "classes.csv") if row.get("f1")]
    if classes:
        worst = min(classes, key=lambda row: float(row["f1"]))
        found |= {"classes.worst": worst["class"], "classes.worst.f1": float(worst["f1"])}
    return found


def errors(folder: Path) -> dict[str, Json]:
    """Read how many of the listed errors the model was sure of: many of these are wrong labels, not wrong answers."""
    try:
        scores = [float(row["score"]) for row in _rows(folder / "errors.csv")]
    except (ValueError, LookupError, TypeError):
        return {}
    sure = [score for score in scores if score >= SURE]
    return {"errors.listed": len(scores), "errors.sure": len(sure)} if scores else {}


def numbers(path: Path) -> dict[str, float]:
    """Read the numbers of a flat JSON object; nothing when the file is not there."""
    return {
        name: float(value)
        for name, value in read_json(path).items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    }


def read_json(path: Path) -> JsonObject:
    """Read a JSON object; nothing when the file is not there, or holds something else."""
    try:
        data = json.loads(whole(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return []


def _column(path: Path) -> list[float]:
    try:
        return [float(list(row.values())[1]) for row in _rows(path)]
    except (ValueError, LookupError, TypeError):
        return []
