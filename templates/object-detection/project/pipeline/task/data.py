"""Read pictures and the objects in them: COCO, YOLO, Pascal VOC, or a table. Used by prepare, training and evaluation.

A row of the source is an object; `read` gathers them, so that an example is a picture with the list of its objects. A
box that cannot be used is left out and named in build/data/report.json, and so is one that is there twice; its picture
stays. A picture without objects is an example too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, LABELS, PARTLY, PLACE, PROBLEM
from pipeline.pictures import picture_files
from pipeline.pictures.boxed_rows import agreed, check, listed, unfold
from pipeline.pictures.named_pictures import Picture, look
from pipeline.reading import kinds
from pipeline.reading.annotated import objects
from pipeline.reading.notes import Unreadable
from pipeline.reading.values import boxes

PICTURE = "picture"
"""A column that is added: the digest of the picture."""
BOXES = {layout: {"box": form.order, "unit": form.unit} for layout, form in objects.FORMS.items()}
"""What the numbers of a box are, where the layout tells it."""
IN_COLUMNS = "__in_columns"
Truth = npt.NDArray[np.float64]
"""Pictures x objects x 5: the number of the class from 1 (0: no further object), x0 y0 x1 y1 in pixels."""


@dataclass(kw_only=True)
class Objects:
    """What is in one picture."""

    labels: list[str] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rows(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row an object: picture, class and box as the source has them, PLACE, and PART where it is told."""
    image, label, box = inputs["image"], outputs["label"], outputs["box"]
    if layout == "table":
        frame = unfold(table_files.read(source, (image,), (image, label)), label)
        return boxes.united(frame, box).with_columns(pl.lit(box not in frame.columns).alias(IN_COLUMNS))
    table_files.present(source)
    try:
        found = objects.read(source, layout)
    except Unreadable as error:
        raise table_files.failure(error.note) from error
    table_files.notes.extend(found.notes)
    return found.frame.rename({objects.IMAGE: image, objects.LABEL: label, objects.BOX: box})


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a picture: lists of classes and boxes (two corners in pixels), KEY, LABELS, PARTLY and PROBLEM.

    Raises Failure TS825 when no picture can be read, or more than a fifth of the boxes are not inside their pictures.
    """
    image, label, box = inputs["image"], outputs["label"], outputs["box"]
    frame = rows(source, layout, inputs, outputs)
    if not {image, label, box} <= set(frame.columns) or frame.is_empty():
        return frame
    frame = frame.with_columns(pl.col(image).cast(pl.String).str.strip_chars().replace("", None))
    pictures = look(source if source.is_dir() else source.parent, frame[image].to_list())
    found = gathered(frame.select(image, label, box, PLACE), pictures, form_of(frame, layout), source)
    first = frame.drop(IN_COLUMNS, strict=False).unique(image, keep="first", maintain_order=True)
    names = first[image].to_list()
    held = [found.get(name, Objects()) for name in names]
    seen = [pictures.get(name or "", Picture()) for name in names]
    return first.with_columns(
        pl.Series(image, [one.path for one in seen], dtype=pl.String),
        pl.Series(label, [one.labels for one in held], dtype=pl.List(pl.String)),
        pl.Series(box, [one.boxes for one in held], dtype=pl.List(pl.List(pl.Float64))),
        pl.Series(PICTURE, [one.digest for one in seen], dtype=pl.String),
        pl.Series(KEY, [one.digest for one in seen], dtype=pl.String),
        pl.Series(LABELS, [one.labels for one in held], dtype=pl.List(pl.String)),
        pl.Series(PARTLY, [one.notes for one in held], dtype=pl.List(pl.String)),
        pl.Series(PROBLEM, [one.problem for one in seen], dtype=pl.String),
    )


def form_of(frame: pl.DataFrame, layout: str) -> boxes.BoxForm:
    """Return what the numbers of the boxes are."""
    in_columns = IN_COLUMNS in frame.columns and bool(frame[IN_COLUMNS].all())
    return objects.FORMS.get(layout) or agreed(corners=in_columns)


def gathered(
    frame: pl.DataFrame, pictures: Mapping[str, Picture], form: boxes.BoxForm, source: Path
) -> dict[str | None, Objects]:
    """Return the objects of each picture, with what could not be used of them; prints how many that are."""
    names, places = frame.to_series(0).to_list(), frame[PLACE].to_list()
    labels = frame.select(kinds.label(pl.nth(1))).to_series().to_list()
    given = listed(frame.to_series(2)).to_list()
    found: dict[str | None, Objects] = {}
    odd: Counter[str] = Counter()
    problems: list[str | None] = []
    for name, label, value, place in zip(names, labels, given, places, strict=True):
        here, picture = found.setdefault(name, Objects()), pictures.get(name or "", Picture())
        problem = None
        if not picture.problem and (value is not None or label is not None):
            usable, word = boxes.fit(value, picture.size, form)
            word = word if label is not None else "is of no class"
            if usable is not None and label is not None:
                again = (label, usable) in zip(here.labels, here.boxes, strict=True)
                word = "is there twice" if again else word
                here.labels += [] if again else [label]
                here.boxes += [] if again else [usable]
            if word:
                odd[word] += 1
                problem = None if usable is not None else f"the box {value} is not inside its picture: it {word}"
                here.notes.append(f"{place}: the box {shown(value)} of `{label or ''}` {word}")
        problems.append(problem)
    boxed = [at for at, value in enumerate(given) if value is not None]
    sizes = [pictures.get(names[at] or "", Picture()).size for at in boxed]
    check([given[at] for at in boxed], sizes, form, source, [problems[at] for at in boxed])
    for word, count in odd.items():
        print(f"note: {count} boxes: each {word}", flush=True)
    return found


def shown(value: Sequence[float] | None) -> str:
    """Write a box shortly.

    >>> shown([1.0, 2.25, 3.0, 4.0]), shown(None)
    ('1 2.25 3 4', '')
    """
    return " ".join(f"{one:g}" if one is not None else "?" for one in value or ())


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    return picture_files.measure(frame) | {"objects.per_picture": float(str(frame["label"].list.len().mean() or 0.0))}


def raw(frame: pl.DataFrame) -> dict[str, list[bytes]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {"image": [Path(path).read_bytes() for path in frame["image"].to_list()]}


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> Truth:
    """Return the objects of each picture; those of other classes are left out."""
    place = {label: number for number, label in enumerate(labels, 1)}
    every = [
        [(place[label], *box) for label, box in zip(named, found, strict=True) if label in place]
        for named, found in frame.select("label", "box").iter_rows()
    ]
    made = np.zeros((len(every), max(1, *(len(one) for one in every), 1), 5))
    for index, one in enumerate(every):
        made[index, : len(one)] = np.array(one).reshape(-1, 5)
    return made
