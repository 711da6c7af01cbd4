"""Source -> Document: plain data, and the place of every key and value."""

from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.document import Document
from trainerspec.ir.source import Source
from trainerspec.language.document import parse_document


def parse(source: Source) -> Outcome[Document]:
    """Read a trainer.yaml. Fails with TS1xx.

    >>> parse(Source(name="trainer.yaml", text="trainerspec: 1")).value.data
    {'trainerspec': 1}
    """
    return parse_document(source)
