"""Measure what serving costs on this machine: `python -m pipeline.benchmark`, in a process of its own.

One request at a time from raw input to answer (encode, graph, decode), then the largest batch. Inputs are those of the
validation split, in a fixed order. Writes build/benchmark.json in seconds, bytes and inputs a second.
"""

import itertools
import resource
import time
from pathlib import Path

import numpy as np
import polars

from pipeline import data, inference, params, processing
from pipeline.failure import run
from pipeline.files import size, write_json
from pipeline.progress import Progress

WARM_UP, REQUESTS, ROUNDS = 20, 300, 4
LONGEST = 20.0
"""Seconds after which a measurement ends early, with what it has; at least 20 requests."""


def main() -> None:
    settings, say, artifact = params.load(), Progress("benchmark"), Path("build/artifact")
    threads, batch = settings.integer("compute.threads"), settings.integer("serve.max_batch_size")
    processor, session = processing.load(artifact), inference.session(artifact, threads)
    raw = data.raw(polars.read_parquet("build/data/validation.parquet"))
    count = len(next(iter(raw.values())))
    rows = itertools.cycle(range(count))

    def request(indices: list[int]) -> float:
        asked = inference.some(raw, indices)
        start = time.perf_counter()
        processor.decode(inference.outputs(session, processor.encode(asked)), asked)  # type: ignore[arg-type]
        return time.perf_counter() - start

    for _ in range(WARM_UP):
        request([next(rows)])
    taken: list[float] = []
    while len(taken) < REQUESTS and (sum(taken) < LONGEST or len(taken) < 20):
        taken.append(request([next(rows)]))
    rates: list[float] = []
    while len(rates) < ROUNDS:
        rates.append(batch / request([next(rows) for _ in range(batch)]))
    p50, p95, p99 = (float(np.percentile(taken, share)) for share in (50, 95, 99))
    values = {
        "latency.p50": p50,
        "latency.p95": p95,
        "latency.p99": p99,
        "throughput": float(np.median(rates)),
        "model.size": size(artifact),
        "memory.peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "requests": len(taken),
        "threads": threads,
        "batch": batch,
        "device": inference.device(session),
    }
    write_json(Path("build/benchmark.json"), values)
    speed = f"{values['throughput']:.0f} inputs/s on {values['device']}"
    say(1, 1, "benchmarks", f"p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms, {speed}")


if __name__ == "__main__":
    run("benchmark", main)
