"""Measure a graph in another number format against the fp32 graph, and how long it takes for one request."""

import base64
import itertools
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import polars

from pipeline import benchmark
from pipeline.base.params import Params, Value
from pipeline.base.progress import Progress
from pipeline.base.verdict import means
from pipeline.graph import inference, precision_choice
from pipeline.graph.inference import Arrays, Raw
from pipeline.task import data, metrics, processing

TIMED = tuple(f"latency.{name}" for name in benchmark.QUANTILES)
SECONDS = 1.0
"""How long single requests are measured: enough to tell one format from another."""


class Reference:
    """The fp32 graph and its answers: it runs once, and only when another graph is compared with it."""

    def __init__(self, folder: Path, settings: Params, say: Progress) -> None:
        self.folder, self.say = folder, say
        self.threads, self.labels = settings.integer("compute.threads"), settings.texts("labels")
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
        was, now = (metrics.measure(truth, outputs, self.labels)[self.metric] for outputs in (self.full, small))
        return {
            "golden.difference": moved,
            "validation.difference": difference(self.full, small),
            f"validation.{self.metric}.fp32": was,
            f"validation.{self.metric}": now,
            "drop": self.sign * (was - now),
        }

    def clocked(self, bounds: Iterable[Mapping[str, Value]]) -> bool:
        """Tell whether a bound on the latency of single requests holds for this device."""
        devices = [row.get("device") for row in bounds if row["metric"] in TIMED]
        return any(device is None or means(str(device), self.device) for device in devices)

    def timed(self, folder: Path) -> dict[str, float]:
        """Time single requests of the validation split, as the benchmark does, for a shorter time; in seconds."""
        opened = inference.session(folder, self.threads)
        request = benchmark.requests(processing.load(folder), opened, self.raw, [])
        rows = itertools.cycle(range(len(next(iter(self.raw.values())))))
        found = benchmark.quantiles(benchmark.single(request, rows, longest=SECONDS))
        return {name: found[name] for name in TIMED}


def content(value: object) -> object:
    """Return a raw value of golden.jsonl as a request has it: `{"base64": ...}` is bytes."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def difference(one: Arrays, other: Arrays) -> float:
    """Return the largest absolute difference of two runs' outputs, but for whole numbers."""
    measured = [name for name in one if np.issubdtype(one[name].dtype, np.floating)]
    return max(float(np.abs(one[name].astype(np.float64) - other[name].astype(np.float64)).max()) for name in measured)
