"""Judge one objective by what was measured, and where."""

import operator
from collections.abc import Mapping

from pipeline.base.params import Value

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
MEASURED = ("latency.p50", "latency.p95", "latency.p99", "latency.cold", "throughput", "memory.peak")
"""Metrics of the benchmark: they hold for the device that it ran on."""


def judge(
    row: Mapping[str, Value], values: Mapping[str, float], device: str, units: Mapping[str, str]
) -> dict[str, Value]:
    """Return one objective's verdict.

    >>> row = {"text": "accuracy >= 95%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.95}
    >>> judge(row, {"accuracy": 0.97, "accuracy.low": 0.94, "accuracy.high": 0.99}, "cpu", {})["verdict"]
    'pass'
    """
    metric, wanted = str(row["metric"]), row.get("device")
    value = values.get(metric)
    low, high = values.get(f"{metric}.low"), values.get(f"{metric}.high")
    found: dict[str, Value] = {"text": row["text"], "metric": metric, "value": value, "low": low, "high": high}
    bound, compare = row.get("bound"), row.get("op")
    found |= {"bound": bound, "op": compare, "device": wanted, "uncertain": False, "unit": units.get(metric, "number")}
    elsewhere = wanted is not None and not means(str(wanted), device) and metric in MEASURED
    if row.get("sense") != "constrain":
        return found | {"verdict": "pass" if value is not None else "pending"}
    if value is None or elsewhere or not isinstance(bound, int | float):
        return found | {"verdict": "pending", "value": None if elsewhere else value}
    met = COMPARE[str(compare)](value, float(bound))
    inside = low is not None and high is not None and low <= bound <= high
    return found | {"verdict": "pass" if met else "fail", "uncertain": inside}


def means(wanted: str, device: str) -> bool:
    """Tell whether an objective's device is the one that was measured on: `cpu`, `gpu`, or a GPU by its name.

    >>> means("cpu", "cpu"), means("nvidia-t4", "gpu"), means("nvidia-t4", "Tesla T4"), means("gpu", "NVIDIA L4")
    (True, False, True, True)
    """
    if wanted in ("cpu", "gpu"):
        return (wanted == "cpu") == (device == "cpu")
    return wanted.removeprefix("nvidia-").lower() in device.lower().replace(" ", "-")
