"""The modules of every task, with every variant, pass mypy --strict as they are emitted."""

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
    "boto3.*",
    "botocore.*",
    "diffusers.*",
    "grpc.*",
    "kserve.*",
    "onnx.*",
    "onnxruntime.*",
    "peft.*",
    "sklearn.*",
)
SETTINGS = f"[mypy]\nstrict = True\n[mypy-{','.join(UNTYPED)}]\nignore_missing_imports = True\n"
CACHE = folders.TEMPLATES.parent / ".mypy_cache" / "emitted"
"""One for all tasks, for they share most modules and all libraries."""


CASES = list(folders.variants(TASKS))


@pytest.mark.slow
@pytest.mark.xdist_group("types")
@pytest.mark.parametrize(
    ("task", "chosen"),
    CASES,
    ids=["-".join([task, *(Path(file).stem for file in some.values())]) for task, some in CASES],
)
def test_mypy_strict(tmp_path: Path, task: str, chosen: Mapping[str, str]) -> None:
    folder = folders.emitted(tmp_path / "project", TASKS[task], chosen)
    (folder / "mypy.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(CACHE), "-p", "pipeline"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_is_checked() -> None:
    checked = {(task, file) for task, chosen in CASES for file in chosen.values()}
    for name in TASKS:
        for path in (folders.TEMPLATES / name / "variants").glob("*.py"):
            assert (name, f"variants/{path.name}") in checked, f"no task.yaml and no card names {path}"
