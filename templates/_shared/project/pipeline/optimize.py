"""Make the graph that is served: fp32 as exported, fp16 or int8: `python -m pipeline.optimize`.

Writes build/artifact: model.onnx, what processing.py needs, and parity.json, which says how far the answers moved
from the fp32 graph on the golden inputs and on the validation split. A graph that lost too much quality fails.
"""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import polars

from pipeline import data, inference, metrics, params, processing
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


def main() -> None:
    settings = params.load()
    precision, say = settings.text("serve.precision"), Progress("optimize")
    fresh(OUT)
    MAKERS[precision](SOURCE / "model.onnx", OUT / "model.onnx")
    for name in processing.FILES:
        shutil.copyfile(SOURCE / name, OUT / name)
    parity = {"precision": precision, "tolerance": TOLERANCE[precision], "size": size(OUT), "size.fp32": size(SOURCE)}
    if precision != "fp32":
        parity |= compare(settings, say)
    write_json(OUT / "parity.json", parity)
    check(parity, MOST_DROP[precision], settings.text("monitor.metric"))
    say(1, 1, "graphs", f"{precision} graph of {(OUT / 'model.onnx').stat().st_size / 1e6:.1f} MB")


def keep(source: Path, target: Path) -> None:
    """Take the graph as it is."""
    shutil.copyfile(source, target)


def halve(source: Path, target: Path) -> None:
    """Store and compute in fp16; inputs and outputs keep their types."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    graph = convert_float_to_float16(onnx.load(source), keep_io_types=True, disable_shape_infer=False)
    onnx.save(graph, target)


def quantize(source: Path, target: Path) -> None:
    """Store weights of matrix products and embeddings in int8, a scale a channel; activations scale as they come."""
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(logging.ERROR)
    operators = ["MatMul", "Gemm", "Gather", "Conv"]
    quantize_dynamic(source, target, op_types_to_quantize=operators, per_channel=True, weight_type=QuantType.QInt8)


MAKERS = {"fp32": keep, "fp16": halve, "int8": quantize}


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
