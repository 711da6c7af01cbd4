"""A text that somebody wrote, and places in it."""

from dataclasses import dataclass
from typing import TypeAlias

from trainerspec.ir.record import record

Pointer: TypeAlias = str
"""A JSON pointer (RFC 6901) into a document: `/task/type`, `/objectives/0`, `` for the root."""


@record(frozen=True, kw_only=True)
class Source:
    name: str
    """The file's name as shown to people (`trainer.yaml`)."""
    text: str


@dataclass(frozen=True, kw_only=True, order=True)
class Span:
    """A half-open range in a source; lines and columns count from 1, columns in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
