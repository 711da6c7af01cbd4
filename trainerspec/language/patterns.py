"""Regular expressions of files: matched in linear time by RE2, where `$` is the end of the text and nothing else.

Python's `re` takes exponential time on nested repeats, and its `$` matches before a last line break too.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol, cast

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from trainerspec.ir.json import JsonObject

LONGEST = 1000
"""Characters of a pattern."""
MEMORY = 2**20
"""Bytes that a compiled pattern may take; more is TS307."""
_NO_SPACE = r"[^\s\pZ\x1c-\x1f\x85]"
"""What `\\S` means in JSON Schema, whose `\\s` knows Unicode's spaces."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Compiled(Protocol):
    """A compiled pattern."""

    def search(self, text: str, /) -> object: ...


def found(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text. Raises ValueError when it is no pattern of RE2's syntax.

    >>> found("^[a-z]+$", "news"), found("^[a-z]+$", "news\\n"), found("(a+)+$", "a" * 50 + "b")
    (True, False, False)
    """
    return compiled(pattern).search(text) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> "Compiled":
    """Compile a pattern. Raises ValueError, with the reason, when RE2 does not understand it or it is too large.

    >>> compiled("(?=a)")
    Traceback (most recent call last):
    ValueError: invalid perl operator: (?=
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        return cast(Compiled, re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error


def _pattern(
    validator: Draft202012Validator, pattern: str, instance: object, schema: JsonObject
) -> Iterator[ValidationError]:
    """Check JSON Schema's keyword `pattern`; see jsonschema's own."""
    if not isinstance(instance, str):
        return
    try:
        fits = found(_ESCAPE.sub(lambda match: _NO_SPACE if match[1] == "S" else match[0], pattern), instance)
    except ValueError as error:
        yield ValidationError(f"the schema's pattern {pattern!r} is not understood: {error}")
        return
    if not fits:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


Validator: type[Draft202012Validator] = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
"""JSON Schema's validator with these patterns."""
