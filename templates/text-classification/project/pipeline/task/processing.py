"""Turn raw texts into tensors and the model's output into an answer: the same code in training, tests and serving.

Used by every stage and by the server; needs numpy and tokenizers only.
Run `python -m pipeline.task.processing build/artifact "a text"` to see the tensors of one text.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]
CHARACTERS_PER_TOKEN = 16
"""Longer texts are cut to this many characters a token before they are tokenized: time a request stays bounded."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, tokenizer: Tokenizer, *, labels: Sequence[str], max_length: int, pad_id: int) -> None:
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.max_length = max_length
        self.pad_id = pad_id

    def encode(self, raw: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.int64]]:
        """Return `input_ids` and `attention_mask` (INT64, texts x longest text) for `raw["text"]`.

        Raises ValueError, with a reason for the sender, when `raw` holds no texts.
        """
        texts = raw.get("text")
        if texts is None:
            raise ValueError("input `text` is missing")
        if len(texts) == 0:
            raise ValueError("input `text` holds no texts")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise ValueError(f"text {index} is {type(text).__name__}, not a string")
        return self.pad(self.tokens(texts))

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's token ids, cut to `max_length`, without padding."""
        limit = CHARACTERS_PER_TOKEN * self.max_length
        return [encoding.ids for encoding in self.tokenizer.encode_batch([text[:limit] for text in texts])]

    def pad(self, rows: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[np.int64]]:
        """Put token ids of unequal length into one array, with a mask of what is text."""
        width = max(1, *(len(row) for row in rows))
        ids = np.full((len(rows), width), self.pad_id, dtype=np.int64)
        mask = np.zeros((len(rows), width), dtype=np.int64)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def decode(self, tensors: Tensors, raw: Mapping[str, Sequence[str]]) -> Answer:
        """Return `label` (one a text) and `scores` (FP32, texts x classes, in the order of `labels`)."""
        scores = np.asarray(tensors["probabilities"], dtype=np.float32)
        return {"label": [self.labels[index] for index in scores.argmax(axis=1)], "scores": scores}


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds tokenizer.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Processor(tokenizer, labels=settings["labels"], max_length=settings["max_length"], pad_id=settings["pad_id"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "max_length": processor.max_length, "pad_id": processor.pad_id}
    processor.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("tokenizer.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    print({name: array.tolist() for name, array in load(Path(sys.argv[1])).encode({"text": sys.argv[2:]}).items()})
