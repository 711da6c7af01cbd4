"""The columns that carry a task's roles: which they are, whether they are there, and their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec, family
from trainerspec.language.suggest import closest
from trainerspec.reading import kinds
from trainerspec.reading.annotated import objects, regions
from trainerspec.reading.values import joined_texts
from trainerspec.workspace import label_lists, wide
from trainerspec.workspace.classes import at
from trainerspec.workspace.look import Look

CONLL_COLUMNS = {"text": "tokens", "spans": "tags"}
"""The columns of CoNLL files that carry roles whose columns are not named."""
TEXT_KINDS = frozenset({"text", "phrase", "prompt"})
ANNOTATED = frozenset({"refcoco", *objects.LAYOUTS, *regions.LAYOUTS})
"""Layouts whose columns are called as the roles are."""
SEEN_KINDS = frozenset({"text", "image"})
"""Of loose files: what a file holds; any other role (a label, a prompt) is in the names of folders and files."""


@dataclass(frozen=True, kw_only=True)
class RoleColumns:
    """One look with the roles that a spec gives to its columns."""

    spec: Spec
    task: Task
    look: Look

    def misplaced(self) -> Iterator[Diagnostic]:
        """Say that the layout is another than the spec names, or none that the task reads."""
        asked, found = self.spec.slots.get("data.layout"), self.look.layout
        if isinstance(asked, str) and asked != found:
            message = f"`data.layout` is `{asked}`, but `{self.look.path.name}` holds `{found}`"
            yield at(self.spec, "/data/layout", "TS410", message, f"write `{found}` or `auto`")
        elif found not in self.task.layouts:
            known = ", ".join(f"`{one}`" for one in self.task.layouts)
            message = f"`{self.task.name}` does not read the layout `{found}` of `{self.look.path.name}`"
            yield at(self.spec, "/data/source", "TS410", message, f"it reads {known}")

    def absent(self) -> Iterator[Diagnostic]:
        """Say which columns of the spec are not there."""
        yield from label_lists.absent(self.spec, self.look)
        for role in (*self.spec.inputs, *self.spec.outputs):
            column = self.source(role)
            if column in self.look.columns or (role == label_lists.role(self.task) and label_lists.stated(self.spec)):
                continue
            if self.task.contract.time is not None and (found := wide.times(list(self.look.columns))):
                message = wide.told(self.look.path.name, list(self.look.columns), found)
                yield at(self.spec, "/data/source", "TS405", message, "make it long")
                return
            near = closest(column, self.look.columns)
            known = ", ".join(f"`{name}`" for name in list(self.look.columns)[:12])
            hint = (f"did you mean `{near}`? " if near else "") + f"the columns are {known}"
            message = f"no column `{column}` for `{family(role)}` in `{self.look.path.name}`"
            yield at(self.spec, self.spec.pointer(role), "TS405", message, hint)

    def source(self, role: str) -> str:
        """Name the column of the look that carries `role`."""
        if self.look.layout == "table" or role != family(role):
            return self.spec.inputs.get(role) or self.spec.outputs[role]
        if self.look.layout in ANNOTATED:
            return role
        if self.look.layout == "conll":
            column = self.spec.inputs.get(role) or self.spec.outputs[role]
            return column if column in self.look.columns or column != role else CONLL_COLUMNS.get(role, column)
        kinds = {port.role: port.kind for port in (*self.task.contract.raw, *self.task.contract.answer) if port.role}
        seen = next(iter(self.look.columns))
        return seen if kinds.get(role) in SEEN_KINDS else "label"

    def rows(self) -> pl.DataFrame:
        """Return the rows with the spec's column names; labels and texts as written, empty texts as missing.

        Of a role with several columns a row lacks all or none; what they hold together is a column of its own.
        """
        made: dict[str, pl.Expr | pl.Series] = {}
        for role, column in {**self.spec.inputs, **self.spec.outputs}.items():
            source = self.source(role)
            value: pl.Expr | pl.Series = pl.col(source)
            if self.lists is not None and role == self.lists.role:
                value = self.lists.values
            elif role == self.labelled:
                value = kinds.labels(self.look.written[source], self.spec.labels or ())
            elif family(role) in self.task.inputs and self.look.columns[source] == "tokens":
                value = pl.col(source).list.join(" ") if isinstance(self._dtype(role), pl.List) else pl.col(source)
            elif role in self.texts() and self.look.columns[source] != "tokens":
                text = self.look.written[source].cast(pl.String)
                value = text.set(text.str.strip_chars() == "", None)
            elif self._dtype(role) == pl.String:
                value = pl.when(pl.col(source).str.strip_chars() == "").then(None).otherwise(pl.col(source))
            made[column] = value
        others = [name for name in self.look.frame.columns if name not in made and self.look.layout == "table"]
        frame = self.look.frame.select(*others, **made)
        for columns in self.several().values():
            some = pl.any_horizontal(pl.all().is_not_null())
            filled = frame.select(columns).with_columns(pl.when(some).then(pl.all().fill_null("")))
            together = joined_texts.joined({name: filled[name].fill_null("").to_list() for name in columns})
            whole = pl.Series([text or None for text in together], dtype=pl.String)
            frame = frame.with_columns(*filled.get_columns(), whole.alias(named(columns)))
        return frame

    @cached_property
    def lists(self) -> label_lists.LabelLists | None:
        """Return the labels of examples that carry any number of them; None for other tasks."""
        return label_lists.read(self.spec, self.task, self.look)

    @property
    def labelled(self) -> str:
        """Return the role of a class a row; nothing where rows have none."""
        one_each = self.task.labels == "required" or self.task.contract.gathered is not None
        return next(iter(self.spec.outputs)) if one_each and self.task.labels != "none" else ""

    def several(self) -> dict[str, list[str]]:
        """Return the columns of each role of the task that has several."""
        found: dict[str, list[str]] = {}
        for role, column in self.spec.inputs.items():
            if role != family(role):
                found.setdefault(family(role), []).append(column)
        return found

    def example(self, texts: Sequence[str]) -> str:
        """Name the column that is all of an example: its text, or a picture that a table names; else nothing."""
        if len({*map(family, self.spec.inputs)}) != 1:
            return ""
        shown = [one for one in self.spec.inputs.values() if self.look.columns.get(one) == "image"]
        shown = shown if self.look.layout == "table" else []
        return next(iter([*texts, *shown])) if len(texts) + len(shown) == 1 else ""

    def texts(self) -> set[str]:
        """Name the roles that are texts, which may be all digits."""
        kinds = {port.role for port in self.task.contract.raw if port.kind in TEXT_KINDS and port.role}
        return {role for role in (*self.spec.inputs, *self.spec.outputs) if family(role) in kinds}

    def _dtype(self, role: str) -> pl.DataType:
        return self.look.frame.schema[self.source(role)]


def named(columns: Sequence[str]) -> str:
    """Name the column of what several columns hold together.

    >>> named(["subject", "body"])
    'subject, body'
    """
    return ", ".join(columns)
