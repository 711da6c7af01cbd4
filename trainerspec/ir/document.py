"""A parsed source: plain data and the place of every key and value."""

from collections.abc import Mapping

from trainerspec.ir.json import JsonObject
from trainerspec.ir.record import record
from trainerspec.ir.source import Pointer, Source, Span


@record(frozen=True, kw_only=True)
class Document:
    source: Source
    data: JsonObject
    keys: Mapping[Pointer, Span]
    """The span of each mapping key, by the pointer of its value."""
    values: Mapping[Pointer, Span]
    """The span of each value: scalars exactly, collections from first to last character."""

    def place(self, pointer: Pointer) -> Span | None:
        """Return the nearest known span: the value's, its key's, or an ancestor's."""
        while True:
            span = self.values.get(pointer) or self.keys.get(pointer)
            if span is not None or not pointer:
                return span
            pointer = pointer.rpartition("/")[0]
