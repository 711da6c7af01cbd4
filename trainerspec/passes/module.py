"""Read one module of the emitted project: the files that it names, the packages that it imports, the values it reads.

A module is told apart by its parts (functions, classes, what runs when it is imported), for a stage runs only some.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from trainerspec.ir.record import record
from trainerspec.prepared import Remembered

PACKAGES = ("pipeline", "custom")
PAGES = ("html", "json", "yaml", "txt")
"""Endings of files that a module may read from its own folder."""
READERS = frozenset({"value", "text", "integer", "number", "texts", "mapping", "mappings", "renames"})
"""Methods of Params (pipeline/base/params.py) that read a value of params.yaml; `record` reads for the record only."""
IMPORTED, STARTED = "", "__main__"
"""The parts that run when the module is imported, and only when it is started."""


@record(frozen=True, kw_only=True)
class Part:
    """A function, a class, or an imported name."""

    uses: tuple[str, ...] = ()
    """Dotted names of what it may call; those of its own module begin with a dot."""
    reads: tuple[str, ...] = ()
    """Dotted names of params.yaml; of a name that is put together its known beginning."""


@record(frozen=True, kw_only=True)
class Module:
    """What follows from one module's source."""

    needed: tuple[str, ...]
    """Files that it names; some of them may not be there."""
    packages: tuple[str, ...]
    """Packages of others that it imports, by the name that it imports them by."""
    parts: Mapping[str, Part]


READ: Remembered[Module] = Remembered("modules")


def read_module(source: bytes, path: str) -> Module:
    """Read the module at `path`; one that does not parse is taken to need nothing.

    >>> read_module(b"from pipeline.base import params", "pipeline/x.py").needed[:2]
    ('pipeline/__init__.py', 'pipeline/base.py')
    >>> read_module(b"def f(p):\\n    return p.text('data.layout')", "x.py").parts["f"].reads
    ('data.layout',)
    """
    return READ.get(repr((path, sha256(source).digest())), lambda: _read(source, path))


def _read(source: bytes, path: str) -> Module:
    folders = tuple(path.split("/")[:-1])
    above = ["/".join((*folders[:count], "__init__.py")) for count in range(1, len(folders) + 1)]
    try:
        tree = ast.parse(source) if path.endswith(".py") else ast.Module(body=[], type_ignores=[])
    except (SyntaxError, ValueError):
        tree = ast.Module(body=[], type_ignores=[])
    nodes = list(ast.walk(tree))
    dotted = [name for node in nodes for name in _modules(node, folders)]
    own = [name for name in dotted if name.partition(".")[0] in PACKAGES]
    files = [f"{name.replace('.', '/')}{end}" for name in own for end in (".py", "/__init__.py")]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    pages = ["/".join((*folders, text)) for text in texts if _is_page(text)]
    top = {name.partition(".")[0] for name in dotted} - {*PACKAGES, *sys.stdlib_module_names, ""}
    return Module(
        needed=tuple(dict.fromkeys([*above, *files, *pages])),
        packages=tuple(sorted(top)),
        parts=_parts(tree, nodes, folders),
    )


def _modules(node: ast.AST, folders: Sequence[str]) -> Iterator[str]:
    """List the dotted names that a statement may import; `folders` are those of the file that it stands in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, folders)
        yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
    elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
        yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _base(node: ast.ImportFrom, folders: Sequence[str]) -> str:
    above = folders[: len(folders) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _called(function: ast.expr) -> str:
    """Return the last name of what is called."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_page(text: str) -> bool:
    """Tell whether a text may be the name of a file beside the module."""
    return text.rpartition(".")[2] in PAGES and not set(text) & set("/\\ \n")


def _parts(tree: ast.Module, nodes: Sequence[ast.AST], folders: Sequence[str]) -> dict[str, Part]:
    """Return the parts of a module by name."""
    aliases = dict(_aliases(nodes, folders))
    defined = [one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    names = {**{one.name: f".{one.name}" for one in defined}, **aliases}
    started = [one for one in tree.body if isinstance(one, ast.If) and "__main__" in ast.unparse(one.test)]
    rest = [one for one in tree.body if one not in defined and one not in started]
    constants = _constants(rest)
    found = {name: Part(uses=(dotted,)) for name, dotted in aliases.items()}
    found |= {one.name: _part([one], names, constants) for one in defined}
    return {**found, IMPORTED: _part(rest, names, constants), STARTED: _part(started, names, constants)}


def _aliases(nodes: Sequence[ast.AST], folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return what imported names stand for, of the project's own."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (base := _base(node, folders)).partition(".")[0] in PACKAGES:
            yield from ((alias.asname or alias.name, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            own = [alias for alias in node.names if alias.name.partition(".")[0] in PACKAGES]
            yield from ((alias.asname or alias.name.partition(".")[0], alias.name) for alias in own if alias.asname)


def _part(body: Sequence[ast.stmt], names: Mapping[str, str], constants: Mapping[str, tuple[str, ...]]) -> Part:
    """Read some statements; `names` tells what names of the module stand for, `constants` their texts."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known = {name: dotted for name, dotted in names.items() if name not in bound}
    uses = [dotted for node in nodes for dotted in _uses(node, known)]
    texts = {**constants, **_constants(body)}
    reads = [path for node in nodes if isinstance(node, ast.Call) for path in _reads(node, texts)]
    return Part(uses=tuple(dict.fromkeys(uses)), reads=tuple(dict.fromkeys(reads)))


def _uses(node: ast.AST, known: Mapping[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        names = [node.attr]
        value = node.value
        while isinstance(value, ast.Attribute):
            names.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name) and value.id in known:
            yield ".".join([known[value.id], *reversed(names)])
        elif isinstance(value, ast.Name) and value.id in PACKAGES:  # import pipeline.base.params
            yield ".".join([value.id, *reversed(names)])
    elif isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]


def _constants(body: Sequence[ast.stmt]) -> dict[str, tuple[str, ...]]:
    """Return the texts that names stand for: of a loop all that it goes over."""
    found: dict[str, tuple[str, ...]] = {}
    for node in (node for statement in body for node in ast.walk(statement)):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            pairs = [(node.targets[0], node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        for target, value in pairs:
            texts = _texts(value)
            if isinstance(target, ast.Name) and texts:
                found[target.id] = (*found.get(target.id, ()), *texts)
    return found


def _texts(value: ast.expr) -> tuple[str, ...]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return (value.value,)
    if isinstance(value, ast.Tuple | ast.List):
        return tuple(text for one in value.elts for text in _texts(one))
    return ()


def _reads(call: ast.Call, texts: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """List the values that a call reads: the whole name, or what is known of its beginning up to a dot."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in READERS and call.args):
        return
    for text, whole in _folded(call.args[0], texts):
        path = text if whole else text.rpartition(".")[0]
        if path:
            yield path


def _folded(value: ast.expr, texts: Mapping[str, tuple[str, ...]]) -> list[tuple[str, bool]]:
    """Return what a text may be, and whether that is all of it or its beginning."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [(value.value, True)]
    if isinstance(value, ast.Name) and value.id in texts:
        return [(text, True) for text in texts[value.id]]
    parts: Sequence[ast.expr] = ()
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        parts = (value.left, value.right)
    elif isinstance(value, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in value.values]
    found = [("", bool(parts))]
    for part in parts:
        added = _folded(part, texts)
        found = [(before + text, whole) if full else (before, False) for before, full in found for text, whole in added]
    return found
