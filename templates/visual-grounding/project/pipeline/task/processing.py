"""Turn pictures and phrases into tensors and the model's output into boxes: the same code in training and serving.

Used by every stage and by the server; needs numpy, Pillow and tokenizers only. A picture is turned upright as its EXIF
data says, scaled to fit a square and centred in it; boxes are in pixels of the upright picture.
Run `python -m pipeline.task.processing build/artifact photo.jpg "the left dog"` to see the tensors of one request.
"""

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError
from tokenizers import Tokenizer

Raw: TypeAlias = Mapping[str, Sequence[str | bytes]]
Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
CHARACTERS_PER_TOKEN = 16
"""Longer phrases are cut to this many characters a token before they are tokenized: time a request stays bounded."""
MOST_PIXELS = 100_000_000
"""Larger pictures are refused."""
GREY = 127
"""Around the picture in its square, and behind transparent parts."""
ORIENTATION = 0x0112
"""The EXIF tag; 5 to 8 turn the picture by a quarter."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, tokenizer: Tokenizer, *, side: int, max_length: int, pad_id: int) -> None:
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.side = side
        self.max_length = max_length
        self.pad_id = pad_id

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `pixels` (UINT8, rows x side x side x 3), `input_ids` and `attention_mask` (INT64, rows x longest).

        Raises ValueError, with a reason for the sender, when `raw` does not hold as many pictures as phrases.
        """
        pictures, phrases = column(raw, "image"), column(raw, "phrase")
        if len(pictures) != len(phrases):
            raise ValueError(f"{len(pictures)} pictures, but {len(phrases)} phrases: send a phrase for each picture")
        pixels = [square(content, f"picture {index}", self.side) for index, content in enumerate(pictures)]
        return {"pixels": np.stack(pixels), **self.pad(self.tokens(phrases))}

    def tokens(self, phrases: Sequence[object]) -> list[list[int]]:
        """Return each phrase's token ids, cut to `max_length`, without padding."""
        limit, texts = CHARACTERS_PER_TOKEN * self.max_length, []
        for index, phrase in enumerate(phrases):
            if not isinstance(phrase, str):
                raise ValueError(f"phrase {index} is {type(phrase).__name__}, not a string")
            texts.append(phrase[:limit])
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def pad(self, rows: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[np.int64]]:
        """Put token ids of unequal length into one array, with a mask of what is text."""
        width = max(1, *(len(row) for row in rows))
        ids = np.full((len(rows), width), self.pad_id, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def decode(self, tensors: Tensors, raw: Raw) -> dict[str, npt.NDArray[np.float32]]:
        """Return `box` (FP32, rows x 4: x0 y0 x1 y1 in pixels of the upright picture) and `score` (FP32, rows)."""
        regions = np.asarray(tensors["region"], dtype=np.float64)
        boxes = np.zeros((len(regions), 4), dtype=np.float32)
        for index, (region, content) in enumerate(zip(regions, column(raw, "image"), strict=True)):
            width, height = upright_size(content, f"picture {index}")
            boxes[index] = to_pixels(region, width, height, self.side)
        return {"box": boxes, "score": np.asarray(tensors["confidence"], dtype=np.float32).reshape(-1)}


def column(raw: Raw, name: str) -> Sequence[str | bytes]:
    """Return one raw input; raises ValueError when it is missing or empty."""
    values = raw.get(name)
    if values is None:
        raise ValueError(f"input `{name}` is missing")
    if len(values) == 0:
        raise ValueError(f"input `{name}` holds nothing")
    return values


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


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds tokenizer.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Processor(tokenizer, side=settings["side"], max_length=settings["max_length"], pad_id=settings["pad_id"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"side": processor.side, "max_length": processor.max_length, "pad_id": processor.pad_id}
    processor.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocess.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


FILES = ("tokenizer.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    request: dict[str, list[str | bytes]] = {"image": [Path(sys.argv[2]).read_bytes()], "phrase": [sys.argv[3]]}
    for name, array in load(Path(sys.argv[1])).encode(request).items():
        print(name, array.dtype, array.shape, array.ravel()[:16])
