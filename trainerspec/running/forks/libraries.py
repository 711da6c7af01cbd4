"""Which libraries the stages of a run share."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from trainerspec.language import yaml

OWN = ("pipeline", "custom")
IMPORT = re.compile(r"^( *)(?:import (?=[\w.]+(?:$| as |,))|from (?=[\w.]+ import ))(\w[\w.]*)", re.MULTILINE)
MEASURED = "pipeline.benchmark"
"""The module whose process is measured: it is no fork, and waits until nothing is imported beside it."""
LATER = {"transformers": "transformers.modeling_utils", "mlflow": "mlflow.store.tracking.sqlalchemy_store"}
"""What takes long and libraries import only when they are used."""


def libraries(folder: Path, first: str) -> dict[str, list[str] | None]:
    """Return the libraries' modules that stages from `first` on need, by the module of each stage, in order.

    None stands for a stage that is to be a new process.
    A stage's modules are its dependencies in dvc.yaml. What two stages import counts, and what one imports at the top
    of a file, but for the last: it packages modules that it does not run. Raises ValueError, OSError and LookupError
    where there is no such stage, or the project cannot be read.
    """
    stages = modules(folder, first)
    known = {file: dict(imports(folder / file)) for file in sorted({file for _, files in stages for file in files})}
    needs = [
        {name: top for file in files for name, top in known[file].items()} if command != MEASURED else {}
        for command, files in stages
    ]
    shared = Counter(name for need in needs for name in need)
    ahead = {name for need in needs[:-1] for name, top in need.items() if top}
    found: dict[str, list[str] | None] = {}
    for (command, _), need in zip(stages, needs, strict=True):
        mine = [name for name in need if shared[name] > 1 or name in ahead]
        found[command] = [*mine, *(LATER[name] for name in mine if name in LATER)] if command != MEASURED else None
    return found if any(found.values()) else {}


def modules(folder: Path, first: str) -> Sequence[tuple[str, Sequence[str]]]:
    """Return the module that each stage from `first` on runs, and its Python files. Raises ValueError, LookupError."""
    content = cast(dict[str, dict[str, dict[str, object]]], yaml.load((folder / "dvc.yaml").read_bytes()))["stages"]
    names, found = list(content), []
    for name in names[names.index(first) :]:
        words, deps = str(content[name]["cmd"]).split(), content[name].get("deps", [])
        files = [one for one in deps if isinstance(one, str) and one.endswith(".py")] if isinstance(deps, list) else []
        found.append((words[2] if words[:2] == ["python", "-m"] and len(words) > 2 else "", files))
    return found


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield the modules of libraries that a file imports, each with whether that is at the top; those last.

    A word of a text that reads like an import does no harm: there is no such library.
    """
    found = IMPORT.findall(file.read_text(encoding="utf-8"))
    for indent, name in sorted(found, key=lambda one: not one[0]):
        if name.partition(".")[0] not in {*OWN, *sys.stdlib_module_names}:
            yield name, not indent
