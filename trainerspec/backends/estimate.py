"""What serving will about cost, before anything is trained: from the card's facts and the decided values."""

from collections.abc import Mapping

from trainerspec.catalog.operations import number, operations
from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json
from trainerspec.ir.record import record

SHARE = {"fp32": 1.0, "fp16": 0.5, "int8": 0.27}
"""Bytes of the graph in a number format, as a share of those in fp32; int8 keeps scales and some layers."""
SPEED = {"fp32": 1.0, "fp16": 1.0, "int8": 0.5}
"""Seconds of a request on a CPU, as a share of those in fp32; fp16 is stored smaller and computed alike."""
PROCESS = 100 * 2**20
"""Bytes of Python and ONNX Runtime."""
RATE = 30e9
"""Operations a second of one CPU core that a base without a measured latency is taken to reach: what the card of
EfficientNet-Lite0 tells of a core with AVX-512 (0.77 G in 25 ms). MiniLM's tells 140 G; cores with AVX2 do half."""
AT = "latency.at."
"""Before a slot: its value in the request whose latency a card tells."""


@record(frozen=True, kw_only=True)
class Batch:
    """What one run of so many inputs costs."""

    size: int
    latency: float
    """Seconds, at most: a CPU core computes a batch in no more than the sum of its parts."""
    throughput: float
    """Inputs a second, at least."""


@record(frozen=True, kw_only=True)
class Estimate:
    """What serving will about cost on one core."""

    operations: float
    """Of the graph for one input; 0 when neither card nor base tells."""
    size: float
    """Bytes of the served graph; 0 when the card does not tell."""
    memory: float
    """Bytes of a process that serves it."""
    latency: float
    """Seconds of one input; 0 when neither a measured latency nor operations are known."""
    batches: tuple[Batch, ...]
    """Empty when the latency is not known."""
    because: str
    """What the numbers come from."""


def estimate(pinned: Pinned) -> Estimate | None:
    """Estimate from the chosen base's card; None when it tells neither size nor latency."""
    return about(pinned.base.id, pinned.base.card, {**pinned.values, "task.labels.count": len(pinned.labels)})


def about(base: str, facts: Mapping[str, Json], values: Mapping[str, Json]) -> Estimate | None:
    """Estimate from the facts of a base and the slots that are decided so far; None when nothing follows."""
    precision = str(values.get("serve.precision", "fp32"))
    full = number(facts, "size") or 4 * number(facts, "parameters")
    one, because = latency(base, facts, values)
    one *= SPEED.get(precision, 1.0)
    if not full and not one:
        return None
    size = full * SHARE.get(precision, 1.0)
    largest = values.get("serve.max_batch_size")
    return Estimate(
        operations=operations(facts, values),
        size=size,
        memory=number(facts, "memory") or PROCESS + 2 * size,
        latency=one,
        batches=tuple(
            Batch(size=count, latency=count * one, throughput=1 / one)
            for count in counts(largest if isinstance(largest, int) else 1)
            if one
        ),
        because=f"{because}, {precision}",
    )


def latency(base: str, facts: Mapping[str, Json], values: Mapping[str, Json]) -> tuple[float, str]:
    """Return the seconds of one input in fp32 on one core, 0 when nothing tells them, and what they come from.

    A measured latency grows as the operations do from the measured request to this one; without one it is the
    operations at RATE.
    """
    now, measured = operations(facts, values), number(facts, "latency.cpu")
    if not measured:
        found = now / RATE
        return found, f"the operations of `{base}` at {RATE / 1e9:.3g} G a second" if now else f"`{base}`"
    then = operations(
        facts, {**values, **{name.removeprefix(AT): facts[name] for name in facts if name.startswith(AT)}}
    )
    if not now or not then:
        return measured, f"the card of `{base}`"
    return measured * now / then, f"the card of `{base}`, measured at {then / 1e9:.3g} G operations an input"


def names(found: Estimate | None) -> dict[str, Json]:
    """Return what SOPs read as `estimate.*`; what is not known is left out.

    >>> names(None)
    {}
    """
    if found is None:
        return {}
    told = {"operations": found.operations, "size": found.size, "memory": found.memory, "latency": found.latency}
    told["throughput"] = 1 / found.latency if found.latency else 0.0
    return {f"estimate.{name}": float(f"{value:.6g}") for name, value in told.items() if value}


def counts(most: int) -> tuple[int, ...]:
    """Return the batch sizes that are told.

    >>> counts(32), counts(6), counts(1)
    ((1, 8, 32), (1, 6), (1,))
    """
    return tuple(sorted({1, *(count for count in (8, 32, 128) if count < most), most}))
