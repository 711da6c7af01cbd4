"""Time requests from raw input to answer, by the clock and by processor time, and tell their quantiles."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import onnxruntime

from pipeline.graph import inference, operations
from pipeline.graph.inference import Processor, Raw
from pipeline.measuring.contention import Measured

WARM_UP, REQUESTS, LEAST = 10, 1000, 20
"""A thousand requests leave ten beyond the 99th percentile."""
LONGEST = 2.5
"""Seconds after which the single requests end early, with what they have."""
FEWEST, UTMOST = 5, 20.0
"""Requests and seconds: where 20 requests would take longer than these seconds, 5 have to do."""
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
INFLATION = 1.5
"""How much processor time a neighbour may add, through caches and cores that share their units: a half, on the two
hardware threads of one core."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one request took, in seconds."""

    wall: float
    """By the clock."""
    processor: float
    """Of processor time, over all threads of the process."""


Request: TypeAlias = Callable[[list[int]], Spent]
"""Answers the rows of these numbers and tells what that took."""


def requests(
    processor: Processor, session: onnxruntime.InferenceSession, raw: Raw, shapes: list[operations.Shapes]
) -> Request:
    """Return what answers rows of `raw` and takes the time; `shapes` gets those of each request's tensors."""

    def request(indices: list[int]) -> Spent:
        asked = inference.some(raw, indices)
        start, used = time.perf_counter(), time.process_time()
        tensors = processor.encode(asked)
        processor.decode(inference.outputs(session, tensors), asked)
        spent = Spent(wall=time.perf_counter() - start, processor=time.process_time() - used)
        shapes.append({name: array.shape for name, array in tensors.items()})
        return spent

    return request


def single(request: Request, rows: "itertools.cycle[int]", *, longest: float = LONGEST) -> list[Spent]:
    """Time one request after another, after a warm-up; after `longest` seconds they end early.

    Slow requests, or a crowded machine, make them few: it never goes on for minutes.
    """
    warm = 0.0
    for _ in range(WARM_UP):
        warm += request([next(rows)]).wall
        if warm > longest:
            break
    taken: list[Spent] = []
    passed = 0.0
    while len(taken) < REQUESTS and (passed < longest or len(taken) < (LEAST if passed < UTMOST else FEWEST)):
        taken.append(request([next(rows)]))
        passed += taken[-1].wall
    return taken


def quantiles(taken: Sequence[float]) -> dict[str, float]:
    """Return the quantiles with their 95 % intervals, from order statistics: no shape of the distribution is assumed.

    >>> found = quantiles([float(n) for n in range(1, 1001)])
    >>> found["latency.p95"], found["latency.p95.low"], found["latency.p95.high"]
    (950.05, 937.0, 965.0)
    """
    ordered, values = sorted(taken), {}
    for name, share in QUANTILES.items():
        middle, spread = len(ordered) * share, 1.96 * math.sqrt(len(ordered) * share * (1 - share))
        low, high = max(0, math.floor(middle - spread)), min(len(ordered) - 1, math.ceil(middle + spread))
        values[f"latency.{name}"] = float(np.quantile(ordered, share))
        values[f"latency.{name}.low"], values[f"latency.{name}.high"] = ordered[low], ordered[high]
    return values


def latencies(measured: Measured[list[Spent]], *, alone: bool) -> dict[str, float]:
    """Return the quantiles of single requests; of a crowded machine by processor time where one thread works `alone`.

    There `.wall` is what the clock said, and `.best` the least that a quiet machine may need, where that is known.
    """
    wall, used = [one.wall for one in measured.result], [one.processor for one in measured.result]
    if not measured.beside.crowded:
        return quantiles(wall) | {"noise": noise(wall)}
    values = quantiles(used if alone else wall) | {"noise": noise(wall)}
    clocked, least = quantiles(wall), quantiles([least_of(one) for one in measured.result])
    for name in (f"latency.{one}" for one in QUANTILES):
        values |= {f"{name}.wall": clocked[name]} | ({f"{name}.best": least[name]} if alone else {})
    return values


def least_of(spent: Spent) -> float:
    """Return the least seconds that work of one thread may need on a quiet machine."""
    return spent.processor / INFLATION


def noise(taken: Sequence[float]) -> float:
    """Return by how much the medians of five consecutive parts differ, as a share of the median of all."""
    medians = [float(np.median(part)) for part in np.array_split(np.array(taken), 5)]
    return (max(medians) - min(medians)) / float(np.median(taken))
