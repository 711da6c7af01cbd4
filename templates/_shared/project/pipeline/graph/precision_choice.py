"""Decide which number format ships, from what was measured of each: first parity, then the bounds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.base.failure import Failure
from pipeline.base.params import Value
from pipeline.base.verdict import judge

MOST_DROP = {"fp32": 0.0, "fp16": 0.005, "int8": 0.02}
"""How much of the monitored metric may be lost on the validation split."""
TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2, "int8": 3e-1}
"""How far an output for a golden input may move from that of the fp32 graph."""
APART = {"fp32": 1e-3, "fp16": 1e-2, "int8": 5e-2}
"""How far an output may move when other inputs are in the same batch."""
SHARE = 0.99
"""Of an output's values, how many have to stay within the tolerance of another precision."""
HALF = 65504.0
"""The largest number of IEEE 754's half precision."""
MARGIN = 2.0
"""How much further than the rows that were looked at others may reach inside the graph."""
Verdict = Literal["kept", "missed", "lost"]
"""Parity and every bound, parity alone, or not even that."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One number format, and what came of its graph."""

    precision: str
    verdict: Verdict
    because: str
    values: Mapping[str, float]
    """What was measured: `size` in bytes, `golden.difference`, `drop`, `latency.p95` in seconds, ..."""


def order(preferred: str, alternatives: Iterable[str]) -> tuple[str, ...]:
    """Return the formats in the order in which they are tried, each once.

    >>> order("int8", ["fp16", "int8", "fp32"])
    ('int8', 'fp16', 'fp32')
    """
    return tuple(dict.fromkeys((preferred, *alternatives)))


def weigh(
    precision: str, values: Mapping[str, float], bounds: Iterable[Mapping[str, Value]], device: str, metric: str
) -> Variant:
    """Judge one format; a bound on what was not measured here, or holds for another device, is left to the gate.

    >>> weigh("fp32", {"size": 4e6}, [], "cpu", "accuracy").because
    'keeps parity'
    """
    lost = tuple(losses(precision, values, metric))
    if lost:
        return Variant(precision=precision, verdict="lost", because="; ".join(lost), values=values)
    known = {**values, "model.size": values["size"]}
    judged = [judge(row, known, device, {}) for row in bounds]
    missed = [f"`{row['text']}` ({quantity(row)})" for row in judged if row["verdict"] == "fail"]
    if missed:
        because = f"{cost(values)}, but misses {' and '.join(missed)}"
        return Variant(precision=precision, verdict="missed", because=because, values=values)
    because = " and ".join([cost(values), *(f"`{row['text']}`" for row in judged if row["verdict"] == "pass")])
    return Variant(precision=precision, verdict="kept", because=because, values=values)


def cost(values: Mapping[str, float]) -> str:
    """Say what a format that keeps parity costs in it.

    >>> cost({"alone.difference": 0.004, "alone.changed": 0.0, "alone.rows": 64.0, "drop": 0.0})
    'keeps parity (alone or in a batch, an answer moves by up to 0.004, and 0 of 64 change)'
    """
    if "alone.difference" not in values:
        return "keeps parity"
    changed, rows = round(values["alone.changed"] * values["alone.rows"]), round(values["alone.rows"])
    told = f"an answer moves by up to {values['alone.difference']:.2g}, and {changed} of {rows} change"
    return f"keeps parity (alone or in a batch, {told})"


def losses(precision: str, values: Mapping[str, float], metric: str) -> Iterator[str]:
    """Say how a graph's answers are not those of the fp32 graph; what is not a number is a loss."""
    moved, drop = values.get("golden.difference", 0.0), values.get("drop", 0.0)
    if not drop <= MOST_DROP[precision]:
        yield f"loses {drop:.4f} of {metric} on the validation split, more than {MOST_DROP[precision]}"
    if not moved <= TOLERANCE[precision]:
        yield f"moves the golden answers by {moved:.2g}, more than {TOLERANCE[precision]:g}"
    apart = values.get("alone.difference", 0.0)
    if not apart <= APART[precision]:
        share = values.get("alone.changed", 0.0)
        told = f"{apart:.2g}, more than {APART[precision]:g}, and changes {share:.1%} of the answers"
        yield f"lets an answer depend on what else is in its batch: it moves by {told}"
    reach = values.get("hidden.largest", 0.0)
    if not reach * MARGIN <= HALF:
        yield f"has values inside of up to {reach:.3g}, and half precision ends at {HALF:.0f}"


def quantity(row: Mapping[str, Value]) -> str:
    """Write what was measured for a missed bound."""
    value = row["value"]
    assert isinstance(value, float | int)
    return f"{value / 1e6:.1f} MB" if row["metric"] == "model.size" else f"{value * 1e3:.3g} ms"


def choose(tried: Sequence[Variant]) -> Variant:
    """Return the one that ships: the first that keeps parity and bounds, else the first that keeps parity.

    Raises Failure TS835 when none keeps parity, with what was measured of each.
    """
    fine = [one for one in tried if one.verdict != "lost"]
    if fine:
        return next((one for one in fine if one.verdict == "kept"), fine[0])
    first = tried[0]
    message = "; ".join(f"the {one.precision} graph {one.because}" for one in tried)
    hint = "set `serve: {precision: fp32}` in trainer.yaml, or name fp16 or fp32 in `serve.alternatives`"
    evidence = {"precision": first.precision, **first.values, "candidates": [described(one) for one in tried]}
    raise Failure("TS835", message, hint=hint, evidence=evidence)


def record(tried: Sequence[Variant], names: Sequence[str]) -> dict[str, object]:
    """Return the content of parity.json: what ships, what was measured of it, and what came of the others.

    Raises Failure TS835 as `choose` does.
    """
    shipped = choose(tried)
    short = shipped.verdict == "missed" and len(names) > 1
    because = f"{shipped.because}; no other format keeps both" if short else shipped.because
    left = names[len(tried) :]
    spare = [{"precision": name, "verdict": "spare", "because": f"{shipped.precision} is enough"} for name in left]
    rows = [{**described(one), "ships": one is shipped} for one in tried] + [{**row, "ships": False} for row in spare]
    about = {"precision": shipped.precision, "preferred": names[0], "because": because}
    return {**about, "tolerance": TOLERANCE[shipped.precision], **shipped.values, "candidates": rows}


def described(one: Variant) -> dict[str, object]:
    """Return one format as plain data."""
    return {"precision": one.precision, "verdict": one.verdict, "because": one.because, **one.values}


def moved(kept: npt.NDArray[np.generic], found: npt.NDArray[np.generic]) -> float:
    """Tell how far an output moved: the difference that SHARE of its values stay below; infinite for NaN.

    Of the hundreds of values for the tokens of a text one may tip over; of the few of a classifier this is the largest.

    >>> moved(np.array([0.5, 0.5]), np.array([0.75, 0.25])), moved(np.array([1.0]), np.array([np.nan]))
    (0.25, inf)
    """
    gap = np.abs(kept.astype(np.float64) - found.astype(np.float64))
    worst = float(np.quantile(gap, SHARE, method="higher")) if gap.size else 0.0
    return worst if np.isfinite(gap).all() else float("inf")
