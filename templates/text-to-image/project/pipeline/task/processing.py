"""Turn prompts and seeds into tensors and the model's output into picture files: the same code everywhere.

Used by every stage and by the server; needs numpy, tokenizers and Pillow only. The noise that a picture starts from
is made here, from the seed alone, so that a seed means the same picture at every hop.
Run `python -m pipeline.task.processing build/artifact "a cat" 7` to see the tensors of one request.
"""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image
from tokenizers import Tokenizer

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Raw: TypeAlias = Mapping[str, Sequence[str | int]]
CHARACTERS_PER_TOKEN = 16
"""Longer prompts are cut to this many characters a token before they are tokenized: time a request stays bounded."""
WORD = (1 << 64) - 1


class Processor:
    """Encode and decode for one trained model."""

    def __init__(
        self, tokenizer: Tokenizer, *, size: int, channels: int, max_length: int, pad_id: int, padded: bool = False
    ) -> None:
        """Take the tokenizer and the shapes; `padded` makes every prompt `max_length` tokens long."""
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.size, self.channels = size, channels
        self.max_length, self.pad_id, self.padded = max_length, pad_id, padded

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `input_ids`, `attention_mask` (INT64) and `noise` (FP32) for `raw["prompt"]` and `raw["seed"]`.

        Raises ValueError, with a reason for the sender, when one of them is missing or of another type.
        """
        prompts, seeds = taken(raw, "prompt"), taken(raw, "seed")
        if len(prompts) != len(seeds):
            raise ValueError(f"there are {len(prompts)} prompts and {len(seeds)} seeds")
        texts: list[str] = []
        for index, prompt in enumerate(prompts):
            if not isinstance(prompt, str):
                raise ValueError(f"prompt {index} is {type(prompt).__name__}, not a string")
            texts.append(prompt)
        for index, seed in enumerate(seeds):
            if not isinstance(seed, int | np.integer):
                raise ValueError(f"seed {index} is {type(seed).__name__}, not an integer")
        return {**self.tokens(texts), "noise": np.stack([self.noise(int(str(seed))) for seed in seeds])}

    def tokens(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.generic]]:
        """Return the token ids of prompts, padded, with a mask of what is text."""
        limit = CHARACTERS_PER_TOKEN * self.max_length
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch([text[:limit] for text in texts])]
        width = self.max_length if self.padded else max(1, *(len(row) for row in rows))
        ids = np.full((len(rows), width), self.pad_id, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def noise(self, seed: int) -> npt.NDArray[np.float32]:
        """Return the noise of a seed (channels x size x size)."""
        chance = np.random.Generator(np.random.PCG64(seed & WORD))
        return chance.standard_normal((self.channels, self.size, self.size), dtype=np.float32)

    def decode(self, tensors: Tensors, raw: Raw) -> dict[str, list[bytes]]:
        """Return `image` (one PNG file a prompt) for `picture` (FP32, values 0..1)."""
        values = np.rint(np.clip(tensors["picture"].astype(np.float32), 0, 1) * 255).astype(np.uint8)
        return {"image": [png(one) for one in values]}


def taken(raw: Raw, name: str) -> Sequence[str | int]:
    """Return one raw input; raises ValueError when it is missing or empty."""
    values = raw.get(name)
    if values is None:
        raise ValueError(f"input `{name}` is missing")
    if len(values) == 0:
        raise ValueError(f"input `{name}` holds nothing")
    return values


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG file for channels x height x width."""
    stream = io.BytesIO()
    Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)).save(stream, "PNG")
    return stream.getvalue()


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds tokenizer.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    return Processor(Tokenizer.from_file(str(folder / "tokenizer.json")), **settings)


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {name: getattr(processor, name) for name in SETTINGS}
    processor.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocess.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


SETTINGS = ("size", "channels", "max_length", "pad_id", "padded")
FILES = ("tokenizer.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    request: Raw = {"prompt": [sys.argv[2]], "seed": [int(sys.argv[3])]}
    for name, array in load(Path(sys.argv[1])).encode(request).items():
        print(name, array.dtype, array.shape, array.ravel()[:12])
