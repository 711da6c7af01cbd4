"""Drawn pictures for the golden examples of tasks about things in pictures; none is user data.

They vary in size, shape, mode and orientation, because what breaks on the way is rarely the plain case. All are PNG:
its pixels are the same whatever library decodes it.
"""

import io

from PIL import Image, ImageDraw

Shape = tuple[str, tuple[int, int, int, int], str]


def picture(size: tuple[int, int], ground: str, shapes: list[Shape], mode: str = "RGB", orientation: int = 1) -> bytes:
    """Draw shapes (kind, box, colour) on a ground and return the PNG file."""
    canvas = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(canvas)
    for kind, box, colour in shapes:
        (pen.ellipse if kind == "ball" else pen.rectangle)(box, fill=colour)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    canvas.convert(mode).save(file, "PNG", exif=exif)
    return file.getvalue()


BALLS: list[Shape] = [("ball", (10, 60, 60, 110), "red"), ("ball", (90, 20, 150, 80), "blue")]
BOXES: list[Shape] = [
    ("box", (20, 10, 60, 50), "green"),
    ("box", (30, 90, 90, 150), "orange"),
    ("ball", (110, 60, 140, 90), "white"),
]
