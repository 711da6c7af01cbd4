"""Take the graph that is served as it was exported: `python -m pipeline.optimize`.

Only fp32: errors of a sampler add up over its steps, and a seed is to mean the same picture everywhere. Writes
build/artifact: model.onnx, what processing.py needs, and parity.json.
"""

import shutil
from pathlib import Path

from pipeline import processing
from pipeline.failure import run
from pipeline.files import fresh, size, write_json
from pipeline.progress import Progress

SOURCE, OUT = Path("build/onnx"), Path("build/artifact")
TOLERANCE = 1e-4
"""How far an answer to a golden input may move before a replay fails."""


def main() -> None:
    fresh(OUT)
    for name in ("model.onnx", *processing.FILES):
        shutil.copyfile(SOURCE / name, OUT / name)
    about = {"precision": "fp32", "tolerance": TOLERANCE, "size": size(OUT), "size.fp32": size(SOURCE)}
    write_json(OUT / "parity.json", about)
    Progress("optimize")(1, 1, "graphs", f"fp32 graph of {(OUT / 'model.onnx').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run("optimize", main)
