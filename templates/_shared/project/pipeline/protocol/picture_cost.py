"""What decoding the pictures of a request costs, told by their heads, before any of them is decoded."""

import io
import math
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from pipeline.base.contract import BadRequest, Port, Raw

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""What senders may send; Pillow's other readers are not opened to them (one runs a program)."""
UNREADABLE = (
    *(EOFError, LookupError, OSError, OverflowError, SyntaxError, TypeError, ValueError),
    *(struct.error, zlib.error),
)
"""What Pillow raises on files that are cut off, damaged or none of its formats."""
LIGHT, HEAVY = 0.25, 2.0
"""What a pixel costs of the budget: a JPEG is decoded smaller; 16 bits or floats a pixel are scaled with more."""
TILE_WIDTH, TILE_HEIGHT = 322, 323
"""Tags of a TIFF, whose tiles may be larger than the picture, and are unpacked whole."""


def check_pictures(wanted: Sequence[Port], raw: Raw, most: int) -> int:
    """Read the head of every picture and return what decoding all of them costs, in pixels.

    Raises BadRequest for what is no picture, and when one or all together cost more than `most`.
    """
    total = 0
    for port in wanted:
        for data in raw[port.name] if port.kind == "image" else ():
            assert isinstance(data, bytes)
            try:
                with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                    (width, height), one = picture.size, cost(picture)
            except (*UNREADABLE, Image.DecompressionBombError) as error:
                raise BadRequest(
                    f"input `{port.name}` is not a picture that can be read: send PNG, JPEG or WebP"
                ) from error
            if one > most:
                raise BadRequest(f"input `{port.name}` is {width} x {height} pixels; at most {most} are taken")
            total += one
    if total > most:
        raise BadRequest(f"the pictures of this request have {total} pixels together; at most {most} are taken")
    return total


def cost(picture: Image.Image) -> int:
    """Return the pixels that a picture takes from the budget, by its head.

    >>> cost(Image.new("RGB", (40, 10))), cost(Image.new("F", (40, 10)))
    (400, 800)
    """
    width, height = picture.size
    tags = getattr(picture, "tag_v2", {})
    tile = [size for size in (tags.get(TILE_WIDTH), tags.get(TILE_HEIGHT)) if isinstance(size, int)]
    pixels = max(width * height, math.prod(tile) if len(tile) == 2 else 0)
    weight = LIGHT if picture.format == "JPEG" else HEAVY if picture.mode.startswith(("I", "F")) else 1.0
    return math.ceil(pixels * weight)
