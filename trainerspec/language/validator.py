"""JSON Schema's validator, with patterns that match in linear time."""

import re
from collections.abc import Iterator

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from trainerspec.ir.json import JsonObject
from trainerspec.language.patterns import found

_NO_SPACE = r"[^\s\pZ\x1c-\x1f\x85]"
"""What `\\S` means in JSON Schema, whose `\\s` knows Unicode's spaces."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


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
