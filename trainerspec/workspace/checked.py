"""Check the data of a spec with the checks that every emitted project has, and say what stops the build (TS418)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.checking.check import check
from trainerspec.checking.findings import Report
from trainerspec.checking.subject import Roles, Subject, named_parts, roles
from trainerspec.checking.tables.leaks import leaks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec, family
from trainerspec.language import cleaning, labelling
from trainerspec.reading import table
from trainerspec.reading.annotated import objects
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.look import Look

MOST_ROWS = 100_000
"""Rows that a draft or a plan checks at most, evenly spread; the stage `checks` looks at all."""
MOST_VALUES = 20
"""Different numbers of a column above which it is predicted as a number."""


def subject(spec: Spec, task: Task, look: Look, rows: pl.DataFrame, features: Sequence[str], budget: Budget) -> Subject:
    """Return what the checks look at: a table's own columns, or the examples of other data under the spec's names."""
    named = {**spec.inputs, **spec.outputs}
    kinds = {port.role: port.kind for port in task.contract.raw if not port.each}
    raw = [(kinds[family(role)], column) for role, column in spec.inputs.items() if family(role) in kinds]
    answer = [(port.kind, named[port.role]) for port in task.contract.answer if port.role in named]
    found = roles([*raw, *(("column", name) for name in features)], answer, classes=task.labels == "required")
    frame, written = (look.frame, look.written) if look.layout == "table" else (rows, rows)
    step = max(1, -(-frame.height // MOST_ROWS))
    return Subject(
        frame=frame.gather_every(step),
        written=written.gather_every(step),
        places=_places(look, frame.height, step),
        roles=found,
        parts=_parts(spec, look, frame, step),
        by=spec.split.by,
        root=look.path if look.path.is_dir() else look.path.parent,
        labels=tuple(spec.labels or ()),
        steps=frozenset([*map(_name, map(cleaning.plain, spec.clean)), *_labelled(spec)]),
        box_form=_box_form(spec, look),
        pictures=budget.pictures,
    )


def _box_form(spec: Spec, look: Look) -> dict[str, str]:
    """Return what the numbers of boxes are: of some layouts it is known, of others the options say it."""
    known = objects.FORMS.get(look.layout)
    if known is not None:
        return {"box": known.order, "unit": known.unit}
    return {key: str(spec.options[key]) for key in ("box", "unit") if spec.options.get(key)}


def _places(look: Look, rows: int, step: int) -> pl.Series:
    if look.places is not None and rows == look.frame.height:
        return look.places(step)
    return table.located(pl.Series(range(1, rows + 1, step), dtype=pl.Int64), look.path.name)


def _parts(spec: Spec, look: Look, frame: pl.DataFrame, step: int) -> pl.Series | None:
    """Return the part of each row, where a column, or the names of files, tell it."""
    how, _, column = spec.split.by.partition(":")
    if how != "given":
        return None
    values = frame[column] if column in frame.columns else look.part
    return named_parts(values).gather_every(step) if values is not None and len(values) == frame.height else None


def _labelled(spec: Spec) -> tuple[str, ...]:
    return () if spec.slots.get("data.label", labelling.NONE) == labelling.NONE else ("label",)


def _name(step: object) -> str:
    return step if isinstance(step, str) else str(next(iter(step)))  # type: ignore[call-overload]


def report(subject: Subject, spec: Spec, look: Look, *, deep: bool = False) -> Report:
    """Return what the checks have found; what the spec acknowledges is marked."""
    if deep:
        from trainerspec.checking.deep.deep import DEEP  # scikit-learn and datasketch, for those who ask for it

        return check(subject, spec.acknowledged, rows=look.rows, deep=DEEP)
    return check(subject, spec.acknowledged, rows=look.rows)


def stopping(checks: Report, spec: Spec) -> Iterator[Diagnostic]:
    """Say what must be mended or acknowledged before anything is built."""
    chosen = spec.slots.get("data.columns")
    listed = [str(one) for one in chosen] if isinstance(chosen, list) else []
    for one in checks.stops:
        column = one.columns[0] if one.columns else ""
        index = listed.index(column) if column in listed else -1
        answer = next((f"/task/outputs/{role}" for role in spec.outputs), "/data/source")
        pointer = f"/data/columns/{index}" if index >= 0 else answer
        what = "columns: [" + ", ".join(one.columns) + "], "
        hint = f"{one.fix}: `data: {{checks: {{acknowledge: [{{code: {one.code}, {what}because: ...}}]}}}}`"
        yield Diagnostic(code="TS418", message=one.message, hint=hint, span=spec.document.place(pointer))


def away(look: Look, usable: Sequence[str], target: str) -> dict[str, str]:
    """Return the columns of a table that give the target away, each with how it does; of many rows some are seen."""
    answer = look.frame[target]
    number = answer.dtype.is_numeric() and answer.n_unique() > MOST_VALUES
    step = max(1, -(-look.frame.height // MOST_ROWS))
    seen = Subject(
        frame=look.frame.gather_every(step),
        written=look.written.gather_every(step),
        places=_places(look, look.frame.height, step),
        roles=Roles(label="" if number else target, number=target if number else "", features=tuple(usable)),
        root=Path(),
    )
    found = [(one.columns[0], one.message) for one in leaks(seen) if one.severity == "error"]
    return {name: message.removeprefix(f"`{name}` ") for name, message in found}
