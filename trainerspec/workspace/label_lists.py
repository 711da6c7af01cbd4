"""The labels of examples that carry none, one or several: how they stand in the data, and what of it must be said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Spec
from trainerspec.language.suggest import closest
from trainerspec.reading import repairs
from trainerspec.reading.values import label_lists
from trainerspec.reading.values.label_lists import Form
from trainerspec.workspace.classes import at
from trainerspec.workspace.look import Look

KIND = "labels"
"""The kind of an answer that lists labels."""
SHOWN = 5
TOGETHER = 10
"""Texts of labels that always stand together before that is told."""


@dataclass(frozen=True, kw_only=True)
class LabelLists:
    """What the labels of a look's rows are."""

    role: str
    columns: tuple[str, ...]
    """The columns of 0 and 1, a label each; empty where a cell lists its labels."""
    form: Form
    values: pl.Series = field(repr=False)
    """The labels of each row, null where they cannot be read."""

    @property
    def agreed(self) -> Mapping[str, Json]:
        """Return what a project is told of the form."""
        columns: list[Json] = list(self.columns)
        return {"columns": columns} if columns else {"written": self.form.written, "separator": self.form.separator}

    def facts(self) -> Iterator[tuple[str, Json]]:
        """Return what is known of the labels of examples."""
        counts = self.values.drop_nulls().list.len()
        several = self.values.drop_nulls().filter(counts > 1)
        pairs = several.list.sort().list.join(" + ").alias("set").value_counts(sort=True)
        yield "labels.separator", label_lists.shown(self.form.separator) if self.form.separator else "none"
        yield "labels.per_row", round(float(str(counts.mean() or 0)), 2)
        yield "labels.without", int((counts == 0).sum())
        yield "labels.several", len(several)
        most = pairs.sort("count", "set", descending=[True, False]).head(SHOWN)
        yield "labels.sets", dict(most.iter_rows())


def role(task: Task) -> str:
    """Return the role of labels of which an example carries any number; nothing where a task has none."""
    return next((port.role for port in task.contract.answer if port.kind == KIND and port.role), "")


def read(spec: Spec, task: Task, look: Look) -> LabelLists | None:
    """Read the labels of each row; None for other tasks, and where their columns are not there."""
    named = role(task)
    if not named:
        return None
    columns = stated(spec)
    column = spec.outputs.get(named, named)
    if not all(one in look.columns for one in columns or (column,)):
        return None
    if columns:
        frame = look.written.select(columns)
        form = Form(written="list")
        return LabelLists(role=named, columns=columns, form=form, values=label_lists.marked(frame, columns))
    values = look.written[column]
    form = label_lists.form(values, str(spec.options.get("separator", "")))
    return LabelLists(role=named, columns=(), form=form, values=label_lists.labels(values, form).alias(column))


def stated(spec: Spec) -> tuple[str, ...]:
    """Return the columns of 0 and 1 that the spec names."""
    given = spec.options.get("columns")
    return tuple(str(one) for one in given) if isinstance(given, list) else ()


def absent(spec: Spec, look: Look) -> Iterator[Diagnostic]:
    """Say which columns of labels are not there."""
    for index, column in enumerate(stated(spec)):
        if column not in look.columns:
            near = closest(column, look.columns)
            hint = f"did you mean `{near}`?" if near else f"the columns are {', '.join(list(look.columns)[:12])}"
            message = f"no column `{column}` in `{look.path.name}`"
            yield at(spec, f"/task/options/columns/{index}", "TS405", message, hint)


def odd(spec: Spec, lists: LabelLists) -> Iterator[Diagnostic]:
    """Tell labels that differ in spelling alone, and those that always stand together (TS421)."""
    span = spec.document.place("/data/source")
    values = lists.values.drop_nulls()
    found = repairs.spellings(values.explode(empty_as_null=True).drop_nulls(), spec.labels or ())
    if found:
        pairs = ", ".join(f"`{one}` and `{usual}`" for one, usual in sorted(found.items())[:SHOWN])
        message = f"labels differ in spelling alone and count as different ones: {pairs}"
        yield Diagnostic(code="TS421", message=message, hint="write each in one way", severity="warning", span=span)
    rows: dict[str, list[int]] = {}
    for row, carried in enumerate(values.to_list()):
        for label in carried:
            rows.setdefault(label, []).append(row)
    groups: dict[tuple[int, ...], list[str]] = {}
    for label in sorted(rows):
        groups.setdefault(tuple(rows[label]), []).append(label)
    together = [names for where, names in groups.items() if len(names) > 1 and len(where) >= TOGETHER]
    for names in together[:SHOWN]:
        message = f"{' and '.join(f'`{name}`' for name in names[:SHOWN])} always stand together: one tells the other"
        hint = "leave one of them out, or add texts that carry one alone"
        yield Diagnostic(code="TS421", message=message, hint=hint, severity="warning", span=span)


def problems(spec: Spec, look: Look, lists: LabelLists) -> Iterator[Diagnostic]:
    """Say that it is open what separates labels, or which cells and columns are none of labels; tell odd labels."""
    if not lists.form.asked:
        yield from odd(spec, lists)
    if lists.columns:
        for name, values in label_lists.unclear(look.written, lists.columns).items():
            shown = ", ".join(f"`{value}`" for value in values[:SHOWN])
            message = f"`{name}` of `{look.path.name}` holds {shown}, which says neither yes nor no"
            place = f"/task/options/columns/{lists.columns.index(name)}"
            yield at(spec, place, "TS440", message, "write 1 and 0, or take it out of `columns`")
        return
    column = spec.outputs[lists.role]
    place = f"/task/outputs/{lists.role}"
    if lists.form.asked:
        yield _asked(spec, look, column, lists, place)
    strange = look.written[column].filter(lists.values.is_null() & look.written[column].is_not_null())
    if len(strange):
        shown = ", ".join(f"`{str(value)[:40]}`" for value in strange.unique(maintain_order=True).head(SHOWN))
        rows = "1 row" if len(strange) == 1 else f"{len(strange)} rows"
        message = f"{rows} of `{column}` are no lists of labels, and are left out: {shown}"
        yield Diagnostic(
            code="TS440", message=message, hint="correct them", severity="warning", span=spec.document.place(place)
        )


def _asked(spec: Spec, look: Look, column: str, lists: LabelLists, place: str) -> Diagnostic:
    """Ask what separates labels, with a cell that may be read in several ways."""
    signs, cells = lists.form.asked, label_lists.filled(look.written[column])
    example = max(cells, key=lambda cell: (sum(sign in cell for sign in signs), -len(cell)))
    words = " or ".join(map(label_lists.shown, signs))
    if len(signs) == 1:
        message = (
            f"`{column}` of `{look.path.name}` holds `{example}`: is that one label, or does {words} separate several?"
        )
    else:
        message = f"`{column}` of `{look.path.name}` holds `{example}`: what separates its labels, {words}?"
    sign = signs[0].replace("\n", "\\n").replace("\t", "\\t")
    hint = f'write `options: {{separator: "{sign}"}}` under `task`; `separator: none` where each cell is one label'
    return at(spec, place, "TS439", message, hint)
