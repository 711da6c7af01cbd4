"""The classes of the data: enough of them, enough examples of each, and those that the spec states."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import Spec
from trainerspec.language import expression
from trainerspec.language.expression.tree import Name
from trainerspec.language.suggest import closest
from trainerspec.workspace.look import Look


def at(spec: Spec, pointer: Pointer, code: str, message: str, hint: str = "") -> Diagnostic:
    """Make a diagnostic at a place of the spec."""
    return Diagnostic(code=code, message=message, hint=hint, span=spec.document.place(pointer))


def count(values: pl.Series) -> dict[str, int]:
    """Count the examples of each class, sorted by name.

    >>> count(pl.Series(["b", "a", "b"]))
    {'a': 1, 'b': 2}
    """
    counts = values.alias("value").value_counts().sort("value")
    return dict(zip(counts["value"].to_list(), counts["count"].to_list(), strict=True))


LOOSE = ": a folder for each, files called `cat_1.png` and `dog_1.png`, or a table of file and class beside them"
"""How loose files tell their classes."""


def problems(spec: Spec, look: Look, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Check that there are two classes, enough examples of each, and those that the spec states."""
    role = next(iter(spec.outputs))
    place = f"/task/outputs/{role}" if look.layout == "table" else "/data/source"
    place = "/task/labels" if spec.labels else place
    if len(counts) < 2:
        only = f"only the class `{next(iter(counts))}`" if counts else "no class"
        message = f"`{look.path.name}` has {only}: there is nothing to tell apart"
        hint = "a classifier needs examples of at least two classes"
        yield at(spec, place, "TS406", message, f"{hint}{LOOSE}" if look.layout in ("folders", "filename") else hint)
        return
    split = spec.split
    parts = sum(share > 0 for share in (split.train, split.validation, split.test))
    needed = parts if split.by == "stratified" else 2
    yield from _enough(spec, place, counts, needed)
    yield from _stated(spec, look, counts)


def begun(spec: Spec, look: Look, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Check the classes where rows without a label get one: an example of each, or its name under `task.labels`."""
    if len(counts) < 2 and not spec.labels:
        yield from problems(spec, look, counts)
        return
    for one in _stated(spec, look, counts):
        hint = f"{one.hint}; without an example only rules, its name or people give it"
        yield replace(one, severity="warning", hint=hint) if one.code == "TS408" else one


def marked(spec: Spec, look: Look, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Check, where many classes stand in one example, that some are marked, and those that the spec states.

    Classes that the spec does not state are left out: that is told, and no error.
    """
    column = next(iter(spec.outputs.values()))
    if not counts:
        message = f"`{look.path.name}` marks nothing in `{column}`: there is nothing to learn"
        hint = "spans are records of start, end and label; tags are names such as [O, B-PER, I-PER], not numbers"
        yield at(spec, "/task/labels" if spec.labels else "/data/source", "TS406", message, hint)
        return
    yield from _enough(spec, "/task/labels" if spec.labels else "/data/source", counts, 2)
    for one in _stated(spec, look, counts):
        yield replace(one, severity="warning", hint=LEFT_OUT) if one.code == "TS409" else one


LEFT_OUT = "they are left out; name it to have them found too"


SHOWN = 12
"""Classes that a message names."""


def _enough(spec: Spec, place: Pointer, counts: Mapping[str, int], needed: int) -> Iterator[Diagnostic]:
    rare = {label: n for label, n in counts.items() if n < needed and (not spec.labels or label in spec.labels)}
    if not rare:
        return
    column = next(iter(spec.outputs.values()))
    names = list(rare)
    if len(rare) == 1:
        rows = "1 example" if rare[names[0]] == 1 else f"{rare[names[0]]} examples"
        message = f"the class `{names[0]}` has {rows}, fewer than the {needed} that a split needs"
        hint = (
            f"add examples, or leave it out under `data.clean`: `{{where: {_name(column)} != {json.dumps(names[0])}}}`"
        )
    else:
        told = ", ".join(f"`{label}` ({count})" for label, count in list(rare.items())[:SHOWN])
        more = f" and {len(rare) - SHOWN} more" if len(rare) > SHOWN else ""
        message = f"{len(rare)} classes have fewer than the {needed} examples that a split needs: {told}{more}"
        listed = json.dumps(names[:SHOWN], ensure_ascii=False)[1:-1] + (", ..." if len(rare) > SHOWN else "")
        hint = f"add examples; or write `{{merge_labels: {{other: [{listed}]}}}}` under `data.clean`, or "
        hint += f"`{{where: {_name(column)} not in [{listed}]}}`, or `auto` to have them merged"
        hint += "; then name the classes that are left under `task.labels`" if spec.labels else ""
    yield at(spec, place, "TS407", message, hint)


def _name(column: str) -> str:
    """Write a column as conditions name it."""
    return expression.to_text(Name(name=column))


def _stated(spec: Spec, look: Look, counts: Mapping[str, int]) -> Iterator[Diagnostic]:
    stated = spec.labels or tuple(counts)
    for index, label in enumerate(stated):
        if label not in counts:
            near = closest(label, [one for one in counts if one not in stated])
            hint = f"did you mean `{near}`?" if near else "the data has " + _few(counts)
            message = f"no example of the class `{label}` in `{look.path.name}`"
            yield at(spec, f"/task/labels/{index}", "TS408", message, hint)
    for label, count in counts.items():
        if label not in stated:
            message = f"`{look.path.name}` has {count} examples of `{label}`, which `task.labels` does not name"
            hint = "name it, or filter these rows out under `data.clean`"
            yield at(spec, "/task/labels", "TS409", message, hint)


def _few(counts: Mapping[str, int], most: int = 12) -> str:
    names = ", ".join(f"`{label}`" for label in list(counts)[:most])
    return names if len(counts) <= most else f"{names}, ..."
