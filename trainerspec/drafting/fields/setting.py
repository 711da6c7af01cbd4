"""A setting that a request states."""

from dataclasses import dataclass

from trainerspec.drafting.reading.spans import Span
from trainerspec.ir.json import Json


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A value for a place in trainer.yaml."""

    path: str
    """As `model/train/epochs`."""
    value: Json
    span: Span
    """Where the request says it, in the request as it is written."""
