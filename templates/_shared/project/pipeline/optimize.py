"""Make the graph that is served: fp32 as exported, fp16 or int8: `python -m pipeline.optimize`.

`serve.precision` is tried first, then `serve.alternatives`, until one keeps parity and every bound that can be measured
here. Writes build/artifact: the model.onnx that ships, what processing.py needs, and parity.json, which says how far
the answers moved from the fp32 graph, and what came of each format. When none keeps parity, the stage fails.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars

from pipeline.base import digests, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, fresh, size, write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.graph import hidden, inference, precision, precision_choice, rowwise
from pipeline.graph.inference import Arrays
from pipeline.graph.precision_choice import Variant
from pipeline.measuring import parity
from pipeline.task import data, processing

SOURCE, OUT = Path("build/onnx"), Path("build/artifact")
CALIBRATED = 256
"""Rows of the training split that int8's scales are taken from."""
SEEN = 64
"""Rows that tell how far the values inside the graph go, which half precision has to hold."""


def main() -> None:
    settings, say = params.load(), Progress("optimize")
    names = precision_choice.order(settings.text("serve.precision"), settings.texts("serve.alternatives"))
    digests.verify(SOURCE, "export")
    shutil.rmtree(OUT, ignore_errors=True)
    folder = fresh(WORK / "optimize")
    try:
        about = precision_choice.record(tried(names, settings, folder, say), names)
        shutil.move(folder / str(about["precision"]), OUT)
    finally:
        shutil.rmtree(folder)
    write_json(OUT / "parity.json", about)
    digests.seal(OUT)
    megabytes = (OUT / "model.onnx").stat().st_size / 1e6
    told = f": {about['because']}" if len(names) > 1 else ""
    say(1, 1, "graphs", f"{about['precision']} graph of {megabytes:.1f} MB{told}")


def tried(names: tuple[str, ...], settings: Params, folder: Path, say: Progress) -> list[Variant]:
    """Make and measure one format after the other, each in a folder of its name, up to the first that keeps all."""
    reference, bounds = parity.Reference(SOURCE, settings, say), settings.mappings("bounds")
    choice = len(names) > 1 and settings.text("serve.engine") == "onnx"  # a CPU's time tells nothing of a GPU's plan
    clocked = choice and reference.clocked(bounds)
    device = reference.device if clocked else ""
    found: list[Variant] = []
    for name in names:
        make(name, settings, fresh(folder / name))
        values: dict[str, float] = {"size": size(folder / name), "size.fp32": size(SOURCE)}
        values |= reference.compare(folder / name) if name != "fp32" else {}
        values |= (
            {"hidden.largest": hidden.reach(SOURCE / "model.onnx", calibration(SEEN)).value} if name == "fp16" else {}
        )
        values |= reference.timed(folder / name) if clocked else {}
        found.append(precision_choice.weigh(name, values, bounds, device, reference.metric))
        if found[-1].verdict == "kept":
            break
        say.say(f"the {name} graph {found[-1].because}")
    return found


def make(name: str, settings: Params, folder: Path) -> None:
    """Write the graph in a number format, with the files that processing.py needs.

    int8 for TensorRT takes its scales from the training split; that for ONNX Runtime has scales that follow each row.
    """
    source, target = SOURCE / "model.onnx", folder / "model.onnx"
    if name == "int8" and settings.text("serve.engine") == "tensorrt":
        precision.calibrate(source, target, calibration(CALIBRATED))
    else:
        {"fp32": precision.keep, "fp16": precision.halve, "int8": rowwise.quantize}[name](source, target)
    for file in processing.FILES:
        shutil.copyfile(SOURCE / file, folder / file)


def calibration(most: int) -> Iterator[Arrays]:
    """Encode up to `most` rows from all over the training split, a few at a time."""
    frame = polars.read_parquet("build/data/train.parquet")
    raw, processor = data.raw(frame.gather_every(max(1, frame.height // most))), processing.load(SOURCE)
    count = min(most, len(next(iter(raw.values()))))
    for start in range(0, count, inference.BATCH):
        rows = inference.some(raw, range(start, min(count, start + inference.BATCH)))
        yield dict(processor.encode(rows))  # type: ignore[arg-type]


if __name__ == "__main__":
    run("optimize", main)
