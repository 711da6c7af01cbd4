"""Steps under `data.clean`: from plain data to what they mean, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import Filter, Repair, Step
from trainerspec.language import expression
from trainerspec.reading import near
from trainerspec.reading.values import personal

PLAIN = ("drop_missing", "drop_duplicates", "normalise_labels", "near_duplicates", "mask_pii", "fix_orientation")
REPAIRS = ("merge_labels", "parse_number", "parse_date", "clip_outliers", "near_duplicates", "mask_pii")
FITTED = ("near_duplicates", "mask_pii", "fix_orientation")
"""Steps for the tasks that name them under `cleaning` in task.yaml."""


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

    >>> emitted("drop_missing"), emitted("normalise_labels"), emitted("near_duplicates")
    ({'drop': 'missing'}, {'normalise_labels': True}, {'near_duplicates': {'similarity': 0.8}})
    """
    if isinstance(step, Filter):
        return {"where": step.sql}
    if isinstance(step, Repair):
        return {step.kind: about(step)}
    if step in ABOUT:
        return {step: about(step)}
    return {"drop": step.removeprefix("drop_")} if step.startswith("drop_") else {step: True}


ABOUT: Mapping[str, JsonObject] = {
    "near_duplicates": {"similarity": near.SIMILAR},
    "mask_pii": {"kinds": [*personal.KINDS]},
}
"""What a step is about that says nothing of it."""


def name(step: Step) -> str:
    """Return what a step is called.

    >>> name("drop_missing"), name(Repair(kind="mask_pii", about={"kinds": ["email"]}))
    ('drop_missing', 'mask_pii')
    """
    if isinstance(step, str):
        return step
    return "where" if isinstance(step, Filter) else step.kind


def about(step: Step) -> JsonObject:
    """Return what a step is about, with what it leaves open.

    >>> about("mask_pii")["kinds"], about(Repair(kind="near_duplicates", about={}))
    (['email', 'phone', 'iban', 'card'], {'similarity': 0.8})
    """
    given = step.about if isinstance(step, Repair) else {}
    return {**ABOUT.get(name(step), {}), **given}


def text(step: Step) -> str:
    """Return a step in one line, for people.

    >>> text(Repair(kind="merge_labels", about={"other": ["a"]})), text("drop_missing")
    ('merge_labels {"other": ["a"]}', 'drop_missing')
    """
    if isinstance(step, Filter):
        return step.text
    return step if isinstance(step, str) else f"{step.kind} {json.dumps(step.about, ensure_ascii=False)}"
