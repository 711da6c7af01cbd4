"""Synthetic pictures for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data.

They vary in size, colour, mode and file format, because what breaks on the way is rarely the plain case.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image


def scene(width: int, height: int, seed: int) -> npt.NDArray[np.uint8]:
    """Return soft colours with an ellipse and a bar (height x width x 3)."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height, 2)
    ground, shape, bar = chance.integers(0, 256, (3, 3))
    values = ground * 0.6 + 60 * np.sin(6 * x + 4 * y)[..., None]
    centre = chance.uniform(0.3, 0.6, 2)
    inside = ((x - centre[0]) / 0.3) ** 2 + ((y - centre[1]) / 0.2) ** 2 < 1
    values[inside] = shape
    values[np.abs(y - 0.8 * x - 0.1) < 0.05] = bar
    pixels: npt.NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
    return pixels


def file(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return an encoded file."""
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def turned(picture: Image.Image) -> bytes:
    """Return a JPEG that says it is to be shown turned by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return file(picture, "JPEG", quality=90, exif=exif)


def pictures() -> list[bytes]:
    """Return one file of each kind that a request may hold."""
    one, other = Image.fromarray(scene(64, 64, 1)), Image.fromarray(scene(320, 200, 2))
    alpha = Image.fromarray(np.tile(np.linspace(0, 255, 96, dtype=np.uint8), (96, 1)))
    clear = Image.fromarray(scene(96, 96, 3)).convert("RGBA")
    clear.putalpha(alpha)
    deep = Image.fromarray(scene(48, 48, 4)[..., 0].astype(np.uint16) * 257)
    return [
        file(one, "PNG"),
        file(one.convert("L"), "PNG"),
        file(Image.fromarray(scene(28, 28, 5)).convert("L"), "PNG"),
        file(other, "JPEG", quality=85),
        turned(other),
        file(other.convert("CMYK"), "JPEG", quality=85),
        file(clear, "PNG"),
        file(one.convert("P"), "GIF", save_all=True, append_images=[Image.fromarray(scene(64, 64, 6)).convert("P")]),
        file(deep, "PNG"),
        file(Image.fromarray(scene(40, 300, 7)), "PNG"),
        file(other, "WEBP", lossless=True),
        file(one.convert("1"), "BMP"),
        file(Image.fromarray(scene(1, 1, 8)), "PNG"),
    ]


RAW: dict[str, list[bytes]] = {"image": pictures()}
