"""Turn pictures and phrases into tensors and the model's output into boxes: the same code in training and serving.

Used by every stage and by the server; needs numpy, Pillow and tokenizers only. A picture is turned upright as its EXIF
data says, scaled to fit a square and centred in it; boxes are in pixels of the upright picture.
Run `python -m pipeline.task.processing build/artifact photo.jpg "the left dog"` to see the tensors of one request.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from pipeline.pictures.squares import square, to_pixels, upright_size

Raw: TypeAlias = Mapping[str, Sequence[str | bytes]]
Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
CHARACTERS_PER_TOKEN = 16
"""Longer phrases are cut to this many characters a token before they are tokenized: time a request stays bounded."""


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
