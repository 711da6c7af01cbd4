"""Measure a graph in another number format against the fp32 graph, and how long it takes for one request."""

import base64
import itertools
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import polars

from pipeline.base.params import Params, Value
from pipeline.base.progress import Progress
from pipeline.base.verdict import means
from pipeline.graph import inference, precision_choice
from pipeline.graph.inference import Arrays, Raw
from pipeline.measuring import timing
from pipeline.measuring.contention import Patience
from pipeline.task import data, metrics, processing

TIMED = tuple(f"latency.{name}" for name in timing.QUANTILES)
SECONDS = 1.0
"""How long single requests are measured: enough to tell one format from another."""


NEIGHBOURS, AMONG = 64, 16
"""Rows that are answered alone and among others, and how many of them together."""


class Reference:
    """The fp32 graph and its answers: it runs once, and only when another graph is compared with it."""

    def __init__(self, folder: Path, settings: Params, say: Progress) -> None:
        self.folder, self.say = folder, say
        self.threads, self.labels = settings.integer("compute.threads"), settings.texts("labels")
        self.patience = Patience()
        self.metric = settings.text("monitor.metric")
        self.sign = 1 if settings.text("monitor.better") == "higher" else -1

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """The fp32 graph, open."""
        return inference.session(self.folder, self.threads)

    @cached_property
    def frame(self) -> polars.DataFrame:
        """The validation split."""
        return polars.read_parquet("build/data/validation.parquet")

    @cached_property
    def raw(self) -> Raw:
        """Its inputs, as a request has them."""
        return data.raw(self.frame)

    @cached_property
    def full(self) -> Arrays:
        """Its answers."""
        return inference.predict(self.session, processing.load(self.folder), self.raw, self.say)

    @cached_property
    def golden(self) -> list[Arrays]:
        """The tensors of each golden input."""
        processor = processing.load(self.folder)
        found: list[Arrays] = []
        for line in (self.folder / "golden.jsonl").read_text(encoding="utf-8").splitlines():
            raw = {port: [content(value)] for port, value in json.loads(line)["raw"].items()}
            found.append(dict(processor.encode(raw)))  # type: ignore[arg-type]
        return found

    @cached_property
    def answers(self) -> list[Arrays]:
        """The outputs for each of them."""
        return [inference.outputs(self.session, tensors) for tensors in self.golden]

    @property
    def device(self) -> str:
        """Where graphs run here: `cpu` or `gpu`."""
        return inference.device(self.session)

    def compare(self, folder: Path) -> dict[str, float]:
        """Measure the moved answers on golden inputs, and the metric on the validation split."""
        opened = inference.session(folder, self.threads)
        pairs = zip(self.answers, (inference.outputs(opened, tensors) for tensors in self.golden), strict=True)
        moved = max(precision_choice.moved(kept[name], found[name]) for kept, found in pairs for name in kept)
        small = inference.predict(opened, processing.load(folder), self.raw, self.say)
        truth = data.truth(self.frame, self.labels)
        measured = (metrics.measure(truth, outputs, self.labels) for outputs in (self.full, small))
        was, now = (values.get(self.metric, float("nan")) for values in measured)
        return {
            "golden.difference": moved,
            "validation.difference": difference(self.full, small),
            f"validation.{self.metric}.fp32": was,
            f"validation.{self.metric}": now,
            "drop": self.sign * (was - now),
            **self.neighbours(opened, folder),
        }

    def neighbours(self, opened: onnxruntime.InferenceSession, folder: Path) -> dict[str, float]:
        """Tell how much an answer depends on what else is in its batch: rows of the validation split, alone and not.

        `alone.difference` is how far an output moves, `alone.changed` the share of rows whose answer is another one.
        """
        count = len(next(iter(self.raw.values())))
        raw = inference.some(self.raw, range(0, count, max(1, count // NEIGHBOURS)))
        processor = processing.load(folder)
        alone, among = (inference.predict(opened, processor, raw, size=size) for size in (1, AMONG))
        return {
            "alone.rows": float(len(next(iter(raw.values())))),
            "alone.difference": max(precision_choice.moved(alone[name], among[name]) for name in alone),
            "alone.changed": float(np.mean(np.any([changed(alone[name], among[name]) for name in alone], axis=0))),
        }

    def clocked(self, bounds: Iterable[Mapping[str, Value]]) -> bool:
        """Tell whether a bound on the latency of single requests holds for this device."""
        devices = [row.get("device") for row in bounds if row["metric"] in TIMED]
        return any(device is None or means(str(device), self.device) for device in devices)

    def timed(self, folder: Path) -> dict[str, float]:
        """Time single requests of the validation split, as the benchmark does, for a shorter time; in seconds.

        On a crowded machine `.wall` and `.best` stand beside the quantiles, as the benchmark has them.
        """
        opened = inference.session(folder, self.threads)
        request = timing.requests(processing.load(folder), opened, self.raw, [])
        rows = itertools.cycle(range(len(next(iter(self.raw.values())))))
        alone = self.threads == 1 and self.device == "cpu"
        found = self.patience.calm(lambda: timing.single(request, rows, longest=SECONDS), self.say.say)
        values = timing.latencies(found, alone=alone)
        return {
            name: value for name, value in values.items() if name.removesuffix(".wall").removesuffix(".best") in TIMED
        }


def content(value: object) -> object:
    """Return a raw value of golden.jsonl as a request has it: `{"base64": ...}` is bytes."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def changed(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Tell which rows answer otherwise: in whole numbers, or in the largest of a row of scores.

    >>> changed(np.array([[0.4, 0.6], [0.9, 0.1]]), np.array([[0.6, 0.4], [0.8, 0.2]])).tolist()
    [True, False]
    """
    if np.issubdtype(one.dtype, np.floating):
        if one.ndim != 2 or one.shape[1] < 2:
            return np.zeros(len(one), dtype=np.bool_)
        return np.asarray(one.argmax(axis=1) != other.argmax(axis=1))
    return np.asarray((one != other).reshape(len(one), -1).any(axis=1))


def difference(one: Arrays, other: Arrays) -> float:
    """Return the largest absolute difference of two runs' outputs, but for whole numbers."""
    measured = [name for name in one if np.issubdtype(one[name].dtype, np.floating)]
    return max(float(np.abs(one[name].astype(np.float64) - other[name].astype(np.float64)).max()) for name in measured)
