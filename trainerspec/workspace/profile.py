"""Profile the data that a spec names: the facts that decisions read and the contract that later data must keep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import polars as pl

from trainerspec.catalog.model import Task
from trainerspec.checking.subject import Subject
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.facts import Contract, Fact, Profile
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import AUTO, Repair, Spec, Step
from trainerspec.language import cleaning
from trainerspec.reading import kinds
from trainerspec.workspace import (
    boxed,
    checked,
    classes,
    cleaned,
    columns,
    fingerprint,
    label_lists,
    machine,
    measured,
    prediction_target,
    proposals,
    series,
    tagged,
)
from trainerspec.workspace import told as said
from trainerspec.workspace.classes import at
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.look import Look
from trainerspec.workspace.looking import look
from trainerspec.workspace.roles import RoleColumns, named
from trainerspec.workspace.unlabelled import Unlabelled, few, unlabelled

MOST_NAMED = 100
"""Class names in the fact `labels.names`."""


def profile(path: Path, spec: Spec, task: Task, budget: Budget) -> Outcome[Profile]:
    """Look at the data at `path` and check it against what the spec says; all problems come back at once."""
    seen = look(path, spec, budget)
    if seen.value is None:
        return Outcome(diagnostics=tuple(_placed(one, spec) for one in seen.diagnostics))
    return Reading(spec=spec, task=task, look=seen.value, budget=budget).profile()


def _placed(one: Diagnostic, spec: Spec) -> Diagnostic:
    return replace(one, span=spec.document.place("/data/source"))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One look, read with the roles that a spec gives to the columns."""

    spec: Spec
    task: Task
    look: Look
    budget: Budget

    @cached_property
    def roles(self) -> RoleColumns:
        """Return the columns of the roles."""
        return RoleColumns(spec=self.spec, task=self.task, look=self.look)

    @property
    def lists(self) -> label_lists.LabelLists | None:
        """Return the labels of examples that carry any number of them; None for other tasks."""
        return self.roles.lists

    @cached_property
    def table(self) -> columns.Columns | None:
        """Return the columns that a model may read without a role, where the task's contract has a port for each."""
        if self.task.contract.each is None:
            return None
        by = self.spec.split.by.partition(":")[2]
        taken = {*self.spec.inputs.values(), *self.spec.outputs.values(), by}
        return columns.columns(self.look.frame, taken, self.spec.unread)

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """Return those that are read: the author's, or all that are usable."""
        if self.task.contract.each is None or self.table is None:
            return ()
        given = self.spec.slots.get(self.task.contract.each.each)
        return tuple(str(name) for name in given) if isinstance(given, list) else self.table.usable

    @cached_property
    def series(self) -> series.Found | None:
        """Return what tells series apart and their step, where the task's examples are histories."""
        time = self.task.contract.time
        if time is None:
            return None
        value = next(iter(self.spec.outputs.values()))
        return series.find(self.spec, self.look, self.spec.inputs[time.role], value)

    def unfit(self) -> tuple[Diagnostic, ...]:
        """Say which roles the data does not have."""
        unread = prediction_target.unread(self.spec, self.task, self.look, self.table, self.listed)
        return (*self.roles.misplaced(), *self.roles.absent(), *unread)

    def profile(self) -> Outcome[Profile]:
        """Check the roles, the cleaning and the labels, then gather facts and the contract."""
        if unfit := self.unfit():
            return Outcome(diagnostics=unfit)
        told = tuple(prediction_target.problems(self.spec, self.task, self.look))
        told += tuple(label_lists.problems(self.spec, self.look, self.lists)) if self.lists is not None else ()
        told += self.series.problems if self.series is not None else ()
        if any(one.severity == "error" for one in told):
            return Outcome(diagnostics=told)
        kept = self._clean(self.roles.rows())
        if isinstance(kept, Diagnostic):
            return Outcome(diagnostics=(kept,))
        counts = self._counts(kept.frame)
        required = classes.begun if self.labelling is not None else classes.problems
        check = {"required": required, "many": classes.marked}.get(self.task.labels)
        problems = [*told, *(check(self.spec, self.look, counts) if check else ()), *self._said(kept, counts)]
        problems += [*said.damaged(self.spec, self.look, self.budget), *self._boxes()]
        checks = checked.report(self.subject, self.spec, self.look)
        problems += checked.stopping(checks, self.spec)
        if any(one.severity == "error" for one in problems):
            return Outcome(diagnostics=tuple(problems))
        facts = dict(self._facts(kept, counts))
        profile = Profile(
            layout=self.look.layout,
            facts=facts,
            labels=tuple(counts) if self.task.labels != "none" else None,
            fingerprint=fingerprint.fingerprint(self.look.path, self.look.files),
            contract=self._contract(facts, counts),
            checks=checks,
        )
        return Outcome(value=profile, diagnostics=tuple(problems))

    @cached_property
    def without(self) -> Unlabelled | None:
        """Return what is known of rows without a label; None for tasks without one class a row."""
        return unlabelled(self.roles.rows(), self._label, self.spec.labels or ()) if self._label else None

    @cached_property
    def labelling(self) -> JsonObject | None:
        """Return how rows are labelled; None where they are not."""
        return self.without.settings(self.spec) if self.without else None

    @cached_property
    def _label(self) -> str:
        return next(iter(self.spec.outputs.values())) if self.task.labels == "required" else ""

    @cached_property
    def _optional(self) -> tuple[str, ...]:
        """Name the columns of roles that rows need not have."""
        return tuple(column for role, column in self.spec.outputs.items() if role in self.task.optional)

    def _said(self, kept: cleaned.Cleaned, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
        """Tell what was left out, what is read as something else, and what looks odd."""
        yield from said.notes(self.spec, self.look)
        yield from said.left_out(self.spec, self.look, kept.left_out, self._label)
        yield from few(self.spec, self.without, self.labelling)
        yield from said.split(self.spec, self.look)
        declared = {
            str(one.about["column"]) for one in self.spec.clean if isinstance(one, Repair) and "column" in one.about
        }
        used = [name for name in self._used() if name not in declared]
        yield from said.forms(self.spec, self.look, used)
        yield from said.infinite(self.spec, self.look, self._used())
        yield from said.misfits(self.spec, self.look, declared)
        if self.task.labels != "required":
            return
        label = next(iter(self.spec.outputs.values()))
        written = self.roles.source(next(iter(self.spec.outputs)))
        if "normalise_labels" not in self.steps:
            yield from said.spellings(self.spec, self.look, written)
        yield from said.codes(self.spec, self.look, written)
        yield from said.several(self.spec, self.look, label, counts)
        if self._rows.disputed:
            yield from said.disputed(self.spec, self.look, self.roles.rows(), self._rows.disputed, label)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Return the cleaning steps: those of the spec, and what the Data agent proposes where they are `auto`."""
        return (*self.spec.clean, *(one.step for one in self.proposed))

    @cached_property
    def proposed(self) -> tuple[proposals.Proposal, ...]:
        """Return what the Data agent proposes where `data.clean` is `auto`."""
        if self.spec.slots.get("data.clean") is not AUTO:
            return ()
        label = self.look.written[self.roles.source(next(iter(self.spec.outputs)))] if self._rows.label else None
        return tuple(proposals.proposals(self.spec, self.look, label, self._used()))

    @property
    def subject(self) -> Subject:
        """Return the rows as checks see them."""
        return checked.subject(self.spec, self.task, self.look, self.roles.rows(), self.listed, self.budget)

    @cached_property
    def _rows(self) -> cleaned.Roles:
        """Say what the columns of a row are for."""
        roles = (*self.spec.inputs.values(), *(one for one in self.spec.outputs.values() if one not in self._optional))
        made = [self.spec.outputs[one.role] for one in self.task.contract.answer if one.kind == "image" and one.role]
        table = self.task.contract.each is not None
        label = self._label
        if self.labelling is not None:
            roles = tuple(self.spec.inputs.values())
        several = self.roles.several()
        together = [named(columns) for columns in several.values()]
        texts = [column for role, column in self.spec.inputs.items() if role in self.roles.texts()]
        texts = together if several and len(texts) == sum(map(len, several.values())) else texts
        answers = [*self.spec.outputs.values()] if table else made
        needed = roles
        written = [name for name in roles if self.lists is None or name != self.spec.outputs[self.lists.role]]
        if self.task.contract.gathered is not None:  # a picture without objects is an example too
            needed, answers = tuple(self.spec.inputs.values()), [*self.spec.outputs.values()]
        apart = self.series.columns if self.series is not None else ()
        answers += apart
        return cleaned.Roles(
            label=label,
            needed=(*needed, *apart),
            read=(*needed, *apart, *self.listed),
            alike=tuple(dict.fromkeys([*self.spec.inputs.values(), *self.listed, *answers])),
            texts=frozenset(() if self.look.media == "image" or table else (*written, *together)),
            patterns=table,
            whole=texts[0] if len(texts) == 1 else "",
            parts=tuple(column for role, column in self.spec.inputs.items() if role in self.roles.texts()),
            disputed=self.roles.example(texts) if label else "",
        )

    def _clean(self, frame: pl.DataFrame) -> cleaned.Cleaned | Diagnostic:
        try:
            found = cleaned.clean(frame, self.steps, self._rows, self.spec.labels or ())
        except cleaned.Unfit as error:
            told = error.diagnostic
            return at(self.spec, f"/data/clean/{error.index}", told.code, told.message, told.hint)
        if found.frame.is_empty():
            hint = "loosen `data.clean`, or correct the columns under `task`"
            reasons = ", ".join(f"{reason}: {rows}" for reason, rows in found.left_out.items())
            return at(self.spec, "/data/clean", "TS402", f"no row is left after cleaning ({reasons})", hint)
        return found

    def _used(self) -> list[str]:
        """Name the columns that are read as numbers or times: inputs, a target of numbers, and what splits."""
        targets = list(self.spec.outputs.values()) if self.task.labels == "none" else []
        return [*dict.fromkeys([*self.listed, *targets, self.spec.split.by.partition(":")[2]])]

    def _counts(self, frame: pl.DataFrame) -> dict[str, int]:
        """Count the examples of each class, or each time that it stands in one; in the spec's order, else sorted."""
        if self.task.labels == "none":
            return {}
        values = frame.get_column(next(iter(self.spec.outputs.values()))).drop_nulls()
        if self.lists is not None:
            found = classes.count(values.explode(empty_as_null=True).drop_nulls())
        elif self.task.labels == "many" and not self.roles.labelled:
            found = tagged.types(values)
        else:
            found = classes.count(values)
        stated = [label for label in self.spec.labels or () if label in found]
        return {label: found[label] for label in [*stated, *(one for one in found if one not in stated)]}

    def _boxes(self) -> Iterator[Diagnostic]:
        port = next((one for one in self.task.contract.answer if one.kind in ("box", "objects")), None)
        image = next((one.role for one in self.task.contract.raw if one.kind == "image"), "")
        if port is not None and image:
            columns = self.roles.source(image), self.roles.source(port.role)
            yield from boxed.problems(self.spec, self.look, *columns, self.budget)

    def _facts(self, kept: cleaned.Cleaned, counts: Mapping[str, int]) -> Iterator[tuple[str, Fact]]:
        looked, exact, raw, frame = self.look.frame.height, self.look.exact, self.roles.rows(), kept.frame

        def fact(value: Json) -> Fact:
            return Fact(value=value, n=looked, exact=exact)

        yield from machine.facts()
        yield "layout", Fact(value=self.look.layout, n=self.look.rows, exact=True)
        yield "rows", Fact(value=self._examples(raw, self.look.rows), n=self.look.rows, exact=True)
        kept_rows = frame.height if exact else round(self.look.rows * frame.height / looked)
        yield "kept", fact(self._examples(frame, kept_rows))
        told = {note.message: note.rows for note in self.look.notes if note.rows}
        yield "left_out", fact({**told, **kept.left_out})
        yield "clean.steps", fact([cleaning.plain(one) for one in self.steps])
        yield "clean.proposed", fact(len(self.proposed))
        yield "clean.because", fact("; ".join(one.because for one in self.proposed))
        yield "duplicates", fact(int(cleaned.repeated(raw, self._rows).sum()))
        for role, column in {**self.spec.inputs, **self.spec.outputs}.items():
            yield f"{role}.missing", fact(raw.get_column(column).null_count())
        made = [port for port in self.task.contract.answer if port.kind in ("image", "number")]
        together = {role: named(columns) for role, columns in self.roles.several().items()}
        held = {**self.spec.inputs, **self.spec.outputs, **together}
        for port in (*self.task.contract.raw, *made):
            if port.role in held:
                found = measured.measure(port, frame.get_column(held[port.role]), self.look, self.budget)
                yield from ((name, fact(value)) for name, value in found)
        if self.series is not None:
            yield from ((name, fact(value)) for name, value in self.series.facts())
        if self.table is not None:
            yield "columns.usable", fact(list(self.table.usable))
            yield "columns.left_out", fact(dict(self.table.left_out))
            yield "columns.left_out.count", fact(len(self.table.left_out))
            texts = [name for name in self.table.texts if name in self.listed]
            yield "columns.texts", fact(list(texts))
            yield "columns.texts.names", fact(", ".join(f"`{name}`" for name in texts))
            yield "columns.texts.count", fact(len(texts))
            if texts:
                yield "columns.texts.chars", fact(columns.characters(frame, texts))
            yield "columns.about", fact({name: dict(one) for name, one in self.table.about.items()})
        if self.without is not None:
            yield from ((name, fact(value)) for name, value in self.without.facts().items())
        if counts:
            yield "labels.count", fact(len(counts))
            yield "labels.names", fact(", ".join(list(counts)[:MOST_NAMED]))
            yield "labels.min", fact(min(counts.values()))
            yield "labels.max", fact(max(counts.values()))
            yield "labels.imbalance", fact(round(max(counts.values()) / min(counts.values()), 2))
        if self.lists is not None:
            yield from ((name, fact(value)) for name, value in self.lists.facts())

    def _examples(self, frame: pl.DataFrame, rows: int) -> int:
        """Return how many examples some rows are: where each is an object, how many pictures they name."""
        port = self.task.contract.gathered
        return rows if port is None else frame.get_column(self.spec.inputs[port.role]).drop_nulls().n_unique()

    def _formed(self, name: str) -> bool:
        """Tell whether a column is read in a form of its own."""
        return name in self.look.kinds and not self.look.kinds[name].plain

    def _contract(self, facts: Mapping[str, Fact], counts: Mapping[str, int]) -> Contract:
        roles = {**self.spec.inputs, **self.spec.outputs}
        one_each = () if self.lists is None else self.lists.columns
        roles = {role: column for role, column in roles.items() if not one_each or role in self.spec.inputs}
        types = {column: self.look.columns[self.roles.source(role)] for role, column in roles.items()}
        types |= {
            roles[role]: "text" for role in self.roles.texts() if role in roles and types[roles[role]] != "tokens"
        }
        if self.task.labels == "required":
            types |= dict.fromkeys(self.spec.outputs.values(), "text")
        types |= dict.fromkeys(self._optional, "text")  # read as it is written
        types |= {column: str(self.table.about[column]["type"]) for column in self.listed if self.table is not None}
        hard: dict[str, Json] = {"layout": self.look.layout, "columns": types}
        if self.lists is not None:
            hard["lists"] = dict(self.lists.agreed)
        if optional := [*self.listed, *self._optional]:
            hard["optional"] = cast(Json, optional)
        others = self.task.labels == "required" or self.lists is not None
        used = [*self.listed, *(() if others else self.spec.outputs.values())]
        if (time := self.task.contract.time) is not None:
            used.append(self.spec.inputs[time.role])
        if forms := {name: kinds.written(self.look.kinds[name]) for name in used if self._formed(name)}:
            hard["forms"] = cast(Json, forms)
        soft: dict[str, Json] = {
            name: fact.value for name, fact in facts.items() if name.endswith((".chars.p50", ".chars.p99", ".p50"))
        }
        if counts:
            hard["labels"] = list(counts)
            total = sum(counts.values()) if self.lists is None else int(str(facts["kept"].value))
            soft["labels.share"] = {label: round(count / total, 4) for label, count in counts.items()}
        return Contract(hard=hard, soft=soft)
