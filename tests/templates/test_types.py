"""The modules of every task, with every variant, pass mypy --strict as they are emitted."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import needs
from tests.templates import folders
from trainerspec.catalog.load import tasks
from trainerspec.passes.import_graph import closure
from trainerspec.passes.module import read_module

needs.packages("mypy")
TASKS = tasks(Path("none"))
UNTYPED = (
    "adbc_driver_postgresql.*",
    "boto3.*",
    "botocore.*",
    "datasketch.*",
    "diffusers.*",
    "grpc.*",
    "kserve.*",
    "onnx.*",
    "onnxruntime.*",
    "pandas.*",
    "peft.*",
    "pyarrow.*",
    "scipy.*",
    "sklearn.*",
)
UNREAD = (
    *("diffusers.modular_pipelines.*", "diffusers.pipelines.*", "huggingface_hub.inference.*", "mlflow.genai.*"),
    *("narwhals.*", "onnx.reference.*", "optuna.*", "sympy.*", "torch._dynamo.*", "torch._functorch.*"),
    *("torch._inductor.*", "torch.ao.*", "torch.testing.*", "transformers.generation.*", "transformers.models.*"),
)
"""Parts of libraries that no module uses and their own modules name: half of what mypy would read."""
READ = ("transformers.models", "transformers.models.auto.*", "transformers.models.clip.*")
SETTINGS = f"""\
[mypy]
strict = True
[mypy-{",".join(UNTYPED)}]
ignore_missing_imports = True
[mypy-{",".join(UNREAD)}]
follow_imports = skip
follow_imports_for_stubs = True
[mypy-{",".join(READ)}]
follow_imports = normal
"""
CACHE = folders.TEMPLATES.parent / ".mypy_cache" / "emitted"
"""Kept for the next run, which then reads the libraries from it."""
CASES = list(folders.variants(TASKS))


def named(task: str, chosen: Mapping[str, str]) -> str:
    """Return the name of the package that a case becomes: `text_classification_model_scratch`."""
    return "_".join([task, *(Path(file).stem for file in chosen.values())]).replace("-", "_")


def absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the full name of the module that a `from` import in the file at `path` names."""
    above = Path(path).parts[: -node.level] if node.level else ()
    return ".".join([*above, *([node.module] if node.module else [])])


@dataclass(frozen=True)
class Case:
    """The modules of one emitted project, that become a package of another name."""

    sources: Mapping[str, str]
    """By path: `pipeline/task/model.py`."""
    homes: Mapping[str, str]
    """The package that holds each module: the first case in which it and all that it imports are the same.

    Each has its own `__init__.py` files, so that a module that is not there is not found in another's room.
    """

    def moved(self, path: str) -> str:
        """Return a module's source with each import from `pipeline` turned to the package that holds what is imported.

        Lines keep their numbers, so that a finding of mypy shows its place in the template.
        """
        lines = self.sources[path].splitlines()
        for node in ast.walk(ast.parse(self.sources[path])):
            if isinstance(node, ast.ImportFrom) and (module := absolute(node, path)).startswith("pipeline"):
                assert node.end_lineno is not None
                first, last = node.lineno - 1, node.end_lineno
                moved = "; ".join(self.turned(module, one.name, one.asname) for one in node.names)
                lines[first:last] = [lines[first][: node.col_offset] + moved, *[""] * (last - first - 1)]
            assert not (isinstance(node, ast.Import) and any(one.name.startswith("pipeline") for one in node.names))
        return "\n".join(lines) + "\n"

    def turned(self, module: str, name: str, other: str | None) -> str:
        """Return `from PACKAGE.x import name`, for `from pipeline.x import name`."""
        stem = module.replace(".", "/")
        places = (f"{stem}/{name}.py", f"{stem}/{name}/__init__.py", f"{stem}.py", f"{stem}/__init__.py")
        home = next(self.homes[place] for place in places if place in self.homes)
        return f"from {home}{module.removeprefix('pipeline')} import {name}" + (f" as {other}" if other else "")


def written(root: Path, scratch: Path) -> Iterator[str]:
    """Write every case as a package below `root`, without the modules that an earlier one has; return the packages."""
    known: dict[tuple[tuple[str, str], ...], str] = {}
    for task, chosen in CASES:
        name = named(task, chosen)
        folder = folders.emitted(scratch / name, TASKS[task], chosen)
        sources = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.py")}
        needs = {path: read_module(text.encode(), path) for path, text in sources.items()}
        reached = {path: closure([path], needs, needs.__getitem__) for path in sources}
        alike = {path: ((path, ""), *((one, sources[one]) for one in sorted(reached[path]))) for path in sources}
        homes = {
            path: name if path.endswith("__init__.py") else known.setdefault(key, name) for path, key in alike.items()
        }
        case = Case(sources, homes)
        for path in sources:
            if case.homes[path] == name:
                target = root / name / Path(path).relative_to("pipeline")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(case.moved(path), encoding="utf-8")
        yield name


def modules() -> Iterator[Path]:
    """List the modules that a project may get: shared ones, tasks' own and their variants."""
    for folder in folders.TEMPLATES.iterdir():
        for part in ("project", "variants"):
            yield from (folder / part).rglob("*.py")


@pytest.mark.slow
def test_mypy_strict(tmp_path: Path) -> None:
    """All in one run, so that libraries are read once; modules that are the same in many projects are checked once."""
    (tmp_path / "root").mkdir()
    names = list(written(tmp_path / "root", tmp_path / "projects"))
    read = {path.read_bytes() for path in (tmp_path / "projects").rglob("*.py")}
    unread = [str(path) for path in modules() if path.read_bytes() not in read]
    assert not unread, f"no stage or command of any case reaches {unread}"
    (tmp_path / "root" / "mypy.ini").write_text(SETTINGS)
    packages = [word for name in names for word in ("-p", name)]
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(CACHE), *packages]
    done = subprocess.run(command, cwd=tmp_path / "root", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_is_checked() -> None:
    checked = {(task, file) for task, chosen in CASES for file in chosen.values()}
    for name in TASKS:
        for path in (folders.TEMPLATES / name / "variants").glob("*.py"):
            assert (name, f"variants/{path.name}") in checked, f"no task.yaml and no card names {path}"
