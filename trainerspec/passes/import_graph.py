"""What a stage's modules need: files, packages and values, over all that they import and call, directly or not.

Imports inside functions count; of `importlib` those that name their module in the code. The emitted project has the
reader of files too, in pipeline/base/imports.py: by it the package stage copies what serves.
"""

from collections.abc import Callable, Collection, Iterable

from trainerspec.passes.module import IMPORTED, STARTED, Module

Read = Callable[[str], Module]
"""Reads a module of the project by its path."""


def closure(roots: Iterable[str], there: Collection[str], read: Read) -> frozenset[str]:
    """Return the roots and every file that they need, of those that are `there`."""
    waiting, found = list(roots), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found and name in there:
            found.add(name)
            waiting.extend(read(name).needed)
    return frozenset(found)


def module_of(command: str) -> str:
    """Return the file that a command runs, empty when it runs no module.

    >>> module_of("python -m pipeline.evaluate --split test"), module_of("true")
    ('pipeline/evaluate.py', '')
    """
    words = command.split()
    return f"{words[words.index('-m') + 1].replace('.', '/')}.py" if "-m" in words[:-1] else ""


def values_read(roots: Collection[str], files: Collection[str], read: Read) -> frozenset[str]:
    """Return the dotted names of params.yaml that the roots read when they are started; `files` is their closure.

    Of each module only what the roots may call counts, and what runs when it is imported.
    """
    waiting = [(path, IMPORTED) for path in files] + [(path, STARTED) for path in roots]
    seen, found = set[tuple[str, str]](), set[str]()
    while waiting:
        path, name = waiting.pop()
        part = read(path).parts.get(name) if path in files else None
        if part is None and name != "__getattr__" and path in files:
            waiting.append((path, "__getattr__"))
        if part is None or (path, name) in seen:
            continue
        seen.add((path, name))
        found.update(part.reads)
        waiting.extend(_place(dotted, path, files) for dotted in part.uses)
    return frozenset(found)


def _place(dotted: str, path: str, files: Collection[str]) -> tuple[str, str]:
    """Return the file and the part that a dotted name means, seen from the module at `path`.

    >>> _place("pipeline.base.params.load", "x.py", {"pipeline/base/params.py"}), _place(".f", "x.py", ())
    (('pipeline/base/params.py', 'load'), ('x.py', 'f'))
    """
    if dotted.startswith("."):
        return path, dotted[1:].partition(".")[0]
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        for file in (f"{'/'.join(parts[:count])}.py", f"{'/'.join(parts[:count])}/__init__.py"):
            if file in files:
                return file, parts[count] if count < len(parts) else IMPORTED
    return "", ""
