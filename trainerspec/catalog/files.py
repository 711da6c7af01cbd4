"""Read the YAML files of templates/ and sops/, and check them against their schemas."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Literal, cast

from ruamel.yaml.error import YAMLError

from trainerspec import assets
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.language.decoding import LARGEST
from trainerspec.language.validity import sound
from trainerspec.language.yaml import check_tree, parse

Kind = Literal["task", "sop", "card"]


def stop(code: str, path: Path, message: str, hint: str = "") -> Stopped:
    """Make the exception for one broken file."""
    return Stopped((Diagnostic(code=code, message=message, hint=hint, file=str(path)),))


def read(path: Path, code: str) -> Json:
    """Read one YAML 1.2 file as plain data.

    Raises Stopped with `code` when the file cannot be read or is not YAML.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST} bytes")
        text = path.read_text(encoding="utf-8")
        data = parse(text)
        check_tree(data)
        return data
    except (OSError, ValueError, YAMLError, RecursionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise stop(code, path, f"cannot read the file: {first}") from error


@cache
def _schema(kind: Kind) -> JsonObject:
    return cast(JsonObject, json.loads((assets.folder("grammar") / f"{kind}.schema.json").read_text(encoding="utf-8")))


def check(data: Json, kind: Kind, path: Path, code: str) -> JsonObject:
    """Check `data` against grammar/<kind>.schema.json and return it.

    Raises Stopped with one diagnostic for each error.
    """
    if not sound(data, _schema(kind)):
        from trainerspec.language.schema_errors import located  # jsonschema, which only a broken file pays for

        problems = located(data, _schema(kind))
        raise Stopped(tuple(Diagnostic(code=code, message=one, file=str(path)) for one in problems))
    return cast(JsonObject, data)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(folder: Path, pattern: str = "*") -> str:
    """Return the sha256 over the relative paths and contents of the files below `folder`.

    Compiled Python and hidden files do not count.
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        relative = path.relative_to(folder)
        if (
            path.is_file()
            and "__pycache__" not in relative.parts
            and not any(p.startswith(".") for p in relative.parts)
        ):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{relative.as_posix()}\0{content}\n".encode())
    return total.hexdigest()
