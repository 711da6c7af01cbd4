"""Which shared modules a project's code reaches: the others are not copied."""

import ast
from collections.abc import Callable, Iterable, Mapping

from trainerspec.ir.plan import FileChoice, Stage

PACKAGE = "pipeline"


def reached(
    choices: Mapping[str, FileChoice], stages: Iterable[Stage], read: Callable[[FileChoice], bytes], shared: str
) -> dict[str, FileChoice]:
    """Keep every file but the shared modules that no stage, task file or custom file imports, directly or not.

    `shared` is the beginning of a shared file's origin; `read` gives a file's content. A file that is no Python
    module is kept, and one that does not parse is taken to import nothing.
    """
    kept = {
        target: choice
        for target, choice in choices.items()
        if not (target.endswith(".py") and choice.origin.startswith(shared)) or target == f"{PACKAGE}/__init__.py"
    }
    waiting = [*kept, *(path for stage in stages for path in (*stage.deps, _module_path(stage.cmd)))]
    seen: set[str] = set()
    while waiting:
        target = waiting.pop()
        if target in seen or target not in choices:
            continue
        seen.add(target)
        kept[target] = choices[target]
        if target.endswith(".py"):
            waiting.extend(f"{PACKAGE}/{name}.py" for name in imports(read(choices[target])))
    return dict(sorted(kept.items()))


def _module_path(command: str) -> str:
    """Return the file of `python -m pipeline.train --split test`."""
    words = command.split()
    module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    return f"{module.replace('.', '/')}.py"


def imports(source: bytes) -> frozenset[str]:
    """Name the modules of the project's package that a module imports.

    >>> sorted(imports(b"from pipeline import files, params\\nfrom pipeline.loop import fit\\nimport torch"))
    ['files', 'loop', 'params']
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            package, _, rest = node.module.partition(".")
            if package == PACKAGE:
                found.update([rest.partition(".")[0]] if rest else (alias.name for alias in node.names))
        elif isinstance(node, ast.Import):
            dotted = (alias.name.split(".") for alias in node.names)
            found.update(parts[1] for parts in dotted if parts[0] == PACKAGE and len(parts) > 1)
    return frozenset(found)
