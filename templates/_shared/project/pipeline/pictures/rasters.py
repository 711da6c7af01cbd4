"""Turn what the data says of regions into numbers for pixels: values of masks, and outlines of annotations."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.pictures.label_maps import Numbers
from pipeline.reading.annotated import masks, outlines
from pipeline.reading.annotated.class_values import BACKGROUND, Value
from pipeline.reading.annotated.outlines import Outlined

IGNORED = 255
"""The number of pixels that count for nothing."""
ORIENTATION = 0x0112
TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
"""How the values of the EXIF tag turn a picture."""


def of_mask(path: Path, names: Mapping[Value, str], labels: Sequence[str], *, soft: bool) -> Numbers:
    """Return the place among `labels` of each pixel's class, IGNORED where it has none.

    Raises OSError, ValueError or SyntaxError for a file that is damaged.
    """
    coloured = any(isinstance(value, tuple) for value in names)
    with Image.open(path) as opened:
        pixels = np.asarray(masks.colours(opened, coloured=coloured)).astype(np.int64)
    if soft:
        pixels = np.where(pixels >= masks.HALF, 255, 0)
    if pixels.ndim == 3:
        pixels = (pixels << np.array([16, 8, 0])).sum(axis=2) if coloured else pixels[:, :, 0]
    known = sorted((packed(value), labels.index(name)) for value, name in names.items() if name in labels)
    values, places = np.array(known, dtype=np.int64).reshape(-1, 2).T
    at = np.minimum(np.searchsorted(values, pixels), max(0, len(values) - 1))
    found = np.where(values[at] == pixels, places[at], IGNORED) if len(values) else np.full(pixels.shape, IGNORED)
    return found.astype(np.uint8)


def packed(value: Value) -> int:
    """Return a value as one number.

    >>> packed(7), packed((1, 0, 2))
    (7, 65538)
    """
    return value if isinstance(value, int) else (value[0] << 16) | (value[1] << 8) | value[2]


def upright(numbers: Numbers, picture: Path, size: tuple[int, int]) -> Numbers:
    """Turn a mask that is stored as its picture is, where that is shown turned: `size` is as it is shown."""
    if numbers.shape == (size[1], size[0]):
        return numbers
    with Image.open(picture) as opened:
        turns = TURNS.get(opened.getexif().get(ORIENTATION, 1), ())
    turned = Image.fromarray(numbers)
    for turn in turns:
        turned = turned.transpose(turn)
    found: Numbers = np.asarray(turned)
    return found


def of_outlines(one: Outlined, size: tuple[int, int], labels: Sequence[str]) -> tuple[Numbers, list[str]]:
    """Return the same of outlines, smaller over larger, and what could not be drawn; `size` is width and height."""
    ground = labels.index(BACKGROUND) if BACKGROUND in labels else IGNORED
    numbers = np.full((size[1], size[0]), ground, dtype=np.uint8)
    notes = []
    for shape in sorted(one.shapes, key=lambda shape: -shape.area):
        number = labels.index(shape.label) if shape.label in labels else IGNORED
        region = drawn(shape.outline, size)
        if region is None:
            notes.append(f"{one.place}: run lengths of `{shape.label}` are of another size than the picture")
            continue
        numbers[region] = number
    return numbers, notes


def drawn(outline: object, size: tuple[int, int]) -> npt.NDArray[np.bool_] | None:
    """Return which pixels an outline covers (height x width); None where its run lengths are of another size.

    >>> drawn([[0, 0, 2, 0, 2, 1, 0, 1]], (3, 2)).astype(int).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    if isinstance(outline, Mapping):
        height, width, counts = outlines.runs(outline)
        if (width, height) != size or sum(counts) != width * height or min(counts, default=0) < 0:
            return None
        flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
        return flat.reshape(width, height).T
    listed = outline if isinstance(outline, list) and isinstance(outline[0], list) else [outline]
    covered = np.zeros((size[1], size[0]), dtype=np.bool_)
    for points in map(outlines.polygon, listed):
        covered |= filled(points, size)
    return covered


def filled(points: Sequence[float], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return which pixels have their middle in a polygon (x0, y0, ...): an odd number of edges lies left of it."""
    width, height = size
    crossed = np.zeros((height, width + 1), dtype=np.bool_)
    corners = np.array(points, dtype=np.float64).reshape(-1, 2)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = np.clip(np.ceil(np.array(sorted((y0, y1))) - 0.5), 0, height).astype(np.int64)
        rows = np.arange(low, high)
        x = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0) if len(rows) else rows
        crossed[rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)] ^= True
    inside: npt.NDArray[np.bool_] = np.logical_xor.accumulate(crossed[:, :width], axis=1)
    return inside
