"""Make the graph that is served: fp32 as exported, fp16 or int8: `python -m pipeline.optimize`.

Writes build/artifact: model.onnx, what processing.py needs, and parity.json, which says how far the answers moved
from the fp32 graph on the golden inputs and on the validation split. A graph that lost too much quality fails.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars

from pipeline import data, inference, metrics, params, precision, processing
from pipeline.failure import Failure, run
from pipeline.files import fresh, size, write_json
from pipeline.inference import Arrays
from pipeline.params import Params
from pipeline.progress import Progress

SOURCE, OUT = Path("build/onnx"), Path("build/artifact")
MOST_DROP = {"fp32": 0.0, "fp16": 0.005, "int8": 0.02}
"""How much of the monitored metric may be lost on the validation split."""
TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2, "int8": 3e-1}
"""How far an answer to a golden input may move before a replay fails."""
CALIBRATED = 256
"""Rows of the training split that int8's scales are taken from."""


def main() -> None:
    settings = params.load()
    wanted, say = settings.text("serve.precision"), Progress("optimize")
    fresh(OUT)
    make(settings)
    for name in processing.FILES:
        shutil.copyfile(SOURCE / name, OUT / name)
    parity = {"precision": wanted, "tolerance": TOLERANCE[wanted], "size": size(OUT), "size.fp32": size(SOURCE)}
    if wanted != "fp32":
        parity |= compare(settings, say)
    write_json(OUT / "parity.json", parity)
    check(parity, MOST_DROP[wanted], settings.text("monitor.metric"))
    say(1, 1, "graphs", f"{wanted} graph of {(OUT / 'model.onnx').stat().st_size / 1e6:.1f} MB")


def make(settings: Params) -> None:
    """Write the graph in the wanted number format; int8 for TensorRT takes its scales from the training split."""
    wanted, source, target = settings.text("serve.precision"), SOURCE / "model.onnx", OUT / "model.onnx"
    if wanted == "int8" and settings.text("serve.engine") == "tensorrt":
        precision.calibrate(source, target, calibration())
    else:
        {"fp32": precision.keep, "fp16": precision.halve, "int8": precision.quantize}[wanted](source, target)


def calibration() -> Iterator[Arrays]:
    """Encode rows from all over the training split, a few at a time."""
    frame = polars.read_parquet("build/data/train.parquet")
    raw, processor = data.raw(frame.gather_every(max(1, frame.height // CALIBRATED))), processing.load(SOURCE)
    count = min(CALIBRATED, len(next(iter(raw.values()))))
    for start in range(0, count, inference.BATCH):
        rows = inference.some(raw, range(start, min(count, start + inference.BATCH)))
        yield dict(processor.encode(rows))  # type: ignore[arg-type]


def compare(settings: Params, say: Progress) -> dict[str, float]:
    """Measure, against fp32, the moved answers on golden inputs and the metric on the validation split."""
    threads, labels = settings.integer("compute.threads"), settings.texts("labels")
    processor, frame = processing.load(OUT), polars.read_parquet("build/data/validation.parquet")
    lines = [json.loads(line)["raw"] for line in (SOURCE / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    golden = {port: [content(line[port]) for line in lines] for port in lines[0]}
    before, after = inference.session(SOURCE, threads), inference.session(OUT, threads)
    apart = difference(inference.predict(before, processor, golden), inference.predict(after, processor, golden))
    raw, truth = data.raw(frame), data.truth(frame, labels)
    full, small = inference.predict(before, processor, raw, say), inference.predict(after, processor, raw, say)
    metric, sign = settings.text("monitor.metric"), 1 if settings.text("monitor.better") == "higher" else -1
    was, now = metrics.measure(truth, full, labels), metrics.measure(truth, small, labels)
    return {
        "golden.difference": apart,
        "validation.difference": difference(full, small),
        f"validation.{metric}.fp32": was[metric],
        f"validation.{metric}": now[metric],
        "drop": sign * (was[metric] - now[metric]),
    }


def content(value: object) -> object:
    """Give a raw value of golden.jsonl as a request has it: `{"base64": ...}` is bytes."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def difference(one: Arrays, other: Arrays) -> float:
    """Give the largest absolute difference of two runs' outputs, but for whole numbers."""
    measured = [name for name in one if np.issubdtype(one[name].dtype, np.floating)]
    return max(float(np.abs(one[name].astype(np.float64) - other[name].astype(np.float64)).max()) for name in measured)


def check(parity: dict[str, object], most: float, metric: str) -> None:
    """Raise Failure TS835 when the graph lost too much."""
    drop = parity.get("drop", 0.0)
    if isinstance(drop, float) and not drop <= most:
        lost = f"loses {drop:.4f} of {metric} on the validation split"
        message = f"the {parity['precision']} graph {lost}, more than {most}"
        hint = "set `serve: {precision: fp32}` in trainer.yaml, or fp16"
        raise Failure("TS835", message, hint=hint, evidence=parity)


if __name__ == "__main__":
    run("optimize", main)
