"""Keep what takes long to prepare in the user's cache folder; it can be deleted at any time.

`prepared` keeps one value that follows from shipped files (parsed SOPs, the vocabulary), `Remembered` the results of a
pure function for many inputs (parsed expressions, rendered documents). Keys are digests of everything that a value
follows from, so nothing is ever out of date. A file that is damaged, or that another user could have written, is not
read. Only commands that write anyway write here (`keep`).

What follows from shipped files alone also ships (`trainerspec/_prepared/`, made by `python -m trainerspec.preparing`
when the package is built), so that the first run finds it. There keys hold the contents of the compiler's modules.
"""

import atexit
import gc
import os
import pickle
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Generic, TypeVar, cast

Value = TypeVar("Value")
DIGEST = 32
"""Bytes of the sha256 that a file begins with."""
VERSIONS = 8
"""Files of one name that are kept: other versions of the compiler may share the folder."""
LIBRARIES = ("cookiecutter", "jinja2", "jsonschema", "lark", "polars", "PIL", "re2", "ruamel")
ENTRIES = 4096
"""Results that one `Remembered` keeps, the newest."""
SHIPPED = Path(__file__).parent / "_prepared"
"""What was prepared when the package was built; it is code like the modules beside it."""
OURS = ("__pycache__", "_assets", SHIPPED.name)
"""Folders of the package without modules."""


_keeping = False
"""Whether what is prepared in this run is kept."""


def keep() -> None:
    """Keep from now on what is prepared; a command that writes nothing does not ask for it, and only reads."""
    global _keeping
    _keeping = True


def keeping() -> bool:
    """Tell whether what is prepared is kept."""
    return _keeping


def folder() -> Path | None:
    """Return `$XDG_CACHE_HOME/trainerspec` (or `~/.cache/trainerspec`); None where there is none for this user only."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        place = (Path(base) if base else Path.home() / ".cache") / "trainerspec"
        if _keeping:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.lstat()
    except (OSError, RuntimeError):  # no permission, nothing kept yet, or no home
        return None
    own = about.st_uid == os.getuid() and stat.S_ISDIR(about.st_mode) and not about.st_mode & 0o022
    return place if own else None


def prepared(name: str, parts: Iterable[bytes], make: Callable[[], Value]) -> Value:
    """Return what `make` makes of `parts`, which hold everything that it reads; made once for the same bytes."""
    parts = tuple(parts)
    path = _path(name, parts)
    found = (path and _load(path)) or _load_shipped(name, parts)
    if found is None:
        value = make()
        if _keeping and path is not None:
            _save(path, name, (value,))
        return value
    return cast(tuple[Value], found)[0]


def ship(name: str, parts: Iterable[bytes], value: Value, folder: Path) -> None:
    """Write into `folder` (`SHIPPED`) what `prepared` is to return for `parts`. Raises OSError."""
    (folder / _named(name, contents(), parts)).write_bytes(_sealed((value,)))


class Remembered(Generic[Value]):
    """The results of a pure function, by their input; those of a run are saved when it ends."""

    def __init__(self, name: str, parts: Callable[[], Iterable[bytes]] = tuple) -> None:
        """Take a name, and what the function depends on besides its input and the compiler's code."""
        self._name = name
        self._parts = parts
        self._known: dict[bytes, Value] | None = None
        self._fresh = 0

    def get(self, key: str, make: Callable[[], Value], keep: Callable[[Value], bool] = lambda _: True) -> Value:
        """Return the result for `key`, which tells all of the input; `keep` says which results may be kept."""
        known = self._load()
        short = sha256(key.encode("utf-8", "surrogatepass")).digest()
        if short in known:
            return known[short]
        value = make()
        if keep(value):
            known[short] = value
            self._fresh += 1
            if self._fresh == 1 and _keeping:
                atexit.register(self.save)
        return value

    def save(self) -> None:
        """Write what is new; of results that two runs save at once, one run's stay."""
        path = _path(self._name, self._parts())
        if _keeping and path is not None and self._known is not None and self._fresh:
            _save(path, self._name, dict(list(self._known.items())[-ENTRIES:]))
            self._fresh = 0
            atexit.unregister(self.save)

    def ship(self, folder: Path) -> None:
        """Write what this run found out, for every run to find that knows nothing yet. Raises OSError."""
        (folder / _named(self._name, contents(), self._parts())).write_bytes(_sealed(self._load()))

    def _load(self) -> dict[bytes, Value]:
        if self._known is None:
            path = _path(self._name, self._parts())
            found = (path and _load(path)) or _load_shipped(self._name, self._parts())
            self._known = cast(dict[bytes, Value], found) if isinstance(found, dict) else {}
        return self._known


@cache
def code() -> bytes:
    """Digest what results depend on besides their inputs: Python, this package's modules and the libraries behind it.

    Modules count by time and size, as for Python's own `__pycache__`.
    """
    total = sha256(f"{sys.version}\0{pickle.HIGHEST_PROTOCOL}".encode())
    for name in LIBRARIES:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            about = os.stat(found.origin)
            total.update(f"{found.origin}\0{about.st_mtime_ns}\0{about.st_size}\n".encode("utf-8", "surrogateescape"))
    for module in _modules():
        about = os.stat(module)
        total.update(f"{module}\0{about.st_mtime_ns}\0{about.st_size}\n".encode("utf-8", "surrogateescape"))
    return total.digest()


def _modules() -> Iterator[str]:
    """List the files of this package."""
    for place, folders, names in os.walk(SHIPPED.parent):
        folders[:] = sorted(one for one in folders if one not in OURS)
        yield from (os.path.join(place, name) for name in sorted(names))


@cache
def contents() -> bytes:
    """Digest what values that ship depend on besides their inputs: the kind of Python, and this package's modules.

    In the user's cache lies what it was for `code`, so that the modules are read once.
    """
    path = _path("contents", ())
    known = _load(path) if path is not None else None
    if isinstance(known, bytes):
        return known
    total = sha256(f"{sys.implementation.cache_tag}\0{pickle.HIGHEST_PROTOCOL}".encode())
    for module in _modules():
        name = os.path.relpath(module, SHIPPED.parent)
        total.update(name.encode("utf-8", "surrogateescape") + sha256(Path(module).read_bytes()).digest())
    if _keeping and path is not None:
        _save(path, "contents", total.digest())
    return total.digest()


def _path(name: str, parts: Iterable[bytes]) -> Path | None:
    place = folder()
    return None if place is None else place / _named(name, code(), parts)


def _named(name: str, key: bytes, parts: Iterable[bytes]) -> str:
    total = sha256(key)
    for part in parts:
        total.update(sha256(part).digest())
    return f"{name}-{total.hexdigest()[:32]}.bin"


def _load_shipped(name: str, parts: Iterable[bytes]) -> object | None:
    return _load(SHIPPED / _named(name, contents(), parts)) if SHIPPED.is_dir() else None


def _load(path: Path) -> object | None:
    """Read a value; None when it is not there, or is not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = memoryview(content)[DIGEST:]
    if sha256(payload).digest() != content[:DIGEST]:
        return None
    collects = gc.isenabled()
    gc.disable()
    try:
        value: object = pickle.loads(payload)
    finally:
        if collects:
            gc.freeze()  # none of these many objects is garbage: the collector need not walk them
            gc.enable()
    return value


def _sealed(value: object) -> bytes:
    payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return sha256(payload).digest() + payload


def _save(path: Path, name: str, value: object) -> None:
    content = _sealed(value)
    with suppress(OSError):  # the folder is full or was taken away: nothing is kept then
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        others = sorted(path.parent.glob(f"{name}-*.bin"), key=lambda one: one.stat().st_mtime_ns)
        for old in others[:-VERSIONS]:
            old.unlink(missing_ok=True)
