"""Measure what serving costs on this machine: `python -m pipeline.benchmark`, in a process of its own.

From raw input to answer (encode, graph, decode) with fixed threads: one request at a time, batches of growing size, and
a fresh process for the cold start and the peak memory up to each batch. Inputs are those of the validation split, in a
fixed order. Writes build/benchmark.json in seconds, bytes and inputs a second, with an interval for each quantile of
single requests and `noise`: by how much the medians of five equal parts of the measurement differ, as a share of the
median. `operations` are those of the graph for the request of middle size; `operations.rate` is how many of them a
second the median request reaches, from raw input to answer.
"""

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import polars

from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.files import size, write_json
from pipeline.base.progress import Progress
from pipeline.graph import inference, operations
from pipeline.graph.inference import Raw
from pipeline.measuring import cold_start
from pipeline.task import data, processing
from pipeline.task.processing import Processor

WARM_UP, REQUESTS, LEAST = 10, 1000, 20
"""A thousand requests leave ten beyond the 99th percentile."""
LONGEST = 2.5
"""Seconds after which the single requests end early, with what they have."""
BATCH_SECONDS, BATCH_RUNS = 0.5, 20
"""A batch size is measured this long or this often, and once at least."""
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
Request = Callable[[list[int]], float]
"""Answers the rows of these numbers and gives the seconds that it took."""


def main() -> None:
    settings, say, artifact = params.load(), Progress("benchmark"), Path("build/artifact")
    threads, most = settings.integer("compute.threads"), settings.integer("serve.max_batch_size")
    processor, session = processing.load(artifact), inference.session(artifact, threads)
    raw = data.raw(polars.read_parquet("build/data/validation.parquet"))
    rows, shapes = itertools.cycle(range(len(next(iter(raw.values()))))), list[operations.Shapes]()
    request = requests(processor, session, raw, shapes)
    taken = single(request, rows)
    values = quantiles(taken) | computed(artifact, operations.middle(shapes), float(np.median(taken)))
    values |= batches(request, rows, most)
    asked = {count: inference.some(raw, [next(rows) for _ in range(count)]) for count in sizes(most)}
    values |= started(artifact, threads, asked)
    device = inference.device(session)
    shipped = size(artifact) - (artifact / "parity.json").stat().st_size  # which tells of the graph, and stays here
    about = {"model.size": shipped, "requests": len(taken), "threads": threads, "batch": most, "device": device}
    write_json(Path("build/benchmark.json"), values | {"noise": noise(taken)} | about)
    speed = f"{values['throughput']:.0f} inputs/s on {device}, first answer after {values['latency.cold']:.1f} s"
    say(
        1,
        1,
        "benchmarks",
        f"p50 {values['latency.p50'] * 1e3:.1f} ms, p95 {values['latency.p95'] * 1e3:.1f} ms, {speed}",
    )


def requests(
    processor: Processor, session: onnxruntime.InferenceSession, raw: Raw, shapes: list[operations.Shapes]
) -> Request:
    """Return what answers rows of `raw` and takes the time; `shapes` gets those of each request's tensors."""

    def request(indices: list[int]) -> float:
        asked = inference.some(raw, indices)
        start = time.perf_counter()
        tensors = processor.encode(asked)  # type: ignore[arg-type]
        processor.decode(inference.outputs(session, tensors), asked)  # type: ignore[arg-type]
        taken = time.perf_counter() - start
        shapes.append({name: array.shape for name, array in tensors.items()})
        return taken

    return request


def single(request: Request, rows: "itertools.cycle[int]", *, longest: float = LONGEST) -> list[float]:
    """Time one request after another, in seconds, after a warm-up; after `longest` seconds they end early."""
    for _ in range(WARM_UP):
        request([next(rows)])
    taken: list[float] = []
    while len(taken) < REQUESTS and (sum(taken) < longest or len(taken) < LEAST):
        taken.append(request([next(rows)]))
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


def computed(artifact: Path, shapes: operations.Shapes, seconds: float) -> dict[str, float]:
    """Return the operations of one request of these shapes, and how many a second that is; nothing when not known."""
    found = operations.count(artifact / "model.onnx", shapes)
    return {} if found is None else {"operations": found, "operations.rate": found / seconds}


def noise(taken: Sequence[float]) -> float:
    """Return by how much the medians of five consecutive parts differ, as a share of the median of all."""
    medians = [float(np.median(part)) for part in np.array_split(np.array(taken), 5)]
    return (max(medians) - min(medians)) / float(np.median(taken))


def sizes(most: int) -> list[int]:
    """Return the batch sizes that are measured.

    >>> sizes(1), sizes(12)
    ([1], [1, 4, 12])
    """
    return [*(4**power for power in range(most.bit_length()) if 4**power < most), most]


def batches(request: Request, rows: "itertools.cycle[int]", most: int) -> dict[str, float]:
    """Time batches of each size: median seconds of a batch, and inputs a second; `throughput` is the largest's."""
    values: dict[str, float] = {}
    for count in sizes(most):
        taken: list[float] = []
        while not taken or (sum(taken) < BATCH_SECONDS and len(taken) < BATCH_RUNS):
            taken.append(request([next(rows) for _ in range(count)]))
        median = float(np.median(taken))
        values |= {f"batch.{count}.latency": median, f"batch.{count}.throughput": count / median}
    return values | {"throughput": values[f"batch.{most}.throughput"]}


def started(artifact: Path, threads: int, asked: Mapping[int, Raw]) -> dict[str, float]:
    """Start a process that only serves: seconds to its first answer, and its peak memory in bytes up to each batch."""
    seen = cold_start.start(artifact, threads, list(asked.values()))
    memory = {f"batch.{count}.memory": float(peak) for count, peak in zip(asked, seen.memory, strict=True)}
    return {
        "latency.cold": seen.seconds,
        "memory.loaded": float(seen.memory[0]),
        "memory.peak": float(seen.memory[-1]),
        **memory,
    }


if __name__ == "__main__":
    run("benchmark", main)
