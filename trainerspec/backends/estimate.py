"""What serving will about cost, before anything is trained: from the card's facts and the decided values."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json

SHARE = {"fp32": 1.0, "fp16": 0.5, "int8": 0.27}
"""Bytes of the graph in a number format, as a share of those in fp32; int8 keeps scales and some layers."""
SPEED = {"fp32": 1.0, "fp16": 1.0, "int8": 0.5}
"""Seconds of a request on a CPU, as a share of those in fp32; fp16 is stored smaller and computed alike."""
PROCESS = 100 * 2**20
"""Bytes of Python and ONNX Runtime."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one run of so many inputs costs."""

    size: int
    latency: float
    """Seconds, at most: a CPU core computes a batch in no more than the sum of its parts."""
    throughput: float
    """Inputs a second, at least."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What serving will about cost on one core."""

    size: float
    """Bytes of the served graph; 0 when the card does not tell."""
    memory: float
    """Bytes of a process that serves it."""
    batches: tuple[Batch, ...]
    """Empty when the card tells no latency."""
    because: str
    """What the numbers come from."""


def estimate(pinned: Pinned) -> Estimate | None:
    """Estimate from the chosen base's card; None when it tells neither size nor latency."""
    facts, values = pinned.base.card, pinned.values
    precision = str(values.get("serve.precision", "fp32"))
    full = number(facts, "size") or 4 * number(facts, "parameters")
    one = number(facts, "latency.cpu") * SPEED.get(precision, 1.0)
    if not full and not one:
        return None
    reference, length = number(facts, "latency.max_length"), values.get("data.max_length")
    scaled = bool(reference) and isinstance(length, int)
    if scaled and isinstance(length, int):
        one *= length / reference
    size = full * SHARE.get(precision, 1.0)
    largest = values.get("serve.max_batch_size")
    return Estimate(
        size=size,
        memory=number(facts, "memory") or PROCESS + 2 * size,
        batches=tuple(
            Batch(size=count, latency=count * one, throughput=1 / one)
            for count in counts(largest if isinstance(largest, int) else 1)
            if one
        ),
        because=f"the card of `{pinned.base.id}`, {precision}" + (f", {length} tokens" if scaled else ""),
    )


def counts(most: int) -> tuple[int, ...]:
    """Give the batch sizes that are told.

    >>> counts(32), counts(6), counts(1)
    ((1, 8, 32), (1, 6), (1,))
    """
    return tuple(sorted({1, *(count for count in (8, 32, 128) if count < most), most}))


def number(facts: Mapping[str, Json], name: str) -> float:
    """Give a fact that is a number, else 0."""
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
