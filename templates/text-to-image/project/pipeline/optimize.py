"""Take the graph that is served as it was exported: `python -m pipeline.optimize`.

Only fp32: errors of a sampler add up over its steps, and a seed is to mean the same picture everywhere. Writes
build/artifact: model.onnx, what processing.py needs, and parity.json. The weights of a graph of more than 2 GB, which
the exporter leaves in a file for each, come into model.onnx.data.
"""

import shutil
from pathlib import Path

from pipeline.base import digests
from pipeline.base.failure import run
from pipeline.base.files import fresh, size, write_json
from pipeline.base.progress import Progress
from pipeline.graph import precision_choice
from pipeline.task import processing

SOURCE, OUT = Path("build/onnx"), Path("build/artifact")


def main() -> None:
    digests.verify(SOURCE, "export")
    fresh(OUT)
    take(SOURCE / "model.onnx", OUT / "model.onnx")
    for name in processing.FILES:
        shutil.copyfile(SOURCE / name, OUT / name)
    taken = size(OUT)
    only = precision_choice.weigh("fp32", {"size": taken, "size.fp32": size(SOURCE)}, (), "", "")
    write_json(OUT / "parity.json", precision_choice.record([only], [only.precision]))
    digests.seal(OUT)
    Progress("optimize")(1, 1, "graphs", f"fp32 graph of {taken / 1e6:.1f} MB")


def take(source: Path, target: Path) -> None:
    """Copy a graph; gather weights that lie beside it in one file."""
    import onnx

    graph = onnx.load(source, load_external_data=False)
    if not any(weight.external_data for weight in graph.graph.initializer):
        shutil.copyfile(source, target)
        return
    onnx.load_external_data_for_model(graph, str(source.parent))
    onnx.save_model(graph, target, save_as_external_data=True, location=f"{target.name}.data")
    onnx.checker.check_model(str(target))


if __name__ == "__main__":
    run("optimize", main)
