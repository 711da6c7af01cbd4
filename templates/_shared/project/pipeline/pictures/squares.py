"""Fit pictures of any size and kind into a square, upright, and carry boxes there and back: training and serving alike.

A picture is turned upright as its EXIF data says, scaled to fit the square and centred in it, on grey. A box in pixels
is one of the upright picture; a region is a box in shares of the square. Needs numpy and Pillow alone.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 100_000_000
"""Larger pictures are refused."""
GREY = 127
"""Around the picture in its square, and behind transparent parts."""
ORIENTATION = 0x0112
"""The EXIF tag; 5 to 8 turn the picture by a quarter."""
FINE = 1 << 20
"""A side so large that rounding to whole pixels does not show."""


def square(content: object, name: str, side: int) -> npt.NDArray[np.uint8]:
    """Return an encoded picture as RGB in its square (side x side x 3); raises ValueError that starts with `name`."""
    with opened(content, name) as picture:
        size = upright(picture)
        left, top, inner_width, inner_height = placement(*size, side)
        picture.draft("RGB", (side, side))
        colours = rgb(ImageOps.exif_transpose(picture))
    if colours.size != (inner_width, inner_height):
        colours = colours.resize((inner_width, inner_height), Image.Resampling.BILINEAR)
    whole = np.full((side, side, 3), GREY, dtype=np.uint8)
    whole[top : top + inner_height, left : left + inner_width] = np.asarray(colours)
    return whole


def upright_size(content: object, name: str) -> tuple[int, int]:
    """Return width and height of an encoded picture as it is shown; raises ValueError that starts with `name`."""
    with opened(content, name) as picture:
        return upright(picture)


@contextmanager
def opened(content: object, name: str) -> Iterator[Image.Image]:
    """Open an encoded picture; what Pillow says against it becomes a ValueError that starts with `name`."""
    if not isinstance(content, bytes):
        raise ValueError(f"{name} is {type(content).__name__}, not the bytes of a picture file")
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"it has {picture.width} x {picture.height} pixels, more than {MOST_PIXELS}")
            yield picture
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is not a picture that can be read") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} cannot be read: {error}") from error


def upright(picture: Image.Image) -> tuple[int, int]:
    """Return width and height as they are after the turn that the EXIF data asks for."""
    turned = picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (picture.height, picture.width) if turned else (picture.width, picture.height)


def rgb(picture: Image.Image) -> Image.Image:
    """Make a picture of any mode in RGB: the first frame, on grey where it is transparent, 16-bit grey scaled to 8."""
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.float64)
        picture = Image.fromarray((values / max(255.0, float(values.max())) * 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (GREY, GREY, GREY, 255))
        return Image.alpha_composite(ground, clear).convert("RGB")
    return picture.convert("RGB")


def placement(width: int, height: int, side: int) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a picture in its square.

    >>> placement(400, 200, 224)
    (0, 56, 224, 112)
    """
    scale = side / max(width, height)
    inner_width, inner_height = max(1, round(width * scale)), max(1, round(height * scale))
    return (side - inner_width) // 2, (side - inner_height) // 2, inner_width, inner_height


def to_region(box: npt.ArrayLike, width: int, height: int, side: int) -> npt.NDArray[np.float64]:
    """Turn a box in pixels into shares of the square."""
    left, top, inner_width, inner_height = placement(width, height, side)
    x, y = inner_width / width, inner_height / height
    return (np.asarray(box, dtype=np.float64) * (x, y, x, y) + (left, top, left, top)) / side


def to_pixels(region: npt.NDArray[np.float64], width: int, height: int, side: int) -> npt.NDArray[np.float64]:
    """Turn shares of the square into a box in pixels, inside the picture."""
    left, top, inner_width, inner_height = placement(width, height, side)
    x, y = width / inner_width, height / inner_height
    box = (region * side - (left, top, left, top)) * (x, y, x, y)
    return np.clip(box, 0, (width, height, width, height))
