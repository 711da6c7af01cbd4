"""Boxes of pictures: whether they lie in them, and which form they have (TS424)."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from PIL import Image, UnidentifiedImageError

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.spec import Spec
from trainerspec.reading import folders
from trainerspec.reading.annotated import objects
from trainerspec.reading.values import boxes
from trainerspec.reading.values.boxes import BoxForm
from trainerspec.workspace.listing import Budget, locate
from trainerspec.workspace.look import Look
from trainerspec.workspace.names import choose, is_picture

SIDEWAYS = range(5, 9)
"""EXIF orientations in which width and height change places."""
ORIENTATION = 0x0112


def problems(spec: Spec, look: Look, image: str, box: str, budget: Budget) -> Iterator[Diagnostic]:
    """Look at some pictures and all of their boxes; the form is that of the options, or two corners."""
    if box not in look.frame.columns or image not in look.frame.columns:
        return
    form = agreed(look, box, str(spec.options.get("box") or "xyxy"), str(spec.options.get("unit") or "pixels"))
    place = spec.document.place("/task/options/box")
    try:
        listed = boxes.numbers(look.frame[box])
    except pl.exceptions.PolarsError:
        hint = "a box is a list of four numbers, or four columns such as `x0`, `y0`, `x1`, `y1`"
        yield Diagnostic(code="TS424", message=f"the column `{box}` holds no boxes", hint=hint, span=place)
        return
    given, sizes = _sized(look, look.frame[image], listed, budget)
    if not given:
        return
    meant = boxes.meant(given, sizes, form)
    if meant != form:
        message = f"the boxes of `{look.path.name}` are not {boxes.told(form)}, but {boxes.told(meant)}"
        hint = f"write `task: {{options: {{box: {meant.order}, unit: {meant.unit}}}}}`"
        yield Diagnostic(code="TS424", message=message, hint=hint, span=place)
        return
    fits = [boxes.fit(one, size, form) for one, size in zip(given, sizes, strict=True)]
    words = Counter(word for _, word in fits if word)
    unusable = sum(found is None for found, _ in fits)
    for word, count in words.most_common():
        message = f"{count} of {len(given)} boxes that were looked at: each {word} of its picture"
        if word.startswith("has"):
            message = f"{count} of {len(given)} boxes that were looked at: each {word}"
        gone = any(one is None and said == word for one, said in fits)
        hint = "such rows are left out" if gone else "they are cut off at the edge"
        severity = "error" if unusable > boxes.MANY * len(given) else "warning"
        yield Diagnostic(code="TS424", message=message, hint=hint, span=place, severity=severity)  # type: ignore[arg-type]


def agreed(look: Look, box: str, order: str, unit: str) -> BoxForm:
    """Return the form in which boxes are read: that of the layout, else the one that options name."""
    again = boxes.united(look.frame.drop(box), box)
    in_columns = box in again.columns and again[box].equals(look.frame[box])
    order = "xyxy" if in_columns or look.layout == "refcoco" else order
    form = next((one for one in boxes.FORMS if (one.order, one.unit) == (order, unit)), BoxForm())
    return objects.FORMS.get(look.layout, form)


def meant(look: Look, image: str, box: str, order: str, unit: str) -> BoxForm | None:
    """Return the form that the boxes have where it is not the one that options name; None where it is."""
    form = agreed(look, box, order, unit)
    try:
        listed = boxes.numbers(look.frame[box])
    except pl.exceptions.PolarsError:
        return None
    given, sizes = _sized(look, look.frame[image], listed, Budget())
    found = boxes.meant(given, sizes, form)
    return found if found != form else None


def _sized(
    look: Look, images: pl.Series, listed: pl.Series, budget: Budget
) -> tuple[list[list[float | None]], list[tuple[int, int]]]:
    """Return the boxes of some pictures, each with the size of its picture as it is shown."""
    there = [name for name in folders.names(look.path if look.path.is_dir() else look.path.parent) if is_picture(name)]
    names = images.cast(pl.String).str.strip_chars().drop_nulls().unique(maintain_order=True).to_list()
    located = folders.locate(names, there)
    root = look.path if look.path.is_dir() else look.path.parent
    chosen = choose([name for name in names if located[name]], budget.pictures)
    sizes = {name: _size(locate(root, str(located[name]))) for name in chosen}
    pairs = [
        (box, size)
        for name, box in zip(images.cast(pl.String).str.strip_chars().to_list(), listed.to_list(), strict=True)
        if box is not None and (size := sizes.get(name)) is not None
    ]
    return [box for box, _ in pairs], [size for _, size in pairs]


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(ORIENTATION, 1) in SIDEWAYS
            return (picture.height, picture.width) if turned else (picture.width, picture.height)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return None
