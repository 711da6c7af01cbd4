"""The bytes of a file to its text."""

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.source import Source
from trainerspec.language.places import Lines

LARGEST = 1_000_000
"""Bytes in a file."""


def decode(name: str, content: bytes) -> Outcome[Source]:
    """Decode a file's bytes, which must be UTF-8 and of bearable size; a byte order mark is dropped."""
    if len(content) > LARGEST:
        message = f"the file has {len(content)} bytes; the limit is {LARGEST}"
        return Outcome(diagnostics=(Diagnostic(code="TS102", message=message, file=name),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="ignore")
        span = Lines(name, before).span(len(before), len(before))
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        hint = "save the file as UTF-8"
        return Outcome(diagnostics=(Diagnostic(code="TS101", message=message, hint=hint, span=span),))
    return Outcome(value=Source(name=name, text=text))
