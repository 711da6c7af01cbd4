"""What the Data agent proposes at `data.clean: auto`: steps that mend what was seen, each with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import polars as pl

from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Repair, Spec, Step
from trainerspec.reading import kinds, repairs
from trainerspec.workspace.look import Look

FORM = ("decimal", "thousands", "before", "after", "bounds", "multiples", "clock", "fractions", "words", "order")
"""What of a form is declared; the rest follows from the values."""
OTHER = "other"
"""What the classes are called that are merged because each is too rare."""
RARE = 3
"""Examples of a class below which a split has too few."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    step: Step
    because: str
    """The reason, with a count."""


def proposals(spec: Spec, look: Look, label: pl.Series | None, used: Sequence[str]) -> Iterator[Proposal]:
    """Propose steps for a column of labels, and for the columns that are used as numbers or times."""
    if label is not None:
        yield from _labels(spec, label)
    for name in used:
        one = look.kinds.get(name)
        if one is None or one.plain or name not in look.written.columns:
            continue
        if one.date is not None and one.date.ambiguous:
            continue  # asked, not guessed
        described = {key: value for key, value in kinds.written(one).items() if key in FORM}
        kind = cast(Literal["parse_number"], "parse_date" if one.date is not None else "parse_number")
        about = cast(JsonObject, {"column": name, **described})
        rows = look.written[name].drop_nulls().len()
        said = kinds.told(name, one, kinds.example(look.written[name], one))
        yield Proposal(step=Repair(kind=kind, about=about), because=f"{said} ({rows} values)")


def _labels(spec: Spec, label: pl.Series) -> Iterator[Proposal]:
    """Propose one spelling, and one class for those that are too rare to be split."""
    plain = kinds.labels(label, spec.labels or ())
    odd = repairs.spellings(label, spec.labels or ())
    if odd:
        rows = int(plain.is_in(list(odd)).sum())
        first, usual = next(iter(sorted(odd.items())))
        because = f"{rows} rows write {len(odd)} labels in another way, such as `{first}` for `{usual}`"
        yield Proposal(step="normalise_labels", because=because)
        plain = repairs.normalised(label, spec.labels or ())
    if spec.labels:
        return
    counts = plain.drop_nulls().alias("label").value_counts().sort("label")
    rare = counts.filter(pl.col("count") < RARE)["label"].to_list()
    if len(rare) > 1 and counts.height - len(rare) > 0 and OTHER not in counts["label"].to_list():
        groups: dict[str, Json] = {OTHER: [str(one) for one in rare]}
        because = f"{len(rare)} classes have fewer than {RARE} examples"
        yield Proposal(step=Repair(kind="merge_labels", about=groups), because=because)
