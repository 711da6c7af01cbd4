"""Start DVC, with less work around each stage: `python -P -m trainerspec.running.quick_dvc repro`.

When a stage ends, DVC reads and writes all of dvc.lock by a parser in pure Python that keeps comments, and whenever it
looks at a stage it reads params.yaml anew: most of its own processor time, and more the more stages there are. Here
only the stage that changed is written anew, the other stages' lines are left as they are, and parameters are read
again when their file has changed. What is written is the same, byte by byte. A lock with comments, or one that DVC did
not write in this form, and a DVC without the names that are replaced here, are left to DVC's own way.
"""

import gc
import os
import re
import runpy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import TypeAlias, cast

from ruamel.yaml.error import YAMLError

LOCK = "dvc.lock"
SCHEMA = "2.0"
HEAD = f"schema: '{SCHEMA}'\nstages:\n"
STAGE = re.compile(r"^(?=  \S)", re.MULTILINE)
COMMENT = re.compile(r"(?:^|\s)#", re.MULTILINE)
OBJECTS = 50_000
"""New objects after which the garbage collector looks for circles: DVC's trees have none."""

Tree: TypeAlias = dict[str, object]
Load: TypeAlias = Callable[[str], object]
Dump: TypeAlias = Callable[[Tree], str]
Change: TypeAlias = Callable[..., AbstractContextManager[Tree]]
"""Opens a YAML file, by its path and `fs`, as a tree that is written when the block ends."""
Read: TypeAlias = Callable[..., object]
"""Reads parameters, by the file system, the path, the names, and whether the answer is flat."""


def changing(theirs: Change, load: Load, dump: Dump) -> Change:
    """Return DVC's `modify_yaml` that reads and writes of a dvc.lock only the stages that changed."""
    known: dict[str, Tree] = {}

    @contextmanager
    def change(path: str, fs: object = None) -> Iterator[Tree]:
        text = _text(path) if getattr(fs, "protocol", "local") == "local" else ""
        found = parsed(stages(text), load, known)
        if not found:
            with theirs(path, fs=fs) as own:
                yield own
            return
        entries: Tree = {name: deepcopy(stage[name]) for stage in found.values() for name in stage}
        before = {name: (lines, repr(entries[name])) for lines, stage in found.items() for name in stage}
        tree: Tree = {"schema": SCHEMA, "stages": entries}
        yield tree
        kept = {name: lines for name, (lines, was) in before.items() if repr(entries.get(name)) == was}
        with open(path, "w", encoding="utf-8") as file:
            file.write(composed(tree, kept, dump))

    return change


def stages(text: str) -> list[str]:
    """Return the lines of each stage of a dvc.lock as DVC writes it; none where it has another form, or comments.

    >>> stages("schema: '2.0'\\nstages:\\n  a:\\n    cmd: x\\n  b:\\n    cmd: y\\n")
    ['  a:\\n    cmd: x\\n', '  b:\\n    cmd: y\\n']
    >>> stages("schema: '2.0'\\nstages:\\n  a:\\n    cmd: x  # mine\\n")
    []
    """
    rest = text.removeprefix(HEAD)
    if rest == text or not STAGE.match(rest) or not text.endswith("\n") or COMMENT.search(text):
        return []
    return [lines for lines in STAGE.split(rest) if lines]


def parsed(written: Sequence[str], load: Load, known: dict[str, Tree]) -> dict[str, Tree]:
    """Return the stage of each stage's lines, by its name; none where these are not one stage each.

    `known` holds what was read before.
    """
    found: dict[str, Tree] = {}
    for lines in written:
        if lines not in known:
            try:
                content = load(f"stages:\n{lines}")
            except YAMLError:
                return {}
            stage = content.get("stages") if isinstance(content, dict) and list(content) == ["stages"] else None
            if not isinstance(stage, dict) or len(stage) != 1:
                return {}
            known[lines] = stage
        found[lines] = known[lines]
    names = {name for stage in found.values() for name in stage}
    return found if len(names) == len(written) else {}


def composed(tree: Tree, kept: Mapping[str, str], dump: Dump) -> str:
    """Return the text of a lock: the lines that are `kept`, and what DVC writes for all else."""
    found = []
    for key, value in tree.items():
        if key != "stages" or not value:
            found.append(dump({key: value}))
            continue
        found.append("stages:\n")
        for name, stage in cast(Tree, value).items():
            found.append(kept.get(name) or dump({key: {name: stage}}).removeprefix("stages:\n"))
    return "".join(found)


def reading(theirs: Read) -> Read:
    """Return DVC's `read_param_file` that reads a file again when it has changed."""
    known: dict[tuple[object, ...], object] = {}

    def read(
        fs: object, path: str, key_paths: list[str] | None = None, flatten: bool = False, **more: object
    ) -> object:
        if more or getattr(fs, "protocol", "") != "local" or not os.path.isfile(path):
            return theirs(fs, path, key_paths, flatten, **more)
        at = os.stat(path)
        key = (path, at.st_mtime_ns, at.st_ctime_ns, at.st_size, at.st_ino, tuple(key_paths or ()), flatten)
        if key not in known:
            known[key] = theirs(fs, path, key_paths, flatten)
        return deepcopy(known[key])

    return read


def quicken() -> None:
    """Replace what DVC does slowly; a DVC that lacks one of the names keeps its own way."""
    try:
        files, texts = import_module("dvc.dvcfile"), import_module("dvc.utils.serialize")
        parameters = import_module("dvc.dependency.param")
        change = changing(files.modify_yaml, texts.loads_yaml, texts.dumps_yaml)
        read = reading(parameters.read_param_file)
    except (ImportError, AttributeError):
        return
    files.modify_yaml, parameters.read_param_file = change, read  # type: ignore[attr-defined]


def _text(path: str) -> str:
    """Return the text of a dvc.lock; empty where there is none, or it is another file."""
    if Path(path).name != LOCK:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


if __name__ == "__main__":
    quicken()
    gc.freeze()
    gc.set_threshold(OBJECTS)
    runpy.run_module("dvc", run_name="__main__", alter_sys=True)
