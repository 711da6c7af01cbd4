"""What is said of data that can be read: what was left out, what is read as something else, what looks odd."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Literal

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import Spec
from trainerspec.reading import kinds, repairs
from trainerspec.reading.kinds import ColumnKind
from trainerspec.reading.values import numerals
from trainerspec.reading.values.number_form import INFINITE
from trainerspec.workspace import pictured, read
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.look import Look
from trainerspec.workspace.names import choose

MANY = 0.05
"""Share of the rows from which a reason to leave them out is remarkable."""
SHOWN = 4
SEPARATORS = re.compile(r"\s*[|;,/]\s*")


def warning(spec: Spec, pointer: Pointer, code: str, message: str, hint: str = "") -> Diagnostic:
    """Make a warning at a place of the spec."""
    return Diagnostic(code=code, message=message, hint=hint, severity="warning", span=spec.document.place(pointer))


def notes(spec: Spec, look: Look) -> Iterator[Diagnostic]:
    """Tell what the reader left out or read in an odd way (TS419)."""
    rows = look.rows + sum(note.rows for note in look.notes)
    for note in look.notes:
        share = f"; that is {note.rows / rows:.0%} of the rows" if note.rows > MANY * rows else ""
        if note.severity == "warning":
            yield warning(spec, "/data/source", "TS419", note.message + share, note.hint)


def left_out(spec: Spec, look: Look, reasons: Mapping[str, int], label: str = "") -> Iterator[Diagnostic]:
    """Tell each reason that leaves out many of the rows (TS419); without a `label` they may be labelled."""
    for reason, count in reasons.items():
        if count > MANY * look.frame.height:
            share = f"{count / look.frame.height:.0%}"
            message = f"{count} of {look.frame.height} rows ({share}) of `{look.path.name}` are left out: {reason}"
            hint = "repair them, or loosen `data.clean`"
            if label and reason == f"no value in `{label}`":
                hint = "label them; or write `label: auto` under `data` to have them labelled from the others"
            yield warning(spec, "/data/source", "TS419", message, hint)


def misfits(spec: Spec, look: Look, declared: Set[str]) -> Iterator[Diagnostic]:
    """Tell values that are not written in the form that `data.clean` declares (TS416): they count as missing."""
    for name in sorted(declared & look.kinds.keys()):
        one, texts = look.kinds[name], look.written[name]
        if one.kind not in ("number", "time") or texts.dtype != pl.String:
            continue
        words = {*(one.number.words if one.number else ()), *(one.date.words if one.date else ())}
        known = numerals.missing(texts)
        strange = known.filter(look.frame[name].is_null() & known.is_not_null() & ~known.is_in(sorted(words)))
        if len(strange):
            shown = ", ".join(f"`{text}`" for text in strange.unique(maintain_order=True).head(SHOWN).to_list())
            message = f"{len(strange)} values of `{name}` are not written as `data.clean` says: {shown}"
            hint = "correct the form, or list them under its `words` to have them count as missing"
            yield Diagnostic(code="TS416", message=message, hint=hint, span=spec.document.place("/data/clean"))


def forms(spec: Spec, look: Look, used: Sequence[str]) -> Iterator[Diagnostic]:
    """Tell which columns are read as numbers or dates though they are written as people write them (TS420)."""
    for name in used:
        one = look.kinds.get(name)
        if one is None or one.plain or name not in look.written.columns:
            continue
        example = kinds.example(look.written[name], one)
        said = kinds.told(name, one, example)
        if not said:
            continue
        either = _either(one, example)
        yield warning(spec, "/data/source", "TS420", said + either, "write plain numbers and ISO dates to be sure")


def infinite(spec: Spec, look: Look, used: Sequence[str]) -> Iterator[Diagnostic]:
    """Tell infinite numbers (TS420): they count as missing, in training and in requests."""
    there = {*look.written.columns}
    for name in used:
        values = look.written[name] if name in there else None
        if (
            values is None
            or look.frame[name].null_count() == values.null_count()
            or not look.frame[name].dtype.is_float()
        ):
            continue
        texts = values.cast(pl.String).str.strip_chars().str.to_lowercase()
        count = int(texts.is_in(sorted(INFINITE)).sum())
        if count:
            message = f"{count} infinite values of `{name}` count as missing"
            yield warning(spec, "/data/source", "TS420", message, "replace them where they mean a number")


def _either(one: ColumnKind, example: str) -> str:
    if one.date is not None and one.date.ambiguous:
        return "; day and month could be the other way round"
    if one.number is not None and one.number.ambiguous:
        return "; the mark before three digits could be a decimal one"
    return ""


def spellings(spec: Spec, look: Look, column: str) -> Iterator[Diagnostic]:
    """Tell labels that differ by case, blanks, hyphens or Unicode form alone (TS421)."""
    if column not in look.written.columns:
        return
    found = repairs.spellings(look.written[column], spec.labels or ())
    if found:
        pairs = ", ".join(f"`{odd}` and `{usual}`" for odd, usual in list(found.items())[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        message = f"labels of `{column}` differ in spelling alone and count as different classes: {pairs}{more}"
        hint = "add `normalise_labels` to `data.clean`, which writes each in one way"
        yield warning(spec, "/data/source", "TS421", message, hint)


def codes(spec: Spec, look: Look, column: str) -> Iterator[Diagnostic]:
    """Tell words for no label that look like the labels, such as the code `NA` of Namibia (TS421)."""
    found = kinds.codes(look.written[column]) if column in look.written.columns else {}
    for word, count in found.items():
        if word not in (spec.labels or ()):
            message = f"{count} rows of `{column}` read `{word}`, which counts as no label, though it looks like one"
            yield warning(
                spec, "/data/source", "TS421", message, f"if it is a class, list `{word}` under `task.labels`"
            )


def several(spec: Spec, look: Look, column: str, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Tell labels that look like lists of labels: one class a row is meant (TS421)."""
    parts = {label: SEPARATORS.split(label) for label in counts}
    lists = [label for label, found in parts.items() if len(found) > 1]
    single = {label for label, found in parts.items() if len(found) == 1}
    words = {word for label in lists for word in parts[label]}
    if len(lists) >= 3 and 2 * len(words & single) >= len(words) and len(words) < len(lists) + len(single):
        shown = ", ".join(f"`{label}`" for label in lists[:2])
        message = f"values of `{column}` such as {shown} look like lists of classes; each counts as a class of its own"
        hint = "one class a row is learnt: keep one of them; several of a text are `multi-label-text-classification`"
        yield warning(spec, "/data/source", "TS421", message, hint)


def disputed(spec: Spec, look: Look, frame: pl.DataFrame, text: str, label: str) -> Iterator[Diagnostic]:
    """Tell texts, or pictures of a table, that stand under several labels (TS422): they are left out."""
    key = pl.col(text).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    known = frame.drop_nulls([text, label]).select(key.alias("key"), pl.col(label).alias("label"))
    odd = known.group_by("key").agg(pl.col("label").n_unique().alias("labels"), pl.len().alias("rows"))
    odd = odd.filter(pl.col("labels") > 1)
    if odd.height:
        rows = int(odd["rows"].sum())
        example = str(odd.sort("key")["key"][0])[:60]
        what = "pictures" if look.columns.get(text) == "image" else "texts"
        message = f"{odd.height} {what} have several labels, their {rows} rows are left out; one is `{example}`"
        yield warning(spec, "/data/source", "TS422", message, "keep the right label of each")


def split(spec: Spec, look: Look) -> Iterator[Diagnostic]:
    """Tell that the data cannot be split by the column that the spec names (TS423)."""
    how, _, column = spec.split.by.partition(":")
    place = spec.document.place("/data/split/by")
    if how == "given" and column not in look.frame.columns and not (column == "part" and look.parts):
        message = f"no column `{column}` in `{look.path.name}` that gives each row its part"
        hint = "the columns are " + ", ".join(f"`{name}`" for name in look.frame.columns[:12])
        yield Diagnostic(code="TS423", message=message, hint=hint, span=place)
        return
    if look.parts and "test" not in look.parts and (column == "part" if how == "given" else len(look.parts) > 1):
        there = ", ".join(f"{name} {rows}" for name, rows in look.parts.items())
        message = f"names in `{look.path.name}` tell parts of a split ({there}), but none of them is the test"
        hint = "give the files of the last judgement a name or a folder `test`, and write `split: {by: given:part}`"
        yield Diagnostic(
            code="TS423",
            message=message + ("" if how == "given" else ": all rows are split anew"),
            hint=hint,
            severity="error" if how == "given" else "warning",
            span=place,
        )
    if how not in ("time", "group") or column not in look.frame.columns:
        return
    if how == "time":
        kind = look.kinds[column].kind if column in look.kinds else kinds.of(look.frame.schema[column])
        if kind not in ("time", "integer", "number"):
            example = str(look.frame[column].drop_nulls()[0]) if look.frame[column].null_count() < look.rows else ""
            message = f"`{column}` holds no times to split by: `{example}`"
            hint = "write dates such as 2024-12-31, or split by another column"
            yield Diagnostic(code="TS423", message=message, hint=hint, span=place)
            return
        form = look.kinds[column].date if column in look.kinds else None
        if form is not None and form.ambiguous:
            message = f"the dates of `{column}` can be read with the day or with the month first"
            hint = f"say so under `data.clean`: `{{parse_date: {{column: {column}, order: dmy}}}}`, or `mdy`"
            yield Diagnostic(code="TS423", message=message, hint=hint, span=place)
    missing = look.frame[column].null_count()
    if missing:
        message = f"{missing} of {look.rows} rows have no `{column}`, by which the data is split"
        hint = "fill the column, or leave these rows out of the file"
        yield Diagnostic(code="TS423", message=message, hint=hint, span=place)


def damaged(spec: Spec, look: Look, budget: Budget) -> Iterator[Diagnostic]:
    """Tell pictures that cannot be read (TS403): an error where all that were opened are damaged."""
    if look.media != "image":
        return
    chosen = choose(look.files, budget.pictures)
    damaged = [name for name in chosen if not pictured.whole(locate(look.path, name))]
    if damaged:
        shown = ", ".join(f"`{name}`" for name in damaged[: read.SHOWN])
        message = f"{len(damaged)} of {len(chosen)} pictures that were opened cannot be read: {shown}"
        hint = "they are left out, and build/data/report.json names every one"
        severity: Literal["error", "warning"] = "error" if len(damaged) == len(chosen) else "warning"
        span = spec.document.place("/data/source")
        yield Diagnostic(code="TS403", message=message, hint=hint, severity=severity, span=span)
