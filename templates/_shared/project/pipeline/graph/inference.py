"""Run the exported graph with ONNX Runtime, from raw inputs to output tensors; no torch here."""

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime

from pipeline.base.progress import Progress

Raw: TypeAlias = Mapping[str, Sequence[Any]]
Arrays: TypeAlias = dict[str, npt.NDArray[np.generic]]
See: TypeAlias = Callable[[Sequence[int], Raw, Arrays], None]
MOST_WORKERS = 4
"""Batches that run at once at most: each needs memory of its own."""
BATCH = 8
"""Rows that run together. On one core larger batches of texts cost more a row: their values leave the cache."""


class Processor(Protocol):
    """What `load` of task/processing.py gives."""

    def encode(self, raw: Raw, /) -> Mapping[str, npt.NDArray[np.generic]]: ...

    def decode(self, tensors: Mapping[str, npt.NDArray[np.generic]], raw: Raw, /) -> Mapping[str, object]: ...


def session(folder: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open model.onnx of a folder with a fixed number of threads; GPU first where ONNX Runtime has one."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
    return onnxruntime.InferenceSession(folder / "model.onnx", options, providers=providers)


def device(opened: onnxruntime.InferenceSession) -> str:
    """Name where a session runs: `gpu` or `cpu`."""
    return "gpu" if "CUDAExecutionProvider" in opened.get_providers() else "cpu"


def some(raw: Raw, indices: Sequence[int]) -> dict[str, list[object]]:
    """Pick rows of raw inputs."""
    return {port: [values[index] for index in indices] for port, values in raw.items()}


def outputs(opened: onnxruntime.InferenceSession, tensors: Mapping[str, npt.NDArray[np.generic]]) -> Arrays:
    """Run the graph once; inputs that it does not take are left out."""
    names = [output.name for output in opened.get_outputs()]
    taken = {port.name: tensors[port.name] for port in opened.get_inputs()}
    return dict(zip(names, opened.run(names, taken), strict=True))


def extent(value: object) -> int:
    """Return the length of a text or of a file's bytes, by which inputs are put into batches."""
    return len(value) if isinstance(value, str | bytes) else 0


def settled(processor: object, found: Arrays, raw: Raw) -> Arrays:
    """Return what is measured of a batch: the graph's outputs, or what the processor's own `settle` makes of them.

    A processor has one where the outputs' sizes follow the inputs (tokens, windows) and mean nothing without them.
    """
    settle = getattr(processor, "settle", None)
    kept: Arrays = settle(found, raw) if settle is not None else found
    return kept


def together(arrays: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
    """Put the rows of arrays one below the other; rows that are shorter than others end in zeros."""
    sizes = [max(array.shape[axis] for array in arrays) for axis in range(1, arrays[0].ndim)]
    filled = [
        np.pad(array, [(0, 0), *((0, size - own) for size, own in zip(sizes, array.shape[1:], strict=True))])
        for array in arrays
    ]
    return np.concatenate(filled)


def workers(opened: onnxruntime.InferenceSession) -> int:
    """Return how many batches run at once: as many as there are cores for, on a GPU one."""
    if device(opened) == "gpu":
        return 1
    threads = opened.get_session_options().intra_op_num_threads or 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MOST_WORKERS, cores // threads))


def predict(
    opened: onnxruntime.InferenceSession,
    processor: Processor,
    raw: Raw,
    say: Progress | None = None,
    *,
    size: int = BATCH,
    see: See | None = None,
) -> Arrays:
    """Run all rows in batches of `size`; similar lengths go together, results keep the order of the rows.

    Several batches run at once where the machine has cores for them. Each is computed as it would be alone. `see` looks
    at each batch: the numbers of its rows, their inputs, the graph's outputs.
    """
    count = len(next(iter(raw.values())))
    order = sorted(range(count), key=lambda index: [extent(values[index]) for values in raw.values()])
    parts: list[Arrays] = []
    side_by_side = workers(opened)
    with ThreadPoolExecutor(side_by_side) as pool:
        running: deque[tuple[list[int], dict[str, list[object]], Future[Arrays]]] = deque()

        def settle_first() -> None:
            rows, batch, answer = running.popleft()
            if see:
                see(rows, batch, answer.result())
            parts.append(settled(processor, answer.result(), batch))
            if say:
                say(min(count, len(parts) * size), count, "examples")

        for start in range(0, count, size):
            rows = order[start : start + size]
            batch = some(raw, rows)
            running.append((rows, batch, pool.submit(outputs, opened, processor.encode(batch))))
            if len(running) > side_by_side:
                settle_first()
        while running:
            settle_first()
    place = np.argsort(np.array(order, dtype=np.int64))
    return {name: together([part[name] for part in parts])[place] for name in parts[0]}
