"""Which files of this project a module needs: itself, what it imports, directly or not, and the pages beside it.

`package` copies them, and caches are named by their content. Imports inside functions count; of `importlib` those that
name their module in the code.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The project's folder, or the package's."""
PACKAGES = ("pipeline", "custom")


def reached(*modules: str, without: Iterable[str] = ()) -> list[Path]:
    """Return the files that modules such as `pipeline/serve.py` need, but for those that only `without` needs."""
    waiting, found, left_out = list(modules), set[str](), set(without)
    while waiting:
        name = waiting.pop()
        if name in found | left_out:
            continue
        found.add(name)
        waiting += [one for one in listed(ROOT / name, name) if (ROOT / one).is_file()]
    return [ROOT / name for name in sorted(found)]


@cache
def listed(path: Path, name: str) -> tuple[str, ...]:
    """List the files that a file may need; read once a process."""
    return tuple(named(path, name))


def named(path: Path, name: str) -> Iterator[str]:
    """List the files that a file may need; some of them may not be there."""
    folders = Path(name).parts[:-1]
    for count in range(1, len(folders) + 1):
        yield "/".join((*folders[:count], "__init__.py"))
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for dotted in modules_of(node, folders):
            parts = dotted.split(".")
            if parts[0] in PACKAGES:
                yield "/".join(parts) + ".py"
                yield "/".join((*parts, "__init__.py"))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_page(node.value):
            yield "/".join((*folders, node.value))


def modules_of(node: ast.AST, folders: tuple[str, ...]) -> Iterator[str]:
    """List the dotted names that a statement may import; `folders` are those of the file that it stands in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = list(folders[: len(folders) - node.level + 1]) if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
    elif isinstance(node, ast.Call) and called(node.func) in ("import_module", "__import__"):
        yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str))


def called(function: ast.expr) -> str:
    """Return the last name of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_page(text: str) -> bool:
    """Tell whether a text may be the name of a file beside the module."""
    return text.rpartition(".")[2] in ("html", "json", "yaml", "txt") and not set(text) & set("/\\ \n")
