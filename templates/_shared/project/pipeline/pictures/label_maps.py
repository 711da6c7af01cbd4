"""Maps of classes: a number for each pixel of a picture, as a PNG with a palette. Needs numpy and Pillow alone."""

import colorsys
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

Numbers = npt.NDArray[np.uint8]
HUES = ("#2f7de1", "#1f9d55", "#c2410c", "#9333ea", "#be185d", "#0e7490", "#a16207", "#4d7c0f")
"""Colours of the first classes, as on the server's page."""
GROUND = "background"
"""The class that is drawn in black."""
GOLDEN = 0.618033988749895
"""Steps on the circle of colours that never come near an earlier one (the golden ratio)."""


def palette(labels: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return a colour for each class.

    >>> palette(["background", "cat"])
    [(0, 0, 0), (47, 125, 225)]
    """
    shown = [label for label in labels if label != GROUND]
    colours = {label: _colour(number) for number, label in enumerate(shown)}
    return [colours.get(label, (0, 0, 0)) for label in labels]


def _colour(number: int) -> tuple[int, int, int]:
    if number < len(HUES):
        red, green, blue = bytes.fromhex(HUES[number][1:])
        return red, green, blue
    parts = colorsys.hls_to_rgb(number * GOLDEN % 1.0, 0.35 + 0.1 * (number % 4), 0.7)
    red, green, blue = (round(255 * part) for part in parts)
    return red, green, blue


def encoded(numbers: Numbers, colours: Sequence[tuple[int, int, int]] = (), *, level: int = 6) -> bytes:
    """Return a map (height x width) as a PNG; pixels hold its numbers, which `colours` only show."""
    picture = Image.fromarray(numbers)
    if colours:
        picture.putpalette([part for colour in colours for part in colour])
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=level)
    return file.getvalue()


def decoded(content: bytes) -> Numbers:
    """Return the numbers of a map that `encoded` wrote."""
    with Image.open(io.BytesIO(content)) as picture:
        numbers: Numbers = np.asarray(picture)
    return numbers


def coloured(numbers: Numbers, colours: Sequence[tuple[int, int, int]]) -> Numbers:
    """Return a map in colours (height x width x 3)."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(colours)] = colours
    found: Numbers = table[numbers]
    return found


def resized(numbers: Numbers, width: int, height: int) -> Numbers:
    """Return a map in another size; each pixel takes the number at its middle."""
    picture = Image.fromarray(numbers).resize((width, height), Image.Resampling.NEAREST)
    found: Numbers = np.asarray(picture)
    return found
