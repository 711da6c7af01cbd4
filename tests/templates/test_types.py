"""The modules of every task, with every variant, pass mypy --strict as they are emitted."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
"""Kept for the next run, which then reads the libraries from it."""
OWN = re.compile(r"^( *(?:from|import) )pipeline\b", re.MULTILINE)
IMPORT = re.compile(r"^ *(?:from (pipeline[\w.]*) import ([^\n]+)|import (pipeline[\w.]+))", re.MULTILINE)


def cases() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Return each task with the files that a decision puts over its own: none, a variant's, or a card's."""
    for name, task in TASKS.items():
        conditions = dict.fromkeys(variant.when for variant in task.variants)
        chosen = [
            {},
            *(
                {variant.target: variant.file for variant in task.variants if variant.when == when}
                for when in conditions
            ),
            *(card.files for card in task.cards.values()),
        ]
        yield from ((name, files) for number, files in enumerate(chosen) if files not in chosen[:number])


CASES = list(cases())


def put(folder: Path, task: str, chosen: Mapping[str, str]) -> None:
    """Put the task's own files, and a variant's over them, into a project, with the shared modules that they need.

    The project may have been built with another variant, whose files this takes back.
    """
    own = folders.TEMPLATES / task / "project"
    shutil.copytree(own, folder, dirs_exist_ok=True, ignore=folders.IGNORED)
    for target, file in chosen.items():
        shutil.copy(folders.TEMPLATES / task / file, folder / target)
    waiting = [path.relative_to(own).as_posix() for path in own.rglob("*.py")]
    while waiting:
        text = (folder / waiting.pop()).read_text()
        for package, names, module in IMPORT.findall(text):
            wanted = [module, package, *(f"{package}.{name.strip()}" for name in names.split(",") if package)]
            for path in (f"{name.replace('.', '/')}.py" for name in wanted if name):
                shared = folders.TEMPLATES / "_shared" / "project" / path
                if shared.is_file() and not (folder / path).exists():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(shared, folder / path)
                    waiting.append(path)


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
    built = {task: folders.build(tmp_path / "built" / task, task) for task in TASKS}
    for task, chosen in CASES:
        folder = tmp_path / "cases" / task
        shutil.copytree(built[task] / "pipeline", folder / "pipeline")
        put(folder, task, chosen)
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
