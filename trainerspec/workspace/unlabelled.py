"""Rows without a label: how many there are, whether they are labelled, and what the Data agent proposes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import AUTO, Spec
from trainerspec.language import labelling
from trainerspec.reading import kinds
from trainerspec.workspace.classes import at

SHARE = 0.2
"""Share of rows without a label from which labelling them is proposed."""
FEW = 3
"""Examples of each class that prototypes begin with."""
ENOUGH = 10
"""People's labels that make a test split, as pipeline/labelling/rows.py has it."""
PARTS = 3
SLOT = "data.label"


@dataclass(frozen=True, kw_only=True)
class Unlabelled:
    """The rows of a task with one class a row."""

    rows: int
    missing: int
    """Those without a label."""
    counts: Mapping[str, int]
    """Of those with one, by class."""

    @property
    def share(self) -> float:
        """Return the share of rows without a label."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def proposal(self) -> JsonObject | None:
        """Return what is proposed where many rows lack a label, and the others show each class."""
        shown = len(self.counts) > 1 and min(self.counts.values()) >= FEW
        return {"by": ["prototypes"]} if self.share >= SHARE and shown else None

    @property
    def because(self) -> str:
        """Say why, or why not."""
        told = f"{self.missing} of {self.rows} rows ({self.share:.0%}) have no label"
        if self.proposal:
            return f"{told}; {self.rows - self.missing} labelled ones of {len(self.counts)} classes show what is meant"
        if self.share >= SHARE:
            return f"{told}, and not each class has {FEW} labelled rows to begin with"
        return told if self.missing else "each row has a label"

    def settings(self, spec: Spec) -> JsonObject | None:
        """Return how rows are labelled, as the spec says or the Data agent proposes; None where they are not."""
        given = spec.slots.get(SLOT, labelling.NONE)
        return self.proposal if given is AUTO else labelling.chosen(given)

    def facts(self) -> Mapping[str, Json]:
        """Return what decisions read."""
        found: dict[str, Json] = {
            "unlabelled": self.missing,
            "unlabelled.share": round(self.share, 4),
            "unlabelled.because": self.because,
        }
        return found | ({"unlabelled.proposal": self.proposal} if self.proposal else {})


def unlabelled(frame: pl.DataFrame, label: str, known: Collection[str] = ()) -> Unlabelled:
    """Count the rows by their labels; `known` ones are labels whatever they read."""
    plain = kinds.labels(frame[label], known).alias("label")
    counts = plain.drop_nulls().value_counts().sort("label")
    return Unlabelled(rows=len(plain), missing=plain.null_count(), counts=dict(counts.iter_rows()))


def few(spec: Spec, seen: Unlabelled | None, settings: JsonObject | None) -> Iterator[Diagnostic]:
    """Say where too few people's labels judge the model (TS425), and what an endpoint is sent (TS426)."""
    if seen is None or settings is None:
        return
    people = sum(seen.counts.values())
    least = min(seen.counts.values(), default=0)
    if seen.missing and (least < PARTS + 1 or people < 4 * ENOUGH):
        message = f"{people} rows have a label of a person, {least} of the rarest class: too few to make up"
        message += " validation and test, which will hold labels of methods too"
        hint = f"label at least {4 * ENOUGH} rows, {PARTS + 1} of each class; the stage `label` names those worth it"
        yield warned(spec, "TS425", message, hint)
    asked = settings.get("endpoint")
    if isinstance(asked, Mapping) and "endpoint" in labelling.methods(settings):
        where = asked.get("base_url") or "the address in OPENAI_BASE_URL"
        message = f"rows without a sure label are sent to {where}, in at most {asked['requests']} requests"
        yield warned(spec, "TS426", message, "take `endpoint` out of `data.label.by` if they must not leave")


def warned(spec: Spec, code: str, message: str, hint: str) -> Diagnostic:
    """Make a warning at `data.label`."""
    one = at(spec, "/data/label", code, message, hint)
    return Diagnostic(code=code, message=message, hint=hint, severity="warning", span=one.span)
