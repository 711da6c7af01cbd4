"""Check plain data against a JSON Schema.

Loading `jsonschema` takes longer than all else that `check` does: it is loaded for data that was not checked before.
"""

from collections.abc import Mapping
from typing import Any

from trainerspec.ir.json import Json
from trainerspec.prepared import Remembered

_SOUND: Remembered[bool] = Remembered("sound")
"""Data that a schema had nothing against: what was found so once is not checked again."""


def complaints(data: Json, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a schema has against a value, in the words of `jsonschema`."""
    if sound(data, schema):
        return ()
    from trainerspec.language.schema_errors import messages

    return messages(data, schema)


def sound(data: Json, schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema has nothing against plain data."""

    def checked() -> bool:
        from trainerspec.language.schema_errors import messages

        return not messages(data, schema)

    return _SOUND.get(repr((schema, data)), checked, keep=bool)
