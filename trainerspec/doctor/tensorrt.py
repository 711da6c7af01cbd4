"""Parse and compile a project's graph with the real TensorRT-RTX library, in an environment of its own.

TensorRT-RTX has TensorRT's ONNX parser and network API, and compiles without a GPU; it has other plug-ins and engines.
So this proves that a graph parses and compiles, not how fast it is.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.language import yaml
from trainerspec.running.repository import environment

VARIABLE = "TRAINERSPEC_TENSORRT_PYTHON"
"""Names the python of the environment that has the library."""
FOLDER = ".venv-tensorrt"
PACKAGES = (
    "onnxruntime-ep-nv-tensorrt-rtx-cu13==0.5.0",
    "tensorrt-rtx-cu13-bindings==1.7.1.116",
    "onnx==1.23.2",
    "numpy==2.4.6",
    "protobuf==6.33.6",
    "ml_dtypes==0.5.4",
    "typing_extensions==4.16.0",
)
"""What that environment holds: requirements-tensorrt.txt of the repository."""
GRAPHS = ("build/artifact/model.onnx", "build/onnx/model.onnx")
"""What is served, else what was exported."""
LONGEST = 128
"""Of a free dimension that nothing bounds."""
PATIENCE = 1800.0
"""Seconds that a compilation may take."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the library says of a graph."""

    graph: Path
    version: str
    layers: int
    parse_seconds: float
    build_seconds: float
    engine_bytes: int
    refused: tuple[Diagnostic, ...]


def examine(path: Path) -> Verdict:
    """Examine a graph, or that of a project.

    Raises Stopped with TS896 when there is no graph, TS897 when the library is not there or does not answer.
    """
    graph = find(path)
    python = interpreter(path)
    project = path if path.is_dir() else None
    command = [python, str(Path(__file__).with_name("tensorrt_probe.py")), str(graph), json.dumps(shapes(project))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 and done.stdout else None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _absent(python, str(error)) from error
    if found is None:
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise _absent(python, last)
    lines = sources(project) if found["refused"] and project is not None else {}
    return Verdict(
        graph=graph,
        version=found["version"],
        layers=found["layers"],
        parse_seconds=found.get("parse.seconds", 0.0),
        build_seconds=found.get("build.seconds", 0.0),
        engine_bytes=found.get("engine.bytes", 0),
        refused=tuple(_refusal(one, lines, graph) for one in found["refused"]),
    )


def find(path: Path) -> Path:
    """Return the graph that a path means: itself, or the one that the project serves, or has exported."""
    if path.is_file():
        return path
    places = [path / place for place in GRAPHS] + sorted(path.glob("package/model_repository/*/1/model.onnx"))
    for place in (*places, *sorted(path.glob("model_repository/*/1/model.onnx"))):
        if place.is_file():
            return place
    hint = "export one: `trainerspec run`, or give the path of a .onnx file"
    raise Stopped((Diagnostic(code="TS896", message=f"there is no graph in `{path.name or path}`", hint=hint),))


def interpreter(path: Path) -> str:
    """Return the python that has the library: the one that is named, or that of .venv-tensorrt here or above."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    here = Path.cwd().resolve()
    for folder in (*(path.resolve(), *path.resolve().parents), *(here, *here.parents)):
        python = folder / FOLDER / "bin" / "python"
        if python.is_file():
            return str(python)
    raise _absent("", f"there is no {FOLDER} here or above, and {VARIABLE} is not set")


def _absent(python: str, why: str) -> Stopped:
    install = f"python3 -m venv {FOLDER} && {FOLDER}/bin/pip install --no-deps {' '.join(PACKAGES)}"
    hint = f"{install}; or name a python that has these packages in {VARIABLE}"
    where = f" in `{python}`" if python else ""
    message = f"TensorRT-RTX cannot be asked{where}: {why}"
    return Stopped((Diagnostic(code="TS897", message=message, hint=hint),))


def shapes(project: Path | None) -> dict[str, list[list[int]]]:
    """Find the smallest, usual and largest shape of each input, from the project's params.yaml; nothing without one."""
    file = project / "params.yaml" if project is not None else None
    if file is None or not file.is_file():
        return {}
    settings: Any = yaml.load(file.read_bytes())
    most = int(settings["serve"]["max_batch_size"])
    longest = int(settings["data"].get("max_length", LONGEST))
    return {port["name"]: ranges(port["shape"], most, longest) for port in settings["contract"]["tensors"]["inputs"]}


def ranges(shape: Sequence[int], most: int, longest: int) -> list[list[int]]:
    """Return three shapes: the batch to `most`, other free sizes to `longest`.

    >>> ranges([-1, -1, 3], 32, 128)
    [[1, 1, 3], [8, 64, 3], [32, 128, 3]]
    """
    bounds = [(1, min(8, most), most), *[(1, longest // 2, longest)] * (len(shape) - 1)]
    return [[size if size > 0 else free[step] for size, free in zip(shape, bounds, strict=True)] for step in range(3)]


def sources(project: Path) -> Mapping[str, str]:
    """Ask the project which line of its code each node comes from; nothing where it cannot tell."""
    if not (project / "build" / "model").is_dir():
        return {}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "lines.json"
        command = [sys.executable, "-m", "pipeline.export", "--lines", str(out)]
        subprocess.run(command, cwd=project, env=environment(1), capture_output=True, check=False)
        found: Mapping[str, str] = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {}
    return found


def _refusal(one: Mapping[str, str], lines: Mapping[str, str], graph: Path) -> Diagnostic:
    node, operator = one.get("node", ""), one.get("operator", "")
    what = f"the operator `{operator}`" if operator and "input" not in operator else operator or "the graph"
    place = f" of node `{node}`" if node and "input" not in operator else f" `{node}`" if node else ""
    line = lines.get(node, "")
    source = f" ({line})" if line else ""
    hint = f"replace it {f'in {line}' if line else 'in pipeline/task/model.py'}, or serve with `engine: onnx`"
    message = f"TensorRT refuses {what}{place}{source}: {one['reason']}"
    return Diagnostic(code="TS898", message=message, hint=hint, file=graph.as_posix())
