"""What serving will about cost, before anything is trained: from the card's facts, the data and the decided values."""

from collections.abc import Mapping

from trainerspec.catalog.operations import CLASSES, number, operations, total
from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json
from trainerspec.ir.record import record

SHARE = {"fp32": 1.0, "fp16": 0.5, "int8": 0.27}
"""Bytes of the graph in a number format, as a share of those in fp32; int8 keeps scales and some layers."""
SPEED = {"fp32": 1.0, "fp16": 1.0, "int8": 0.5}
"""Seconds of a request on a CPU, as a share of those in fp32; fp16 is stored smaller and computed alike."""
PROCESS = 65e6
"""Bytes of Python and ONNX Runtime, measured with graphs below 1 MB."""
RATE = 30e9
"""Operations a second of one CPU core that a base without a measured latency is taken to reach: what the card of
EfficientNet-Lite0 tells of a core with AVX-512 (0.77 G in 25 ms). MiniLM's tells 140 G; cores with AVX2 do half."""
DECODED = 200e6
"""Pixels of a JPEG file that one core decodes and shrinks a second (10 M in 26 to 55 ms); of PNG or WebP a fifth."""
WRITTEN = 1e6
"""Characters of texts among a table's columns whose n-grams one core counts a second (450 in 0.35 to 0.5 ms)."""
AT = "latency.at."
"""Before a slot: its value in the request whose latency a card tells."""
SPREAD = 2.0
"""A range is from the estimate by this to the estimate times this: what measured runs of the examples keep."""


@record(frozen=True, kw_only=True)
class Batch:
    """What one run of so many inputs costs."""

    size: int
    latency: float
    """Seconds."""
    throughput: float
    """Inputs a second."""


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
    """Seconds of one input, its picture's decoding included; 0 when nothing tells them."""
    decoding: float
    """Seconds of `latency` that decode a picture file of the data's middle size, or read a table's texts."""
    batches: tuple[Batch, ...]
    """Empty when the latency is not known."""
    because: str
    """What the numbers come from."""


def estimate(pinned: Pinned) -> Estimate | None:
    """Estimate from the chosen base's card; None when it tells neither size nor latency."""
    return about(pinned.base.id, pinned.base.card, known(pinned))


def known(pinned: Pinned) -> dict[str, Json]:
    """Return what estimates read: every slot, `facts.*` and the number of classes."""
    facts = {f"facts.{name}": fact.value for name, fact in pinned.decided.observed.profile.facts.items()}
    return {**facts, **pinned.values, CLASSES: len(pinned.labels)}


def about(base: str, facts: Mapping[str, Json], values: Mapping[str, Json]) -> Estimate | None:
    """Estimate from the facts of a base, those of the data and the slots decided so far; None when nothing follows."""
    values = widened(values)
    precision = str(values.get("serve.precision", "fp32"))
    size = graph(facts, values) * SHARE.get(precision, 1.0)
    graph_seconds, because = latency(base, facts, values)
    fixed = min(number(facts, "latency.fixed"), graph_seconds)
    decode = decoding(values) if graph_seconds and facts.get("latency.decoding") is not False else 0.0
    decode += reading(values) if graph_seconds else 0.0
    one = fixed + (graph_seconds - fixed) * SPEED.get(precision, 1.0) + decode
    if not size and not one:
        return None
    further = (number(facts, "latency.further") or one - decode) + decode
    largest = values.get("serve.max_batch_size")
    sizes = counts(largest if isinstance(largest, int) else 1) if one else ()
    return Estimate(
        operations=operations(facts, values) * (number(facts, "operations.kept") or 1.0),
        size=size,
        memory=number(facts, "memory") or PROCESS + 2 * size,
        latency=one,
        decoding=decode,
        batches=tuple(batch(count, one, further) for count in sizes),
        because=f"{because}, {precision}",
    )


def batch(size: int, one: float, further: float) -> Batch:
    """Return what a batch costs: its first input, and each further one."""
    seconds = one + (size - 1) * further
    return Batch(size=size, latency=seconds, throughput=size / seconds)


def graph(facts: Mapping[str, Json], values: Mapping[str, Json]) -> float:
    """Return the bytes of the graph in fp32: by the card's terms, else as it says, else by the parameters."""
    return total(facts, "size.terms", values) or number(facts, "size") or 4 * number(facts, "parameters")


def decoding(values: Mapping[str, Json]) -> float:
    """Return the seconds that a picture file of the data's middle size takes to decode; 0 without pictures.

    >>> decoding({"facts.image.width.p50": 4000, "facts.image.height.p50": 2500}), decoding({})
    (0.05, 0.0)
    """
    return number(values, "facts.image.width.p50") * number(values, "facts.image.height.p50") / DECODED


def reading(values: Mapping[str, Json]) -> float:
    """Return the seconds in which the texts of a table's row are read; 0 without texts.

    >>> reading({"facts.columns.texts.chars": 450}), reading({})
    (0.00045, 0.0)
    """
    return number(values, "facts.columns.texts.chars") / WRITTEN


def widened(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return values in which a text counts as so many columns as it becomes numbers.

    >>> widened({"data.columns": ["age", "note"], "data.texts": ["note"], "data.text_features": 16})["data.columns"]
    17
    """
    columns, texts = values.get("data.columns"), values.get("data.texts")
    if not isinstance(columns, list) or not isinstance(texts, list) or not texts:
        return values
    return {**values, "data.columns": len(columns) + len(texts) * (int(number(values, "data.text_features")) - 1)}


def latency(base: str, facts: Mapping[str, Json], values: Mapping[str, Json]) -> tuple[float, str]:
    """Return the seconds of one input in fp32 on one core, 0 when nothing tells them, and what they come from.

    A measured latency grows, but for its fixed part, as the operations do from the measured request to this one;
    without one it is the operations at RATE.
    """
    now, measured = operations(facts, values), number(facts, "latency.cpu")
    if not measured:
        found = now / RATE
        return found, f"the operations of `{base}` at {RATE / 1e9:.3g} G a second" if now else f"`{base}`"
    then = operations(facts, {**values, **measured_at(facts)})
    if not now or not then:
        return measured, f"the card of `{base}`"
    fixed = number(facts, "latency.fixed")
    because = f"the card of `{base}`, measured at {then / 1e9:.3g} G operations an input"
    return fixed + (measured - fixed) * now / then, because


def measured_at(facts: Mapping[str, Json]) -> dict[str, Json]:
    """Return the slots' values in the request that a card was measured with."""
    return {name.removeprefix(AT): value for name, value in facts.items() if name.startswith(AT)}


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
