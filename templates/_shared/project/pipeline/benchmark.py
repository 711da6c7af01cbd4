"""Measure what serving costs on this machine: `python -m pipeline.benchmark`, in a process of its own.

From raw input to answer (encode, graph, decode) with fixed threads: one request at a time, batches of growing size, and
a fresh process for the cold start and the peak memory up to each batch. Inputs are those of the validation split, in a
fixed order. Writes build/benchmark.json in seconds, bytes and inputs a second, with an interval for each quantile of
single requests and `noise`: by how much the medians of five equal parts of the measurement differ, as a share of the
median. `operations` are those of the graph for the request of middle size; `operations.rate` is how many of them a
second the median request reaches, from raw input to answer.

While other programs use the cores it waits and measures again, for a minute at most (`BENCHMARK_PATIENCE` in seconds),
unless the clock keeps every objective already, or none asks for what is measured.
What stays crowded then is told by the processor time of the process where one thread works on a CPU, and by the clock
elsewhere: `contention.*` say what was going on, `<metric>.wall` what the clock said, `<metric>.best` what a quiet
machine may reach; the gate leaves a bound between the two open. No measurement goes on for minutes, however slow the
model or crowded the machine: `batch` is the largest batch that was timed; of larger ones only the memory is measured.
"""

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars

from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.files import size, write_json
from pipeline.base.params import Value
from pipeline.base.progress import Progress
from pipeline.graph import inference, operations
from pipeline.graph.inference import Raw
from pipeline.measuring import cold_start
from pipeline.measuring.cold_start import Started
from pipeline.measuring.contention import Contention, Measured, Patience
from pipeline.measuring.timing import INFLATION, Request, Spent, latencies, least_of, quantiles, requests, single
from pipeline.task import data, processing

BATCH_SECONDS, BATCH_RUNS = 0.5, 20
"""A batch size is measured this long or this often, and once at least."""
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
"""How a bound is compared; a metric to minimize or maximize has none, and wants a quiet machine."""
ALL_BATCHES = 15.0
"""Seconds for all sizes together: what would go beyond them, judged by the size before, is left out."""


def main() -> None:
    settings, say, artifact = params.load(), Progress("benchmark"), Path("build/artifact")
    threads, most = settings.integer("compute.threads"), settings.integer("serve.max_batch_size")
    processor, session = processing.load(artifact), inference.session(artifact, threads)
    raw = data.raw(polars.read_parquet("build/data/validation.parquet"))
    rows, shapes = itertools.cycle(range(len(next(iter(raw.values()))))), list[operations.Shapes]()
    request, device, patience = requests(processor, session, raw, shapes), inference.device(session), Patience()
    alone = threads == 1 and device == "cpu"
    bounds = settings.mappings("clocked")
    singles = patience.calm(
        lambda: single(request, rows),
        say.say,
        lambda taken: kept(bounds, quantiles([one.wall for one in taken])),
    )
    values = latencies(singles, alone=alone)
    median = values["latency.p50"]
    values |= computed(artifact, operations.middle(shapes), median)
    together = patience.calm(
        lambda: batches(request, rows, most),
        say.say,
        lambda taken: kept(bounds, {"throughput": by_the_clock(taken)}),
    )
    values |= throughputs(together, alone=alone)
    largest = max(together.result)
    if largest < most:
        say.say(f"batches of more than {largest} are too slow to be timed here; of {most} only the memory is measured")
    counts = dict.fromkeys((*together.result, most))
    asked = {count: inference.some(raw, [next(rows) for _ in range(count)]) for count in counts}
    values |= started(
        patience.calm(
            lambda: cold_start.start(artifact, threads, list(asked.values())),
            say.say,
            lambda seen: kept(bounds, {"latency.cold": seen.seconds}),
        ),
        asked,
    )
    shipped = size(artifact) - (artifact / "parity.json").stat().st_size  # which tells of the graph, and stays here
    values |= {"model.size": shipped, "requests": len(singles.result), "threads": threads, "batch": largest}
    values |= {"contention.tries": singles.tries} | singles.beside.numbers()
    clock = "processor" if singles.beside.crowded and alone else "wall"
    told = {"device": device, "clock": clock, "contention": singles.beside.told()}
    write_json(Path("build/benchmark.json"), values | told)
    say(1, 1, "benchmarks", summary(values, singles.beside, clock, device))


def summary(values: Mapping[str, float], beside: Contention, clock: str, device: str) -> str:
    """Return the last line for people."""
    speed = f"{values['throughput']:.0f} inputs/s on {device}, first answer after {values['latency.cold']:.1f} s"
    told = f"p50 {values['latency.p50'] * 1e3:.1f} ms, p95 {values['latency.p95'] * 1e3:.1f} ms, {speed}"
    if not beside.crowded:
        return told
    how = "these are processor times" if clock == "processor" else "the clock tells of them too"
    return f"{told}; {beside.told()}: {how} (p95 {values['latency.p95.wall'] * 1e3:.1f} ms by the clock)"


def computed(artifact: Path, shapes: operations.Shapes, seconds: float) -> dict[str, float]:
    """Return the operations of one request of these shapes, and how many a second that is; nothing when not known."""
    found = operations.count(artifact / "model.onnx", shapes)
    return {} if found is None else {"operations": found, "operations.rate": found / seconds}


def sizes(most: int) -> list[int]:
    """Return the batch sizes that are measured.

    >>> sizes(1), sizes(12)
    ([1], [1, 4, 12])
    """
    return [*(4**power for power in range(most.bit_length()) if 4**power < most), most]


def batches(request: Request, rows: "itertools.cycle[int]", most: int) -> dict[int, list[Spent]]:
    """Time batches of each size, several times; single requests always, others while the time for all of them lasts."""
    found: dict[int, list[Spent]] = {}
    left, each = ALL_BATCHES, 0.0
    for count in sizes(most):
        if found and each * count > left:
            break
        taken: list[Spent] = []
        while not taken or (sum(one.wall for one in taken) < BATCH_SECONDS and len(taken) < BATCH_RUNS):
            taken.append(request([next(rows) for _ in range(count)]))
        left -= sum(one.wall for one in taken)
        each = min(one.wall for one in taken) / count
        found[count] = taken
    return found


def throughputs(measured: Measured[dict[int, list[Spent]]], *, alone: bool) -> dict[str, float]:
    """Return the median seconds of a batch of each size, and inputs a second; `throughput` is the largest's."""
    values: dict[str, float] = {}
    crowded, most = measured.beside.crowded, max(measured.result)
    for count, taken in measured.result.items():
        median = float(np.median([one.processor if crowded and alone else one.wall for one in taken]))
        values |= {f"batch.{count}.latency": median, f"batch.{count}.throughput": count / median}
    values["throughput"] = values[f"batch.{most}.throughput"]
    if crowded:
        values["throughput.wall"] = by_the_clock(measured.result)
        if alone:
            values["throughput.best"] = most / float(np.median([least_of(one) for one in measured.result[most]]))
    return values


def by_the_clock(taken: Mapping[int, list[Spent]]) -> float:
    """Return the inputs a second of the largest batch, by the clock."""
    most = max(taken)
    return most / float(np.median([one.wall for one in taken[most]]))


def kept(bounds: Sequence[Mapping[str, Value]], clocked: Mapping[str, float]) -> bool:
    """Tell whether the clock keeps every objective on these metrics, as a quiet machine would; so it is without any.

    >>> kept([{"metric": "latency.p95", "op": "<=", "bound": 0.02}], {"latency.p95": 0.003})
    True
    """
    return all(
        str(one.get("op")) in COMPARE and COMPARE[str(one["op"])](clocked[str(one["metric"])], float(str(one["bound"])))
        for one in bounds
        if one["metric"] in clocked
    )


def started(measured: Measured[Started], asked: Mapping[int, Raw]) -> dict[str, float]:
    """Return seconds to the first answer of a process that only serves, and its peak memory up to each batch.

    On a crowded machine the clock is kept, for a start waits for files too.
    """
    seen = measured.result
    memory = {f"batch.{count}.memory": float(peak) for count, peak in zip(asked, seen.memory, strict=True)}
    values = {
        "latency.cold": seen.seconds,
        "memory.loaded": float(seen.memory[0]),
        "memory.peak": float(seen.memory[-1]),
        **memory,
    }
    if measured.beside.crowded:
        values |= {"latency.cold.wall": seen.seconds, "latency.cold.best": seen.processor / INFLATION}
    return values


if __name__ == "__main__":
    run("benchmark", main)
