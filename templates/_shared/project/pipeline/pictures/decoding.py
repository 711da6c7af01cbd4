"""Decode picture files of any kind: training and evaluation see the same pixels."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
GREY = 127
"""What is behind transparent pixels and around pictures that are not square."""
MOST_PIXELS = 64_000_000
"""Larger pictures are refused: time and memory a request stay bounded."""
ORIENTATION = 0x0112
"""The EXIF tag that says how a picture is turned."""
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on files that are cut off, damaged or none of its formats."""


def square(path: str, size: int, channels: int) -> npt.NDArray[np.uint8]:
    """Return a file as channels x size x size, scaled to fill the square and cut; raises ValueError."""
    picture, _ = read(Path(path).read_bytes(), path, size)
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (size, size):
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.BOX)
    values = np.asarray(picture, dtype=np.uint8)
    return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))


def read(content: object, name: str, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return a file's first frame, upright, in L or RGB, and its width and height as it is shown.

    A JPEG much larger than `side` is decoded smaller. Raises ValueError that starts with `name`.
    """
    if not isinstance(content, bytes):
        raise ValueError(f"{name} is {type(content).__name__}, not the bytes of a picture file")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise ValueError(f"{width} x {height} pixels are more than {MOST_PIXELS}")
            if picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            picture.draft(None, (2 * side, 2 * side))
            picture.load()
            return plain(ImageOps.exif_transpose(picture)), (width, height)
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        reason = str(error).replace(" <_io.BytesIO object at ", " ").split(" 0x")[0] or type(error).__name__
        raise ValueError(f"{name} cannot be read: {reason}") from error


def turned(content: bytes) -> bool:
    """Tell whether a picture's EXIF data says that it is shown turned or mirrored."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        return picture.getexif().get(ORIENTATION, 1) in range(2, 9)


def plain(picture: Image.Image) -> Image.Image:
    """Return a picture of any mode in L or RGB: on grey where it is transparent, 16-bit grey scaled to 8 bits."""
    if picture.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(picture).astype(np.float64))
        top = 65535.0 if picture.mode.startswith("I") and values.max() > 255 else 1.0 if values.max() <= 1 else 255.0
        return Image.fromarray(np.clip(values / top * 255, 0, 255).round().astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, (GREY, GREY, GREY, 255)), clear).convert("RGB")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
