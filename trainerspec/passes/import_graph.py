"""Which files of the emitted project a module needs: itself, what it imports, directly or not, and the pages beside it.

Imports inside functions count; of `importlib` those that name their module in the code. The emitted project has this
reader too, in pipeline/base/imports.py: by it the package stage copies what serves.
"""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator

PACKAGES = ("pipeline", "custom")
PAGES = ("html", "json", "yaml", "txt")
"""Endings of files that a module may read from its own folder."""


def closure(roots: Iterable[str], there: Collection[str], needed: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Return the roots and every file that they need, of those that are `there`; `needed` gives what a file names.

    >>> files = {"pipeline/train.py": ["pipeline/base/files.py"], "pipeline/base/files.py": [], "x.py": []}
    >>> sorted(closure(["pipeline/train.py"], files, files.__getitem__))
    ['pipeline/base/files.py', 'pipeline/train.py']
    """
    waiting, found = list(roots), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found and name in there:
            found.add(name)
            waiting.extend(needed(name))
    return frozenset(found)


def module_of(command: str) -> str:
    """Return the file that a command runs, empty when it runs no module.

    >>> module_of("python -m pipeline.evaluate --split test"), module_of("true")
    ('pipeline/evaluate.py', '')
    """
    words = command.split()
    return f"{words[words.index('-m') + 1].replace('.', '/')}.py" if "-m" in words[:-1] else ""


def needed(source: bytes, name: str) -> Iterator[str]:
    """List the files that the file `name` may need itself; some of them may not be there.

    A module that does not parse is taken to import nothing.

    >>> sorted(needed(b"from pipeline.base import params", "pipeline/x.py"))[:2]
    ['pipeline/__init__.py', 'pipeline/base.py']
    """
    folders = tuple(name.split("/")[:-1])
    for count in range(1, len(folders) + 1):
        yield "/".join((*folders[:count], "__init__.py"))
    if not name.endswith(".py"):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        for dotted in _modules(node, folders):
            parts = dotted.split(".")
            if parts[0] in PACKAGES:
                yield "/".join(parts) + ".py"
                yield "/".join((*parts, "__init__.py"))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_page(node.value):
            yield "/".join((*folders, node.value))


def _modules(node: ast.AST, folders: tuple[str, ...]) -> Iterator[str]:
    """List the dotted names that a statement may import; `folders` are those of the file that it stands in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = list(folders[: len(folders) - node.level + 1]) if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
    elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
        yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _called(function: ast.expr) -> str:
    """Return the last name of what is called."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_page(text: str) -> bool:
    """Tell whether a text may be the name of a file beside the module."""
    return text.rpartition(".")[2] in PAGES and not set(text) & set("/\\ \n")
