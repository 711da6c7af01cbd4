"""Find files of custom/ that were written for another layout of the project: by their path, or by what they import."""

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from trainerspec import assets
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.language.suggest import did_you_mean
from trainerspec.language.yaml import load

PIPELINE = "pipeline/"


def without_effect(
    custom: Mapping[str, bytes], targets: Collection[str], used: Collection[str]
) -> Iterator[Diagnostic]:
    """Name the files below custom/pipeline/ that replace no file of the project and that no stage imports.

    `targets` are the files of the project, `used` those that stages depend on. They fail with TS605.
    """
    for path in sorted(custom):
        if (
            path.startswith(PIPELINE)
            and path not in targets
            and f"custom/{path}" not in used
            and not path.endswith("__init__.py")
        ):
            new = _moved().get(path)
            hint = did_you_mean(path, targets) or "name it as a file of pipeline/, or move it out of custom/pipeline/"
            if new is not None:
                hint = f"that file is `{new}` now: move yours to `custom/{new}`"
            message = f"`custom/{path}` replaces no file of this project"
            yield Diagnostic(code="TS605", message=message, hint=hint, file=f"custom/{path}")


def old_imports(custom: Mapping[str, bytes], targets: Collection[str], used: Collection[str]) -> Iterator[Diagnostic]:
    """Name imports of modules that an earlier version had elsewhere, in what stages run. They fail with TS606."""
    for path in sorted(custom):
        if path.endswith(".py") and (path in used or f"custom/{path}" in used):
            for line, module in sorted(set(_old(custom[path], targets))):
                new = _moved()[_file(module)].removesuffix(".py").replace("/", ".")
                message = f"line {line} imports `{module}`, which this project does not have"
                yield Diagnostic(code="TS606", message=message, hint=f"it is `{new}` now", file=f"custom/{path}")


def _old(source: bytes, targets: Collection[str]) -> Iterator[tuple[int, str]]:
    """Return lines and names of imports that mean a module of an earlier version; none where the code is broken."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.ImportFrom) and node.level):
            continue
        above = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for name in (f"{above}{alias.name}" for alias in node.names):
            parts = name.split(".")
            module = ".".join(parts[:2])
            places = [_file(".".join(parts[:count])) for count in range(2, len(parts) + 1)]
            if not any(place in targets for place in places) and _file(module) in _moved():
                yield node.lineno, module


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


@cache
def _moved() -> Mapping[str, str]:
    """Return the new path of each module that an earlier version had elsewhere."""
    table = load((assets.folder("templates") / "_shared" / "moved.yaml").read_bytes())
    assert isinstance(table, Mapping)
    return {f"{PIPELINE}{old}": f"{PIPELINE}{new}" for old, new in table.items()}
