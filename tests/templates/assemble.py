"""Put an emitted project together by hand from templates/, as `emit` does, with a params.yaml of our own."""

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml import YAML

from tests.templates import processes
from trainerspec.passes.code import COMPILERS

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
TASK = TEMPLATES / "text-classification"
IGNORED = shutil.ignore_patterns("__pycache__", ".*_cache")


def compilers(folder: Path) -> None:
    """Copy the rooms that are packages of the compiler."""
    for room, place in COMPILERS.items():
        shutil.copytree(place(), folder / "pipeline" / room, dirs_exist_ok=True, ignore=IGNORED)


def read(path: Path) -> Any:
    """Read YAML."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def sample() -> ModuleType:
    """Import the task's sample.py."""
    spec = importlib.util.spec_from_file_location("sample", TASK / "sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def project(folder: Path, *, strategy: str = "from-scratch") -> Path:
    """Copy the modules and write params.yaml for a small training on data/texts."""
    shutil.copytree(TEMPLATES / "_shared" / "project", folder, dirs_exist_ok=True, ignore=IGNORED)
    shutil.copytree(TASK / "project", folder, dirs_exist_ok=True, ignore=IGNORED)
    compilers(folder)
    if strategy == "from-scratch":
        shutil.copy(TASK / "variants" / "model_scratch.py", folder / "pipeline" / "task" / "model.py")
    if strategy == "frozen-features":
        shutil.copy(TASK / "variants" / "train_features.py", folder / "pipeline" / "train.py")
    write(folder, parameters(strategy))
    return folder


def parameters(strategy: str) -> dict[str, Any]:
    """Return params.yaml as `build` would write it for example.yaml."""
    spec, task = read(TASK / "example.yaml"), read(TASK / "task.yaml")
    card = read(TASK / "models" / ("scratch-cnn.yaml" if strategy == "from-scratch" else "minilm-l6.yaml"))
    labels = spec["task"]["labels"]
    contract = task["contract"]
    for port in (*contract["tensors"]["outputs"], *contract["answer"]):
        port["shape"] = [len(labels) if size == "C" else size for size in port["shape"]]
    data = spec["data"] | {
        "source": {"kind": "path", "value": "data/texts"},
        "checks": {"acknowledge": []},
        "audit": [],
        "clean": [{"drop": "missing"}, {"drop": "duplicates"}, {"where": "length(text) >= 5"}],
        "split": {"by": "stratified", "train": 0.8, "validation": 0.1, "test": 0.1, "seed": 7},
        "contract": {"hard": {"layout": "folders", "columns": {"text": "text", "topic": "text"}, "labels": labels}},
    }
    data["label"] = "none"
    data["contract"]["soft"] = {"text.chars.p50": 50}
    data["checks"] = {"acknowledge": []}
    data |= {"augment": "none", "reduce": "none"}
    objective = {"text": "accuracy >= 90%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.9}
    return {
        "name": spec["name"],
        "version": spec["version"],
        "task": spec["task"]["type"],
        "inputs": spec["task"]["inputs"],
        "outputs": spec["task"]["outputs"],
        "labels": labels,
        "positive": None,
        "options": {},
        "monitor": {"metric": "macro_f1", "better": "higher"},
        "data": data,
        "model": {
            "base": {"id": card["id"], "licence": card["licence"], "sources": card["sources"], "card": card["facts"]},
            "train": spec["model"]["train"] | {"strategy": strategy, "accumulate": 1},
        },
        "bounds": [],
        "clocked": [],
        "objectives": [objective | {"device": None}],
        "metrics": task["metrics"] | read(TEMPLATES / "_shared" / "metrics.yaml"),
        "compute": spec["compute"],
        "serve": spec["serve"] | {"examples": "typical"},
        "contract": contract,
    }


def write(folder: Path, values: Mapping[str, Any]) -> None:
    """Write params.yaml."""
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(values, file)


def run(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m pipeline.<module>` in the project."""
    return processes.call(folder, f"pipeline.{module}", *arguments)


def project_file(target: str) -> Path:
    """Return the template's file for a path of the project."""
    own = TASK / "project" / target
    return own if own.exists() else TEMPLATES / "_shared" / "project" / target
