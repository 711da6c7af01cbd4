"""Read the YAML files of templates/ and sops/, and check them against their schemas."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Literal, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trainerspec import assets
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.json import Json, JsonObject
from trainerspec.language.decoding import LARGEST
from trainerspec.language.patterns import Validator
from trainerspec.language.yaml import check_tree

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
        try:
            data = YAML(typ="safe").load(text)
        except YAMLError:
            # libyaml is fast, but knows YAML 1.1: a `?` inside a flow mapping, for one, is an error to it only
            data = YAML(typ="safe", pure=True).load(text)
        check_tree(data)
        return cast(Json, data)
    except (OSError, ValueError, YAMLError, RecursionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise stop(code, path, f"cannot read the file: {first}") from error


@cache
def _validator(kind: Kind) -> Draft202012Validator:
    schema = json.loads((assets.folder("grammar") / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return Validator(schema)


def check(data: Json, kind: Kind, path: Path, code: str) -> JsonObject:
    """Check `data` against grammar/<kind>.schema.json and return it.

    Raises Stopped with one diagnostic for each error.
    """
    errors = sorted(_validator(kind).iter_errors(data), key=lambda e: [str(part) for part in e.absolute_path])
    if errors:
        raise Stopped(tuple(_diagnostic(error, path, code) for error in errors))
    return cast(JsonObject, data)


def _diagnostic(error: ValidationError, path: Path, code: str) -> Diagnostic:
    deepest = best_match([error]) or error
    where = "/".join(str(part) for part in deepest.absolute_path) or "the file"
    return Diagnostic(code=code, message=f"`{where}`: {deepest.message}", file=str(path))


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
