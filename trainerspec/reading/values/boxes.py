"""Boxes as people keep them: four columns or a list, corners or sizes, pixels or shares of the picture."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

Order = Literal["xyxy", "xywh", "cxcywh"]
CORNERS = (
    *(("x0", "y0", "x1", "y1"), ("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax")),
    *(("x_min", "y_min", "x_max", "y_max"), ("left", "top", "right", "bottom"), ("xtl", "ytl", "xbr", "ybr")),
)
SIZES = (
    *(("x", "y", "w", "h"), ("x", "y", "width", "height"), ("left", "top", "width", "height")),
    *(("bbox_x", "bbox_y", "bbox_w", "bbox_h"), ("x_min", "y_min", "width", "height"), ("xmin", "ymin", "w", "h")),
)
CENTRES = (
    *(("cx", "cy", "w", "h"), ("x_center", "y_center", "width", "height"), ("xc", "yc", "w", "h")),
    *(("x_centre", "y_centre", "width", "height"), ("center_x", "center_y", "width", "height")),
)
NAMED: tuple[tuple[Order, tuple[tuple[str, ...], ...]], ...] = (("xyxy", CORNERS), ("cxcywh", CENTRES), ("xywh", SIZES))
"""What four columns of a box are called, in lower case."""
OVERHANG = 0.1
"""Share of a box's width or height that may lie outside the picture; it is cut off."""
SLACK = 3.0
"""Pixels that may lie outside whatever the size, up to half of it."""
TWICE = 2.0
"""Number in a box from which it is none of shares of the picture."""
MANY = 0.2
"""Share of the boxes that do not fit from which another form is meant."""


@dataclass(frozen=True, kw_only=True)
class BoxForm:
    order: Order = "xyxy"
    """Two corners, a corner and a size, or a centre and a size."""
    unit: Literal["pixels", "share"] = "pixels"


FORMS = (
    *(BoxForm(order="xyxy"), BoxForm(order="xywh"), BoxForm(order="cxcywh")),
    *(BoxForm(order="xyxy", unit="share"), BoxForm(order="xywh", unit="share"), BoxForm(order="cxcywh", unit="share")),
)


def named(columns: Iterable[str]) -> tuple[Order, tuple[str, ...]] | None:
    """Return the four columns that hold a box, with what they are; None where there are none.

    >>> named(["file", "Xmin", "ymin", "xmax", "ymax"]), named(["file", "x", "y"])
    (('xyxy', ('Xmin', 'ymin', 'xmax', 'ymax')), None)
    """
    own = {name.lower(): name for name in columns}
    for order, several in NAMED:
        for four in several:
            if all(name in own for name in four):
                return order, tuple(own[name] for name in four)
    return None


def united(frame: pl.DataFrame, box: str) -> pl.DataFrame:
    """Add a column of boxes, as two corners, where four columns hold them; other frames come back as they are.

    >>> united(pl.DataFrame({"x": [1], "y": [2], "w": [3], "h": ["4"]}), "box")["box"].to_list()
    [[1.0, 2.0, 4.0, 6.0]]
    """
    found = named(frame.columns) if box not in frame.columns else None
    if found is None:
        return frame
    order, four = found
    a, b, c, d = (pl.col(name).cast(pl.Float64, strict=False) for name in four)
    ways = {
        "xyxy": (a, b, c, d),
        "xywh": (a, b, a + c, b + d),
        "cxcywh": (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    }
    numbers = [one.alias(name) for one, name in zip(ways[order], ("x0", "y0", "x1", "y1"), strict=True)]
    corners = frame.select(numbers)
    none = corners.select(pl.any_horizontal(pl.all().is_null())).to_series()
    made = corners.select(pl.concat_list(pl.all())).to_series().alias(box)
    return frame.with_columns(_without(made, none) if bool(none.any()) else made)


def _without(boxes: pl.Series, none: pl.Series) -> pl.Series:
    values = [None if gone else box for box, gone in zip(boxes.to_list(), none.to_list(), strict=True)]
    return pl.Series(boxes.name, values, dtype=pl.List(pl.Float64))


def numbers(values: pl.Series) -> pl.Series:
    """Return boxes as lists of numbers; texts such as `[1, 2, 3, 4]` or `1 2 3 4` are read too. Raises PolarsError."""
    if values.dtype == pl.String:
        values = values.str.extract_all(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
    return values.cast(pl.List(pl.Float64))


def corners(box: Sequence[float], form: BoxForm, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return a box as two corners in pixels.

    >>> corners([0.5, 0.5, 0.5, 1.0], BoxForm(order="cxcywh", unit="share"), (100, 50))
    (25.0, 0.0, 75.0, 50.0)
    """
    a, b, c, d = box
    wide, high = size if form.unit == "share" else (1, 1)
    a, b, c, d = a * wide, b * high, c * wide, d * high
    if form.order == "xywh":
        return a, b, a + c, b + d
    return (a - c / 2, b - d / 2, a + c / 2, b + d / 2) if form.order == "cxcywh" else (a, b, c, d)


def fit(
    box: Sequence[float | None] | None, size: tuple[int, int], form: BoxForm | None = None
) -> tuple[list[float] | None, str]:
    """Return a box as two corners inside its picture, and what is odd about it; no box where it cannot be used.

    >>> fit([10, 10, 30, 20], (100, 50)), fit([10, 10, 101, 20], (100, 50))
    (([10.0, 10.0, 30.0, 20.0], ''), ([10.0, 10.0, 100.0, 20.0], 'reaches over the edge'))
    >>> fit([0.1, 0.2, 0.5, 0.9], (100, 50))[1]
    'has shares where the others have pixels'
    >>> fit([30, 10, 10, 20], (100, 50))[1], fit([5, 5, 5, 9], (100, 50))[1], fit([200, 5, 210, 9], (100, 50))[1]
    ('has its corners in reverse order', 'has no width or height', 'lies outside')
    """
    if box is None or len(box) != 4 or any(value is None or not math.isfinite(value) for value in box):
        return None, "is no box of four numbers"
    form, known = form or BoxForm(), [float(value) for value in box if value is not None]
    largest = max(map(abs, known))
    if form.unit == "share" and largest > TWICE:
        return None, "has pixels where the others have shares"
    if form.unit == "pixels" and largest <= 1 and any(value % 1 for value in known):
        return None, "has shares where the others have pixels"
    x0, y0, x1, y1 = corners(known, form, size)
    if x1 < x0 or y1 < y0:
        return None, "has its corners in reverse order"
    if x1 == x0 or y1 == y0:
        return None, "has no width or height"
    inside = [max(0.0, x0), max(0.0, y0), min(float(size[0]), x1), min(float(size[1]), y1)]
    wide, high = inside[2] - inside[0], inside[3] - inside[1]
    if min(wide, high) <= 0:
        return None, "lies outside"
    for inner, outer in ((wide, x1 - x0), (high, y1 - y0)):
        if outer - inner > max(OVERHANG * outer, min(SLACK, outer / 2)):
            return None, "reaches far over the edge"
    return inside, "" if inside == [x0, y0, x1, y1] else "reaches over the edge"


def meant(boxes: Sequence[Sequence[float | None] | None], sizes: Sequence[tuple[int, int]], form: BoxForm) -> BoxForm:
    """Return the form in which the boxes fit their pictures: the given one, unless many do not fit in it.

    Boxes whose numbers lie between 0 and 1 are shares of the picture; so are others beside many of them, or they are
    faults.

    >>> meant([[0.1, 0.1, 0.5, 0.4]] * 5, [(640, 480)] * 5, BoxForm()).unit
    'share'
    >>> meant([[60, 10, 30, 20], [70, 5, 20, 9]], [(100, 50)] * 2, BoxForm()).order
    'xywh'
    """
    there = [(box, size) for box, size in zip(boxes, sizes, strict=True) if box is not None and min(size) > 1]
    if not there:
        return form
    largest = [
        max((abs(one) for one in box if one is not None and math.isfinite(one)), default=0.0) for box, _ in there
    ]
    edge = 1.0 + OVERHANG if form.unit == "share" else 1.0
    small = sum(one <= edge for one in largest) >= (1 - MANY) * len(largest)
    if small == (form.unit == "share") and _fitting(there, form) >= 1 - MANY:
        return form
    likely = [one for one in FORMS if (one.unit == "share") == small]
    usual = "cxcywh" if small else "xywh"  # of shares YOLO's, of pixels COCO's, where both fit alike

    def rank(one: BoxForm) -> tuple[bool, bool, float, bool]:
        share = _fitting(there, one)
        return share >= 1 - MANY, one.order == form.order, share, one.order == usual

    best = max(likely, key=rank)
    return best if _fitting(there, best) >= 1 - MANY else form


def told(form: BoxForm) -> str:
    """Say what the numbers of a box are.

    >>> told(BoxForm()), told(BoxForm(order="cxcywh", unit="share"))
    ('x0 y0 x1 y1 in pixels', 'the centre, width and height in shares of the picture')
    """
    words = {"xyxy": "x0 y0 x1 y1", "xywh": "x y width height", "cxcywh": "the centre, width and height"}
    return f"{words[form.order]} in {'pixels' if form.unit == 'pixels' else 'shares of the picture'}"


def _fitting(there: Sequence[tuple[Sequence[float | None], tuple[int, int]]], form: BoxForm) -> float:
    return sum(fit(box, size, form)[0] is not None for box, size in there) / len(there)
