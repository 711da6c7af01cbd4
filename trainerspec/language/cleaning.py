"""Steps under `data.clean`: from plain data to what they mean, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Filter, Repair, Step
from trainerspec.language import expression

PLAIN = ("drop_missing", "drop_duplicates", "normalise_labels")
REPAIRS = ("merge_labels", "parse_number", "parse_date", "clip_outliers")


def read(step: Json) -> Outcome[Step]:
    """Return one step that fits the schema; with the diagnostics of a condition that cannot be read.

    >>> read({"merge_labels": {"other": ["a", "b"]}}).value
    Repair(kind='merge_labels', about={'other': ['a', 'b']})
    """
    if isinstance(step, str):
        return Outcome(value=cast(Literal["drop_missing"], step))
    assert isinstance(step, Mapping)
    kind, about = next(iter(step.items()))
    if kind in REPAIRS:
        return Outcome(value=Repair(kind=cast(Literal["merge_labels"], kind), about=cast(JsonObject, about)))
    outcome = expression.parse(str(about))
    found: tuple[Diagnostic, ...] = outcome.diagnostics
    if outcome.value is not None:
        found = expression.check(outcome.value, {})
    if outcome.value is None or found:
        return Outcome(diagnostics=found)
    return Outcome(value=Filter(text=expression.to_text(outcome.value), sql=expression.to_sql(outcome.value)))


def steps(given: Sequence[Json]) -> tuple[Step, ...]:
    """Return steps that are known to be sound."""
    return tuple(step for one in given if (step := read(one).value) is not None)


def plain(step: Step) -> Json:
    """Return a step as trainer.yaml has it.

    >>> plain("drop_missing"), plain(Repair(kind="parse_date", about={"column": "day", "order": "dmy"}))
    ('drop_missing', {'parse_date': {'column': 'day', 'order': 'dmy'}})
    """
    if isinstance(step, str):
        return step
    return {"where": step.text} if isinstance(step, Filter) else {step.kind: step.about}


def emitted(step: Step) -> Json:
    """Return a step as params.yaml has it: `{drop: missing}`, `{where: SQL}`, or its name and what it is about.

    >>> emitted("drop_missing"), emitted("normalise_labels")
    ({'drop': 'missing'}, {'normalise_labels': True})
    """
    if isinstance(step, Filter):
        return {"where": step.sql}
    if isinstance(step, Repair):
        return {step.kind: step.about}
    return {"drop": step.removeprefix("drop_")} if step.startswith("drop_") else {step: True}


def text(step: Step) -> str:
    """Return a step in one line, for people.

    >>> text(Repair(kind="merge_labels", about={"other": ["a"]})), text("drop_missing")
    ('merge_labels {"other": ["a"]}', 'drop_missing')
    """
    if isinstance(step, Filter):
        return step.text
    return step if isinstance(step, str) else f"{step.kind} {json.dumps(step.about, ensure_ascii=False)}"
