"""Profile the data that a spec names: the facts that decisions read and the contract that later data must keep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

import polars as pl

from trainerspec.catalog.model import Port, Task
from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.facts import Contract, Fact, Profile
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Spec
from trainerspec.language.suggest import closest
from trainerspec.reading import kinds
from trainerspec.workspace import classes, columns, fingerprint, machine, pictured, prediction_target, read, tagged
from trainerspec.workspace import told as said
from trainerspec.workspace.classes import at
from trainerspec.workspace.inspect_data import Look, inspect_data
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.names import choose, is_picture

MOST_NAMED = 100
"""Class names in the fact `labels.names`."""
CONLL_COLUMNS = {"text": "tokens", "spans": "tags"}
"""The columns of CoNLL files that carry roles whose columns are not named."""
TEXT_KINDS = frozenset({"text", "phrase", "prompt"})
SEEN_KINDS = frozenset({"text", "image"})
"""Of loose files: what a file holds; any other role (a label, a prompt) is in the names of folders and files."""


def profile(path: Path, spec: Spec, task: Task, budget: Budget) -> Outcome[Profile]:
    """Look at the data at `path` and check it against what the spec says; all problems come back at once."""
    needed = {*spec.inputs.values(), *spec.outputs.values()}
    seen = inspect_data(path, budget=budget, needed=needed)
    if seen.value is None:
        return Outcome(diagnostics=tuple(_placed(one, spec) for one in seen.diagnostics))
    return Reading(spec=spec, task=task, look=seen.value, budget=budget).profile()


def _placed(one: Diagnostic, spec: Spec) -> Diagnostic:
    span = spec.document.place("/data/source")
    return Diagnostic(
        code=one.code, message=one.message, hint=one.hint, severity=one.severity, span=span, file=one.file
    )


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One look, read with the roles that a spec gives to the columns."""

    spec: Spec
    task: Task
    look: Look
    budget: Budget

    @cached_property
    def table(self) -> columns.Columns | None:
        """Return the columns that a model may read without a role, where the task's contract has a port for each."""
        if self.task.contract.each is None:
            return None
        by = self.spec.split.by.partition(":")[2]
        taken = {*self.spec.inputs.values(), *self.spec.outputs.values(), by}
        return columns.columns(self.look.frame, taken, self.spec.exclude)

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """Return those that are read: the author's, or all that are usable."""
        if self.task.contract.each is None or self.table is None:
            return ()
        given = self.spec.slots.get(self.task.contract.each.each)
        return tuple(str(name) for name in given) if isinstance(given, list) else self.table.usable

    def profile(self) -> Outcome[Profile]:
        """Check the roles, the cleaning and the labels, then gather facts and the contract."""
        problems = [
            *self._layout(),
            *self._columns(),
            *prediction_target.unread(self.spec, self.look, self.table, self.listed),
        ]
        if problems:
            return Outcome(diagnostics=tuple(problems))
        chosen = isinstance(self.spec.slots.get("data.columns"), list)
        told = tuple(prediction_target.problems(self.spec, self.task, self.look, self.listed, chosen=chosen))
        if any(one.severity == "error" for one in told):
            return Outcome(diagnostics=told)
        cleaned = self._clean(self._roles())
        if isinstance(cleaned, Diagnostic):
            return Outcome(diagnostics=(cleaned,))
        counts = self._counts(cleaned)
        check = {"required": classes.problems, "many": classes.marked}.get(self.task.labels)
        classes_problems = check(self.spec, self.look, counts) if check else ()
        problems = [*told, *classes_problems, *self._said(counts), *self._pictures()]
        if any(one.severity == "error" for one in problems):
            return Outcome(diagnostics=tuple(problems))
        facts = dict(self._facts(cleaned, counts))
        profile = Profile(
            layout=self.look.layout,
            facts=facts,
            labels=tuple(counts) if self.task.labels != "none" else None,
            fingerprint=fingerprint.fingerprint(self.look.path, self.look.files),
            contract=self._contract(facts, counts),
        )
        return Outcome(value=profile, diagnostics=tuple(problems))

    def _said(self, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
        """Tell what was left out, what is read as something else, and what looks odd."""
        yield from said.notes(self.spec, self.look)
        yield from said.split(self.spec, self.look)
        targets = list(self.spec.outputs.values()) if self.task.labels == "none" else []
        by = self.spec.split.by.partition(":")[2]
        yield from said.forms(self.spec, self.look, [*dict.fromkeys([*self.listed, *targets, by])])
        if self.task.labels != "required":
            return
        label = next(iter(self.spec.outputs.values()))
        yield from said.spellings(self.spec, self.look, self._source(next(iter(self.spec.outputs))))
        yield from said.several(self.spec, self.look, label, counts)
        texts = [self.spec.inputs[role] for role in sorted(self._texts()) if role in self.spec.inputs]
        if len(texts) == 1 and len(self.spec.inputs) == 1:
            yield from said.disputed(self.spec, self._roles(), texts[0], label)

    def _layout(self) -> Iterator[Diagnostic]:
        asked, found = self.spec.slots.get("data.layout"), self.look.layout
        if isinstance(asked, str) and asked != found:
            message = f"`data.layout` is `{asked}`, but `{self.look.path.name}` holds `{found}`"
            yield at(self.spec, "/data/layout", "TS410", message, f"write `{found}` or `auto`")
        elif found not in self.task.layouts:
            known = ", ".join(f"`{one}`" for one in self.task.layouts)
            message = f"`{self.task.name}` does not read the layout `{found}` of `{self.look.path.name}`"
            yield at(self.spec, "/data/source", "TS410", message, f"it reads {known}")

    def _source(self, role: str) -> str:
        """Name the column of the look that carries `role`."""
        if self.look.layout == "table":
            return self.spec.inputs.get(role) or self.spec.outputs[role]
        if self.look.layout == "refcoco":
            return role
        if self.look.layout == "conll":
            column = self.spec.inputs.get(role) or self.spec.outputs[role]
            return column if column in self.look.columns or column != role else CONLL_COLUMNS.get(role, column)
        kinds = {port.role: port.kind for port in (*self.task.contract.raw, *self.task.contract.answer) if port.role}
        seen = next(iter(self.look.columns))
        return seen if kinds.get(role) in SEEN_KINDS else "label"

    def _columns(self) -> Iterator[Diagnostic]:
        for side, roles in (("inputs", self.spec.inputs), ("outputs", self.spec.outputs)):
            for role in roles:
                column = self._source(role)
                if column in self.look.columns:
                    continue
                near = closest(column, self.look.columns)
                known = ", ".join(f"`{name}`" for name in list(self.look.columns)[:12])
                hint = (f"did you mean `{near}`? " if near else "") + f"the columns are {known}"
                message = f"no column `{column}` for `{role}` in `{self.look.path.name}`"
                yield at(self.spec, f"/task/{side}/{role}", "TS405", message, hint)

    def _roles(self) -> pl.DataFrame:
        """Return the rows with the spec's column names; labels and texts as written, empty texts as missing."""
        made: dict[str, pl.Expr | pl.Series] = {}
        for role, column in {**self.spec.inputs, **self.spec.outputs}.items():
            source = self._source(role)
            value: pl.Expr | pl.Series = pl.col(source)
            if role in self.task.outputs and self.task.labels == "required":
                value = kinds.labels(self.look.written[source])
            elif role in self.task.inputs and self.look.columns[source] == "tokens":
                value = pl.col(source).list.join(" ") if isinstance(self._dtype(role), pl.List) else pl.col(source)
            elif role in self._texts() and self.look.columns[source] != "tokens":
                text = self.look.written[source].cast(pl.String)
                value = text.set(text.str.strip_chars() == "", None)
            elif self._dtype(role) == pl.String:
                value = pl.when(pl.col(source).str.strip_chars() == "").then(None).otherwise(pl.col(source))
            made[column] = value
        others = [name for name in self.look.frame.columns if name not in made and self.look.layout == "table"]
        return self.look.frame.select(*others, **made)

    def _texts(self) -> set[str]:
        """Name the roles that are texts, which may be all digits."""
        return {port.role for port in self.task.contract.raw if port.kind in TEXT_KINDS and port.role}

    def _dtype(self, role: str) -> pl.DataType:
        return self.look.frame.schema[self._source(role)]

    def _clean(self, frame: pl.DataFrame) -> pl.DataFrame | Diagnostic:
        for index, step in enumerate(self.spec.clean):
            if step == "drop_missing":
                frame = frame.drop_nulls([*self.spec.inputs.values(), *self.spec.outputs.values(), *self.listed])
            elif step == "drop_duplicates":
                frame = frame.filter(~self._repeated(frame))
            else:
                try:
                    frame = frame.filter(pl.sql_expr(step.sql))
                except pl.exceptions.PolarsError as error:
                    reason = str(error).strip().splitlines()[0]
                    message = f"the filter `{step.text}` does not fit the data: {reason}"
                    return at(self.spec, f"/data/clean/{index}", "TS416", message)
        frame = frame.drop_nulls([*self.spec.inputs.values(), *self.spec.outputs.values()])
        if frame.is_empty():
            hint = "loosen `data.clean`, or correct the columns under `task`"
            return at(self.spec, "/data/clean", "TS402", "no row is left after cleaning", hint)
        return frame

    def _repeated(self, frame: pl.DataFrame) -> pl.Series:
        """Tell which rows repeat earlier ones: in their inputs, and in a picture that is to be made.

        Texts are equal without regard to case and white space.
        """

        def key(column: str) -> pl.Expr:
            value = pl.col(column)
            if frame.schema[column] == pl.String and self.look.media != "image":
                value = value.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
            return value

        answer = self.task.contract.answer
        made = [self.spec.outputs[port.role] for port in answer if port.kind == "image" and port.role]
        keys = frame.select(**{name: key(name) for name in (*self.spec.inputs.values(), *self.listed, *made)})
        return ~keys.select(pl.struct(pl.all()).is_first_distinct()).to_series()

    def _counts(self, frame: pl.DataFrame) -> dict[str, int]:
        """Count the examples of each class, or each time that it stands in one; in the spec's order, else sorted."""
        if self.task.labels == "none":
            return {}
        values = frame.get_column(next(iter(self.spec.outputs.values()))).drop_nulls()
        found = tagged.types(values) if self.task.labels == "many" else classes.count(values)
        stated = [label for label in self.spec.labels or () if label in found]
        return {label: found[label] for label in [*stated, *(one for one in found if one not in stated)]}

    def _pictures(self) -> Iterator[Diagnostic]:
        if self.look.media != "image":
            return
        chosen = choose(self.look.files, self.budget.pictures)
        damaged = [name for name in chosen if not pictured.whole(locate(self.look.path, name))]
        if damaged:
            shown = ", ".join(f"`{name}`" for name in damaged[: read.SHOWN])
            message = f"{len(damaged)} of {len(chosen)} pictures that were opened cannot be read: {shown}"
            hint = "they are left out, and build/data/report.json names every one"
            severity: Literal["error", "warning"] = "error" if len(damaged) == len(chosen) else "warning"
            span = self.spec.document.place("/data/source")
            yield Diagnostic(code="TS403", message=message, hint=hint, severity=severity, span=span)

    def _facts(self, frame: pl.DataFrame, counts: Mapping[str, int]) -> Iterator[tuple[str, Fact]]:
        looked, exact, raw = self.look.frame.height, self.look.exact, self._roles()

        def fact(value: Json) -> Fact:
            return Fact(value=value, n=looked, exact=exact)

        yield from machine.facts()
        yield "layout", Fact(value=self.look.layout, n=self.look.rows, exact=True)
        yield "rows", Fact(value=self.look.rows, n=self.look.rows, exact=True)
        kept = frame.height if exact else round(self.look.rows * frame.height / looked)
        yield "kept", fact(kept)
        yield "duplicates", fact(int(self._repeated(raw).sum()))
        for role, column in {**self.spec.inputs, **self.spec.outputs}.items():
            yield f"{role}.missing", fact(raw.get_column(column).null_count())
        made = [port for port in self.task.contract.answer if port.kind in ("image", "number")]
        for port in (*self.task.contract.raw, *made):
            if port.role in {**self.spec.inputs, **self.spec.outputs}:
                yield from ((name, fact(value)) for name, value in self._measure(port, frame))
        if self.table is not None:
            yield "columns.usable", fact(list(self.table.usable))
            yield "columns.left_out", fact(dict(self.table.left_out))
            yield "columns.left_out.count", fact(len(self.table.left_out))
            yield "columns.about", fact({name: dict(one) for name, one in self.table.about.items()})
        if counts:
            yield "labels.count", fact(len(counts))
            yield "labels.names", fact(", ".join(list(counts)[:MOST_NAMED]))
            yield "labels.min", fact(min(counts.values()))
            yield "labels.max", fact(max(counts.values()))
            yield "labels.imbalance", fact(round(max(counts.values()) / min(counts.values()), 2))

    def _measure(self, port: Port, frame: pl.DataFrame) -> Iterator[tuple[str, Json]]:
        column = frame.get_column({**self.spec.inputs, **self.spec.outputs}[port.role]).drop_nulls()
        if port.kind in TEXT_KINDS and column.dtype == pl.String:
            chars = column.str.len_chars()
            for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
                yield f"{port.role}.chars.{name}", int(chars.quantile(share, "higher") or 0)
            ascii_chars = column.str.count_matches(r"[\x00-\x7f]").sum()
            yield f"{port.role}.ascii", round(int(ascii_chars) / max(1, int(chars.sum())), 3)
        elif port.kind == "number" and column.dtype.is_numeric():
            numbers = column.cast(pl.Float64).to_numpy()
            spread = {"deviation": numbers.std(), "distance": abs(numbers - numbers.mean()).mean()}
            yield from ((f"{port.role}.{name}", float(f"{value:.6g}")) for name, value in spread.items())
        elif port.kind == "image" and (pictures := [name for name in self.look.files if is_picture(name)]):
            paths = [locate(self.look.path, name) for name in choose(pictures, self.budget.pictures)]
            sizes = [size for size in map(pictured.size, paths) if size is not None]
            if not sizes:
                return
            for name, values in (("width", [w for w, _, _ in sizes]), ("height", [h for _, h, _ in sizes])):
                ordered = sorted(values)
                yield f"{port.role}.{name}.p50", ordered[len(ordered) // 2]
                yield f"{port.role}.{name}.max", ordered[-1]
            yield f"{port.role}.channels", max(channels for _, _, channels in sizes)

    def _formed(self, name: str) -> bool:
        """Tell whether a column is read in a form of its own."""
        return name in self.look.kinds and not self.look.kinds[name].plain

    def _contract(self, facts: Mapping[str, Fact], counts: Mapping[str, int]) -> Contract:
        roles = {**self.spec.inputs, **self.spec.outputs}
        types = {column: self.look.columns[self._source(role)] for role, column in roles.items()}
        types |= {roles[role]: "text" for role in self._texts() if role in roles and types[roles[role]] != "tokens"}
        if self.task.labels == "required":
            types |= dict.fromkeys(self.spec.outputs.values(), "text")
        types |= {column: str(self.table.about[column]["type"]) for column in self.listed if self.table is not None}
        hard: dict[str, Json] = {"layout": self.look.layout, "columns": types}
        if self.listed:
            hard["optional"] = list(self.listed)
        used = [*self.listed, *(() if self.task.labels == "required" else self.spec.outputs.values())]
        if forms := {name: kinds.written(self.look.kinds[name]) for name in used if self._formed(name)}:
            hard["forms"] = cast(Json, forms)
        soft: dict[str, Json] = {
            name: fact.value for name, fact in facts.items() if name.endswith((".chars.p50", ".chars.p99", ".p50"))
        }
        if counts:
            hard["labels"] = list(counts)
            total = sum(counts.values())
            soft["labels.share"] = {label: round(count / total, 4) for label, count in counts.items()}
        return Contract(hard=hard, soft=soft)
