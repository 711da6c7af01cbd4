"""The modules of every task, with every variant, pass mypy --strict as they are emitted."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import needs
from tests.templates import folders
from trainerspec.catalog.load import tasks

needs.packages("mypy")
TASKS = tasks(Path("none"))
UNTYPED = (
    "adbc_driver_postgresql.*",
    "boto3.*",
    "botocore.*",
    "diffusers.*",
    "grpc.*",
    "kserve.*",
    "onnx.*",
    "onnxruntime.*",
    "pandas.*",
    "peft.*",
    "pyarrow.*",
    "sklearn.*",
)
SETTINGS = f"[mypy]\nstrict = True\n[mypy-{','.join(UNTYPED)}]\nignore_missing_imports = True\n"
CACHE = folders.TEMPLATES.parent / ".mypy_cache" / "emitted"
"""Kept for the next run, which then reads the libraries from it."""
OWN = re.compile(r"^( *(?:from|import) )pipeline\b", re.MULTILINE)


CASES = list(folders.variants(TASKS))


def named(task: str, chosen: Mapping[str, str]) -> str:
    """Return the name of the package that a case becomes: `text_classification_model_scratch`."""
    return "_".join([task, *(Path(file).stem for file in chosen.values())]).replace("-", "_")


def renamed(package: Path) -> None:
    """Make the modules of a package import each other by its name, where they said `pipeline`."""
    for path in package.rglob("*.py"):
        path.write_text(OWN.sub(rf"\1{package.name}", path.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.slow
def test_mypy_strict(tmp_path: Path) -> None:
    """All in one run, each as a package of its own: the libraries, which take most of the time, are read once."""
    for task, chosen in CASES:
        folder = folders.emitted(tmp_path / "projects" / named(task, chosen), TASKS[task], chosen)
        renamed((folder / "pipeline").rename(tmp_path / named(task, chosen)))
    (tmp_path / "mypy.ini").write_text(SETTINGS)
    packages = [word for case in CASES for word in ("-p", named(*case))]
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(CACHE), *packages]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_is_checked() -> None:
    checked = {(task, file) for task, chosen in CASES for file in chosen.values()}
    for name in TASKS:
        for path in (folders.TEMPLATES / name / "variants").glob("*.py"):
            assert (name, f"variants/{path.name}") in checked, f"no task.yaml and no card names {path}"
