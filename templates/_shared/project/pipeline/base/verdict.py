"""Judge one objective by what was measured, and where; name what is measured of one class.

`trainerspec revise` judges by this file too, so it needs nothing of the other modules when it runs.
"""

import json
import math
import operator
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.base.params import Value

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
MEASURED = ("latency.p50", "latency.p95", "latency.p99", "latency.cold", "throughput", "memory.peak")
"""Metrics of the benchmark: they hold for the device that it ran on."""
VALIDATION = "validation."
"""Before the metrics of the validation split, beside those of the test split."""
TRIVIAL = "baseline.trivial."
"""Before the metrics of the answer that looks at no input: the most frequent class, the mean."""
RESERVED = frozenset({"low", "high", "best", "wall"})
"""Last parts of names that a metric's interval has, and what a crowded machine leaves open."""


def judge(
    row: "Mapping[str, Value]", values: Mapping[str, float], device: str, units: Mapping[str, str]
) -> "dict[str, Value]":
    """Return one objective's verdict, with `notes` that say what a reader should know of it.

    Nothing that is not a finite number meets a bound. A bound is left pending when it was not measured, was measured on
    another device, or on a machine so crowded that it might be met on a quiet one.

    >>> row = {"text": "accuracy >= 95%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.95}
    >>> judge(row, {"accuracy": 0.97, "accuracy.low": 0.94, "accuracy.high": 0.99}, "cpu", {})["verdict"]
    'pass'
    """
    metric, wanted = str(row["metric"]), row.get("device")
    value = values.get(metric)
    low, high = (finite(values.get(f"{metric}.{side}")) for side in ("low", "high"))
    found: dict[str, Value] = {"text": row["text"], "metric": metric, "value": finite(value), "low": low, "high": high}
    bound, compare = row.get("bound"), row.get("op")
    found |= {"bound": bound, "op": compare, "device": wanted, "uncertain": False, "unit": units.get(metric, "number")}
    trivial = finite(values.get(TRIVIAL + metric))
    found |= {"class": row.get("class"), "trivial": trivial, "notes": []}
    if value is None:
        return found | {"verdict": "pending", "notes": ["it was not measured"]}
    if wanted is not None and not means(str(wanted), device) and metric in MEASURED:
        return found | {"verdict": "pending", "value": None, "notes": [f"it was measured on {device}, not on {wanted}"]}
    if not math.isfinite(value):
        return found | {"verdict": "fail", "notes": [f"it is {value}, which is not a finite number"]}
    if row.get("sense") != "constrain":
        return found | {"verdict": "pass"}
    if not isinstance(bound, int | float) or not math.isfinite(bound):
        return found | {
            "verdict": "fail",
            "bound": None,
            "notes": [f"the bound is {bound}, which is not a finite number"],
        }
    verdict, notes = compared(metric, str(compare), float(bound), values)
    before = finite(values.get(VALIDATION + metric))
    if verdict == "fail" and before is not None and COMPARE[str(compare)](before, float(bound)):
        notes.append("missed on the test split alone: the validation split met it; nothing is tuned on the test split")
    if trivial is not None and COMPARE[str(compare)](trivial, float(bound)):
        notes.append("an answer that looks at no input reaches this bound too")
    inside = low is not None and high is not None and low <= bound <= high
    return found | {"verdict": verdict, "uncertain": inside, "notes": notes}


def compared(metric: str, compare: str, bound: float, values: Mapping[str, float]) -> "tuple[str, list[Value]]":
    """Compare a measured metric with its bound, and say on what the verdict rests.

    On a crowded machine the benchmark tells `.wall`, what the clock said, and where it can `.best`, what a quiet
    machine may reach: a bound that only the latter meets is pending, one that neither meets is missed.
    """
    meets = COMPARE[compare]
    value, wall = values[metric], values.get(f"{metric}.wall")
    if wall is None:
        return ("pass" if meets(value, bound) else "fail"), []
    if meets(wall, bound):
        return "pass", ["met even beside other programs"]
    if meets(value, bound):
        return "pass", ["by processor time, for other programs used the cores"]
    best = values.get(f"{metric}.best")
    if best is not None and not meets(best, bound):
        return "fail", ["other programs used the cores, but it misses the bound without them too"]
    again = "run `trainerspec run --again benchmark` when the machine is quiet"
    return "pending", [f"other programs used the cores, so that it cannot be judged: {again}"]


def titled(row: "Mapping[str, Value]") -> str:
    """Return an objective's text, with the class that it counts where the text does not say it.

    >>> titled({"text": "recall >= 90%", "metric": "recall.fraud", "class": "fraud"})
    'recall >= 90% (of the class fraud)'
    """
    text, label = str(row["text"]), row.get("class")
    return f"{text} (of the class {label})" if label and str(row["metric"]) not in text else text


def notes(row: "Mapping[str, Value]") -> tuple[str, ...]:
    """Return what a reader should know of a verdict."""
    told = row.get("notes")
    return tuple(str(one) for one in told) if isinstance(told, list | tuple) else ()


def finite(value: float | None) -> float | None:
    """Return a finite number as it is, and nothing for what is none."""
    return value if value is not None and math.isfinite(value) else None


def means(wanted: str, device: str) -> bool:
    """Tell whether an objective's device is the one that was measured on: `cpu`, `gpu`, or a GPU by its name.

    >>> means("cpu", "cpu"), means("nvidia-t4", "gpu"), means("nvidia-t4", "Tesla T4"), means("gpu", "NVIDIA L4")
    (True, False, True, True)
    """
    if wanted in ("cpu", "gpu"):
        return (wanted == "cpu") == (device == "cpu")
    return wanted.removeprefix("nvidia-").lower() in device.lower().replace(" ", "-")


def of_class(metric: str, label: str) -> str:
    """Return the name of a metric of one class; a label that is no plain word stands in quotes.

    >>> of_class("recall", "fraud"), of_class("recall", "not fraud"), of_class("f1", "low")
    ('recall.fraud', 'recall."not fraud"', 'f1."low"')
    """
    plain = re.fullmatch(r"\w+", label) and label not in RESERVED
    return f"{metric}.{label if plain else json.dumps(label, ensure_ascii=False)}"
