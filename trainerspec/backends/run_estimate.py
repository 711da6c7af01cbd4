"""What a run will about cost, before anything is trained: seconds, memory and disk on one core."""

from collections.abc import Mapping

from trainerspec.backends.estimate import decoding, estimate, graph, known, measured_at
from trainerspec.catalog.operations import TOKENS, number, operations, total
from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json
from trainerspec.ir.record import record

TRAINED = 0.8
"""Share of the rows that are trained on."""
START = 0.3
"""Seconds before the first step."""
HEAD = 20e-6
"""Seconds a row and epoch of a head on frozen features."""
STAGES = 45.0
"""Seconds in which the stages beside training start, look at the data, draw and write."""
REQUESTS = 1000
"""Requests that the benchmark times."""
BENCHMARK = 30.0
"""Seconds that the benchmark takes for them at most."""
PROCESS = 450e6
"""Bytes of Python, PyTorch and Polars."""
WEIGHTS = {"fine-tune": 16.0, "from-scratch": 16.0}
"""Bytes a parameter while training: weight, gradient and AdamW's two means; frozen ones take 4."""
LETTERS = 4.0
"""Characters a token of an English text takes."""
REPORT = 8e6
"""Bytes of code, reports, figures and the tracking database."""
COPIES = 6.5
"""Bytes of all weights and graphs of a project, package and MLflow's copies too, as a share of one fp32 graph."""


@record(frozen=True, kw_only=True)
class RunEstimate:
    """What one `trainerspec run` will about cost on one core."""

    training: float
    """Seconds of training; 0 when the card does not tell."""
    total: float
    """Seconds of all stages; 0 when those of training are not known."""
    memory: float
    """Bytes of the largest process, which trains."""
    disk: float
    """Bytes of the project's folder afterwards; fetched data is not counted."""


def estimate_run(pinned: Pinned) -> RunEstimate:
    """Estimate from the chosen base's card, the facts of the data and the decided slots."""
    facts, values = pinned.base.card, known(pinned)
    served = estimate(pinned)
    return about_run(facts, values, served.latency if served else 0.0)


def about_run(facts: Mapping[str, Json], values: Mapping[str, Json], latency: float) -> RunEstimate:
    """Estimate from the facts of a base, those of the data and all slots; `latency` is that of one request."""
    seconds = training(facts, values)
    rest = STAGES + min(REQUESTS * latency, BENCHMARK) + number(values, "facts.kept") * (1 - TRAINED) * latency
    strategy = str(values.get("model.train.strategy", ""))
    weights = number(facts, "parameters") * WEIGHTS.get(strategy, 4.0)
    return RunEstimate(
        training=seconds,
        total=seconds + rest if seconds else 0.0,
        memory=PROCESS + weights,
        disk=REPORT + COPIES * graph(facts, values),
    )


def training(facts: Mapping[str, Json], values: Mapping[str, Json]) -> float:
    """Return the seconds of a whole training on one core; 0 when nothing tells them.

    The card's terms tell, else the seconds that a row and epoch take, which grow as the operations do from the
    measured request to the data's. Frozen features are computed once, pictures decoded once. Early stopping may end it
    before.
    """
    ready = START + number(values, "facts.kept") * decoding(values)
    if found := total(facts, "train.terms", values):
        return ready + found
    now, then = operations(facts, seen(values)), operations(facts, {**values, **measured_at(facts)})
    growth = now / then if now and then else 1.0
    rows, epochs = number(values, "facts.kept"), number(values, "model.train.epochs")
    if values.get("model.train.strategy") == "frozen-features" and number(facts, "features.cpu"):
        return ready + rows * number(facts, "features.cpu") * growth + rows * TRAINED * epochs * HEAD
    found = rows * TRAINED * epochs * number(facts, "train.cpu") * growth
    return ready + found if found else 0.0


def seen(values: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the slots with the tokens that nearly all texts have, where fewer than the slot allows.

    >>> seen({"data.max_length": 128, "facts.text.chars.p99": 120})["data.max_length"]
    30.0
    """
    longest, letters = number(values, TOKENS), number(values, "facts.text.chars.p99")
    return {**values, TOKENS: min(longest, letters / LETTERS)} if longest and letters else values
