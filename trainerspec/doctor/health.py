"""What doctor looks at: versions, tools, weights, threads and disk."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from trainerspec import __version__, assets
from trainerspec.catalog.model import Task
from trainerspec.ir.declared import WeightSource

RUNTIME = ("torch", "lightning", "transformers", "mlflow", "dvc", "onnx", "onnxruntime", "kserve", "tritonclient")
LITTLE = 5e9
"""Bytes of free disk below which a run may not finish."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    what: str
    found: str
    state: Literal["fine", "note", "bad"] = "fine"
    advice: str = ""


def examine(folder: Path, tasks: Mapping[str, Task]) -> Iterator[Finding]:
    """Look at everything; imports none of the packages that it reports."""
    yield Finding(what="trainerspec", found=f"{__version__} on Python {platform.python_version()}")
    yield from packages()
    yield tool("git", "runs are not tied to commits without it; `trainerspec run --no-scm` works")
    yield gpu()
    yield threads()
    yield disk(folder)
    for task in tasks.values():
        yield from weights(task)


def packages() -> Iterator[Finding]:
    """Compare what is installed with constraints.txt."""
    pins = dict(line.split("==") for line in assets.constraints().read_text(encoding="utf-8").split() if "==" in line)
    for name in RUNTIME:
        try:
            found = version(name)
        except PackageNotFoundError:
            advice = "pip install 'trainerspec[run]'"
            yield Finding(what=name, found="not installed", state="note", advice=f"needed to run projects: {advice}")
            continue
        plain, pinned = found.partition("+")[0], pins.get(name, found)
        if plain == pinned:
            yield Finding(what=name, found=found)
        else:
            yield Finding(what=name, found=found, state="note", advice=f"tested with {pinned}")


def tool(name: str, without: str) -> Finding:
    """Look for a program and ask for its version."""
    if shutil.which(name) is None:
        return Finding(what=name, found="not found", state="note", advice=without)
    done = subprocess.run([name, "--version"], capture_output=True, text=True, check=False)
    return Finding(what=name, found=done.stdout.strip().removeprefix(f"{name} version "))


def gpu() -> Finding:
    """Ask NVIDIA's tool for GPUs."""
    if shutil.which("nvidia-smi") is None:
        return Finding(what="gpu", found="none (no nvidia-smi)")
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    names = "; ".join(done.stdout.strip().splitlines())
    return Finding(what="gpu", found=names or "none", state="fine" if done.returncode == 0 else "note")


def threads() -> Finding:
    """Count the processors that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS")
    return Finding(what="threads", found=f"{usable} processors, OMP_NUM_THREADS {wanted or 'not set'}")


def disk(folder: Path) -> Finding:
    """Measure the free space where the project lies."""
    free = shutil.disk_usage(folder).free
    low = free < LITTLE
    advice = "checkpoints, DVC's cache and MLflow need a few GB" if low else ""
    return Finding(what="disk", found=f"{free / 1e9:.1f} GB free", state="bad" if low else "fine", advice=advice)


def weights(task: Task) -> Iterator[Finding]:
    """Say for each base model whether its weights are on this machine."""
    for card in task.cards.values():
        if not card.sources:
            continue
        here = [source for source in card.sources if at_hand(source)]
        found = f"from {here[0].kind} {here[0].name}" if here else "downloaded when first used"
        yield Finding(what=f"weights of {card.id}", found=found, state="fine" if here else "note")


def at_hand(source: WeightSource) -> bool:
    """Tell whether a source needs no network: the package is installed, the folder there, or the hub's cache has it."""
    if source.kind == "path":
        return Path(source.name).is_dir()
    if source.kind == "package":
        try:
            return version(source.name) == source.revision
        except PackageNotFoundError:
            return False
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return (cache / f"models--{source.name.replace('/', '--')}" / "snapshots" / source.revision).is_dir()
