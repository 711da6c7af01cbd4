"""Turn picture files into tensors and the model's output into an answer: the same code in training, tests and serving.

Used by every stage and by the server; needs numpy and Pillow only. Normalisation is inside the graph.
Run `python -m pipeline.task.processing build/artifact picture.jpg` to see the tensor of one picture.
"""

import io
import json
import struct
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]
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


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, *, labels: Sequence[str], size: int, channels: int) -> None:
        self.labels = tuple(labels)
        self.size = size
        self.channels = channels

    def encode(self, raw: Mapping[str, Sequence[bytes]]) -> dict[str, npt.NDArray[np.uint8]]:
        """Return `pixels` (UINT8, pictures x channels x size x size) for the files in `raw["image"]`.

        Raises ValueError, with a reason for the sender, when one of them is no picture that can be read.
        """
        files = raw.get("image")
        if files is None:
            raise ValueError("input `image` is missing")
        if len(files) == 0:
            raise ValueError("input `image` holds no pictures")
        pixels = [self.pixels(content, f"picture {index}") for index, content in enumerate(files)]
        return {"pixels": np.stack(pixels)}

    def pixels(self, content: object, name: str) -> npt.NDArray[np.uint8]:
        """Return one file as channels x size x size, scaled to fit and padded; raises ValueError."""
        picture, (width, height) = read(content, name, self.size)
        scale = self.size / max(width, height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        mode = "L" if self.channels == 1 else "RGB"
        picture = picture.convert(mode)
        if picture.size != inner:
            picture = picture.resize(inner, Image.Resampling.BILINEAR)
        if inner != (self.size, self.size):
            ground = Image.new(mode, (self.size, self.size), GREY if mode == "L" else (GREY, GREY, GREY))
            ground.paste(picture, ((self.size - inner[0]) // 2, (self.size - inner[1]) // 2))
            picture = ground
        values = np.asarray(picture, dtype=np.uint8)
        return values[None] if self.channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))

    def decode(self, tensors: Tensors, raw: Mapping[str, Sequence[bytes]]) -> Answer:
        """Return `label` (one a picture) and `scores` (FP32, pictures x classes, in the order of `labels`)."""
        scores = np.asarray(tensors["probabilities"], dtype=np.float32)
        return {"label": [self.labels[index] for index in scores.argmax(axis=1)], "scores": scores}


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


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    return Processor(labels=settings["labels"], size=settings["size"], channels=settings["channels"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "size": processor.size, "channels": processor.channels}
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("preprocess.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    one = load(Path(sys.argv[1])).encode({"image": [Path(sys.argv[2]).read_bytes()]})["pixels"]
    print(one.dtype, one.shape, "mean of each channel", one.mean(axis=(0, 2, 3)).round(1).tolist())
