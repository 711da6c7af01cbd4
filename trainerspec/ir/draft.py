"""What the Task agent makes of a request."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.record import record
from trainerspec.ir.source import Pointer

Category = Literal["unethical", "fantastical", "unattainable", "unsupported", "not-a-training-request"]


@record(frozen=True, kw_only=True)
class Request:
    text: str
    data: str | None = None
    """Where the data is, when given apart from the text (`--data`): a path, an address, a query, `hub:org/name`."""
    connection: str = ""
    """The environment variable that holds the address of the database."""
    collected: Path | None = None
    """Where the data was collected to, when it was: it is looked at in the place of its source."""


@record(frozen=True, kw_only=True)
class Evidence:
    path: Pointer
    status: Literal["stated", "inferred", "default"]
    quote: str
    """Verbatim words of the request (`stated`, may be empty otherwise)."""
    why: str = ""
    """From what a field was inferred: `data/articles has 5 folders`."""


@record(frozen=True, kw_only=True)
class Question:
    path: Pointer
    question: str


@record(frozen=True, kw_only=True)
class Reason:
    """Why a request is refused or not supported."""

    code: str
    category: Category
    message: str
    quote: str


@record(frozen=True, kw_only=True)
class Draft:
    outcome: Literal["draft", "held", "rejected", "unsupported"]
    task: str | None
    spec: JsonObject | None
    """A trainer.yaml document as plain data; None unless the outcome is `draft` or `held`."""
    evidence: tuple[Evidence, ...]
    questions: tuple[Question, ...]
    reasons: tuple[Reason, ...]
    author: str
    usage: Mapping[str, Json]
    held: tuple[Question, ...] = ()
    """What a person must answer before anything is built; not empty when the outcome is `held`."""
