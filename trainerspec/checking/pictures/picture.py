"""One picture: whether it can be read, and what is compared of it."""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageStat, UnidentifiedImageError

ORIENTATION = 0x0112
SIDEWAYS = range(5, 9)
"""EXIF orientations in which width and height change places."""
FLAT = 1.5
"""Standard deviation of grey values, of 255, below which a picture is of one colour."""
SIDE = 16
"""Pictures are compared as grey squares of this side."""
UNREADABLE = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error, zlib.error),
    *(Image.DecompressionBombError, OverflowError, EOFError),
)
"""What Pillow raises on files that are cut off, damaged or no pictures."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is known of a picture file; sizes are as it is shown."""

    problem: str = ""
    """Why it cannot be read; empty for others."""
    width: int = 0
    height: int = 0
    format: str = ""
    orientation: int = 1
    spread: float = 0.0
    """Standard deviation of its grey values, or of its transparency where that varies more."""
    hash: int = 0
    """64 bits: whether each of 8 x 8 fields is darker than its neighbour (difference hash)."""
    small: bytes = b""
    """Grey, SIDE x SIDE."""
    digest: str = ""
    """sha256 of the file."""

    @property
    def ratio(self) -> float:
        """Return the longer side by the shorter one."""
        return max(self.width, self.height) / max(1, min(self.width, self.height))


@lru_cache(maxsize=200_000)
def look(path: Path) -> Picture:
    """Open and decode a picture."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Picture(problem="it is not there")
    except OSError as error:
        return Picture(problem=(error.strerror or "it cannot be opened").lower())
    if not content:
        return Picture(problem="the file is empty")
    try:
        with Image.open(path) as picture:
            orientation = int(picture.getexif().get(ORIENTATION, 1))
            width, height = picture.size[::-1] if orientation in SIDEWAYS else picture.size
            form = str(picture.format)
            picture.draft("L", (128, 128))
            grey = gray(picture)
    except UNREADABLE as error:
        return Picture(problem=" ".join(str(error).split())[:120].replace(str(path), path.name) or "it is no picture")
    rows = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = (rows[at * 9 + x] < rows[at * 9 + x + 1] for at in range(8) for x in range(8))
    return Picture(
        width=width,
        height=height,
        format=form,
        orientation=orientation,
        spread=float(ImageStat.Stat(grey).stddev[0]),
        hash=sum(bit << at for at, bit in enumerate(bits)),
        small=grey.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes(),
        digest=hashlib.sha256(content).hexdigest()[:32],
    )


def gray(picture: Image.Image) -> Image.Image:
    """Return a picture in 8-bit grey: more bits are scaled, what is transparent is white, unless only that varies."""
    if picture.mode.startswith("I") or picture.mode == "F":
        wide = picture.convert("F")
        low, high = (float(str(one)) for one in wide.getextrema())
        scale = 255 / (high - low) if high - low > 255 else 1.0
        return wide.point(lambda value: value * scale - (low * scale if scale != 1.0 else 0.0)).convert("L")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("L")
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    shown = Image.alpha_composite(white, clear).convert("L")
    alpha = clear.getchannel("A")
    return alpha if ImageStat.Stat(shown).stddev[0] < FLAT <= ImageStat.Stat(alpha).stddev[0] else shown
