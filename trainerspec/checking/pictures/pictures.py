"""Pictures: those that cannot be read, show nothing, lie on their side, and boxes that are not in them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import polars as pl

from ...reading import folders
from ...reading.values import boxes
from ...reading.values.boxes import BoxForm
from ..findings import KEPT, Finding, finding
from ..subject import Subject
from ..tables.telling import known, purity
from ..texts.marks import said
from .picture import FLAT, Picture, look

TINY, SMALL = 8, 32
"""Pixels of the shorter side that are too few, and those that are few beside larger pictures."""
BESIDE = 4
LONG, UNUSUAL = 6.0, 3.0
"""Ratios of the sides that are unusual alone, and beside the middle one."""
USUAL = 0.2
"""Share of pictures that are alike from which that is how the data is."""
ENOUGH = 50
BOXES: Mapping[str, str] = {
    "has its corners in reverse order": "box-reversed", "has no width or height": "box-empty",
    "has pixels where the others have shares": "box-outside", "has shares where the others have pixels": "box-outside",
    "lies outside": "box-outside", "reaches far over the edge": "box-outside", "is no box of four numbers": "box-empty",
}  # fmt: skip
"""The code for each word on a box."""


def pictures(subject: Subject) -> Iterator[Finding]:
    """Look at every picture, or at as many as the subject allows."""
    name = subject.roles.image
    if name not in subject.schema:
        return
    values = subject.frame[name].cast(pl.String)
    seen = looked(subject)
    problems = {index: one.problem for index, value in enumerate(values) if (one := seen.get(value)) and one.problem}
    gone = {index: one for index, one in problems.items() if one == "it is not there"}
    yield from told("missing-picture", gone, "pictures are not there", subject)
    rest = {index: one for index, one in problems.items() if index not in gone}
    yield from told("unreadable-picture", rest, "pictures cannot be read", subject)
    good = {index: one for index, value in enumerate(values) if (one := seen.get(value)) and not one.problem}
    yield from shapes(good, subject)
    turned = {index: f"EXIF orientation {one.orientation}" for index, one in good.items() if one.orientation > 1}
    yield from told("turned-picture", turned, "pictures are stored turned, and read upright", subject)
    yield from disputed(good, subject)
    yield from forms(good, subject)
    yield from framed(seen, subject)


def looked(subject: Subject) -> dict[str | None, Picture]:
    """Open the pictures that the rows name, each once; of many some, evenly spread."""
    names = subject.frame[subject.roles.image].cast(pl.String).drop_nulls().unique(maintain_order=True).to_list()
    step = 1 if subject.pictures is None else max(1, -(-len(names) // subject.pictures))
    there = listed(subject.root)
    places = (
        folders.locate(names[::step], there) if not set(names) <= set(there) else {one: one for one in names[::step]}
    )
    missing = Picture(problem="it is not there")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # decoding leaves the interpreter's lock to others
        seen = pool.map(lambda place: look(subject.root / place) if place else missing, places.values())
        return dict(zip(places, seen, strict=True))


@cache
def listed(root: Path) -> tuple[str, ...]:
    """List the pictures below a folder."""
    return tuple(name for name in folders.names(root) if Path(name).suffix.lower() in folders.PICTURES)


def shapes(good: Mapping[int, Picture], subject: Subject) -> Iterator[Finding]:
    """Say which pictures show nothing, are very small, or of an unusual shape."""
    blank = {index: f"{one.width} x {one.height}" for index, one in good.items() if one.spread < FLAT}
    if len(blank) <= USUAL * len(good):
        yield from told("blank-picture", blank, "pictures are of one colour", subject)
    sides = sorted(min(one.width, one.height) for one in good.values())
    middle = sides[len(sides) // 2] if sides else 0
    few = {
        index: f"{one.width} x {one.height}"
        for index, one in good.items()
        if (side := min(one.width, one.height)) < TINY or (side < SMALL and BESIDE * side <= middle)
    }
    if len(few) <= USUAL * len(good):
        yield from told("tiny-picture", few, f"pictures are very small, the middle one has {middle} pixels", subject)
    ratios = sorted(one.ratio for one in good.values())
    usual = ratios[len(ratios) // 2] if ratios else 1.0
    odd = {
        index: f"{one.width} x {one.height}"
        for index, one in good.items()
        if one.ratio >= LONG and one.ratio >= UNUSUAL * usual and index not in few
    }
    if len(odd) <= USUAL * len(good):
        yield from told("odd-shape-picture", odd, "pictures are very long or very high", subject)


def disputed(good: Mapping[int, Picture], subject: Subject) -> Iterator[Finding]:
    """Say which pictures stand under several labels, file by file the same."""
    labels = subject.classes
    if labels is None or not good:
        return
    rows = pl.DataFrame({"index": list(good), "digest": [one.digest for one in good.values()]})
    rows = rows.with_columns(label=labels.gather(rows["index"])).drop_nulls()
    odd = rows.filter(pl.col("label").n_unique().over("digest") > 1)
    if odd.height:
        numbers = {digest: number for number, digest in enumerate(odd["digest"].unique(maintain_order=True).to_list())}
        groups = {index: numbers[digest] for index, digest in odd.select("index", "digest").iter_rows()}
        chosen = sorted(groups, key=lambda index: (groups[index], index))[:KEPT]
        message = f"{len(numbers)} pictures stand in {odd.height} files or rows under several labels"
        found = list(subject.at(chosen, labels, groups))
        yield finding("several-labels", message, columns=[subject.roles.label], rows=found, count=odd.height)


def forms(good: Mapping[int, Picture], subject: Subject) -> Iterator[Finding]:
    """Say that size or format of a picture tells its class."""
    labels = subject.classes
    if labels is None or len(good) < ENOUGH:
        return
    for what in ("size", "format"):
        values = [f"{one.width} x {one.height}" if what == "size" else one.format for one in good.values()]
        if len(set(values)) < 2 or len(set(values)) > len(values) / 4:
            continue
        one = purity(known(pl.Series(values), pl.Series([labels[index] for index in good])))
        if one is not None and one.score >= 0.99 and one.low >= 0.85:
            message = f"the {what} of a picture tells `{subject.roles.label}`: right in {one.score:.1%} of {one.rows}"
            yield finding("picture-form-leak", message, columns=[subject.roles.image], count=one.rows)


def framed(seen: Mapping[str | None, Picture], subject: Subject) -> Iterator[Finding]:
    """Say which boxes are not in their pictures, unless most are: then another form is meant."""
    box = subject.roles.box
    if not box:
        return
    frame = boxes.united(subject.frame, box)
    if box not in frame.columns:
        return
    given = frame[box]
    if given.dtype == pl.String or isinstance(given.dtype, pl.List):
        given = boxes.numbers(given)
    names = subject.frame[subject.roles.image].cast(pl.String).to_list()
    in_columns = box not in subject.schema
    order = "xyxy" if in_columns else subject.box_form.get("box", "xyxy")
    unit = subject.box_form.get("unit", "pixels")
    form = next((one for one in boxes.FORMS if (one.order, one.unit) == (order, unit)), BoxForm())
    listed_ = given.to_list()
    there = [(at, one, seen[name]) for at, (one, name) in enumerate(zip(listed_, names, strict=True)) if name in seen]
    fits = {at: boxes.fit(one, (p.width, p.height), form) for at, one, p in there if one is not None and not p.problem}
    words = Counter(word for found, word in fits.values() if found is None)
    if sum(words.values()) > boxes.MANY * max(1, len(fits)):
        return
    for word in words:
        odd = {at: str(listed_[at]) for at, (found, said_) in fits.items() if found is None and said_ == word}
        yield from said(BOXES[word], odd, f"hold a box in `{box}` that {word}", subject)


def told(code: str, odd: Mapping[int, str], message: str, subject: Subject) -> Iterator[Finding]:
    """Return a finding about pictures, with what is odd of each; none where there are none."""
    if odd:
        shown = pl.Series([odd.get(index, "") for index in range(max(odd) + 1)])
        mask = pl.Series([index in odd for index in range(subject.frame.height)], dtype=pl.Boolean)
        padded = pl.concat([shown, pl.Series([""] * (subject.frame.height - len(shown)), dtype=pl.String)])
        columns = [subject.roles.image]
        yield subject.where(code, mask, f"{len(odd)} {message}", columns=columns, values=padded)
