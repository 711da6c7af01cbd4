"""Turn raw texts into tensors and the model's output into an answer: the same code in training, tests and serving.

A text in several columns is read as one: a line `column: value` for each that has a value. Where that is too long, the
longest columns are cut first. What `mask_pii` masks in the data is masked in requests too.
Used by every stage and by the server; needs numpy and tokenizers only.
Run `python -m pipeline.task.processing build/artifact "a text"` to see the tensors of one text (or one text a column).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from pipeline.reading.values import joined_texts, personal
from pipeline.texts.answers import Answer, answer
from pipeline.texts.fields import FIELDS, checked

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
CHARACTERS_PER_TOKEN = 16
"""Longer texts are cut to this many characters a token before they are tokenized: time a request stays bounded."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        labels: Sequence[str],
        max_length: int,
        pad_id: int,
        fields: Sequence[str] = FIELDS,
        mask: Sequence[str] = (),
    ) -> None:
        tokenizer.enable_truncation(max_length)
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.max_length = max_length
        self.pad_id = pad_id
        self.fields = tuple(fields)
        self.mask = tuple(mask)

    def encode(self, raw: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.int64]]:
        """Return `input_ids` and `attention_mask` (INT64, texts x longest text) for the texts of `raw`.

        Raises ValueError, with a reason for the sender, when `raw` holds no texts.
        """
        return self.pad(self.rows(raw))

    def rows(self, raw: Mapping[str, Sequence[str]]) -> list[list[int]]:
        """Return each row's token ids, at most `max_length`. Raises ValueError as `encode` does."""
        columns = checked(raw, self.fields)
        if self.mask:
            columns = {name: [personal.masked(text, self.mask) for text in texts] for name, texts in columns.items()}
        found = self.tokens(joined_texts.joined(columns))
        for index, ids in enumerate(found if len(columns) > 1 else ()):
            if len(ids) >= self.max_length:
                parts = [(name, values[index]) for name, values in columns.items()]
                found[index] = self.tokens([joined_texts.row(self.shortened(parts))])[0]
        return found

    def shortened(self, parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Cut the longest columns of one row, so that all together have room."""
        limit = CHARACTERS_PER_TOKEN * self.max_length
        encodings = self.tokenizer.encode_batch([value[:limit] for _, value in parts], add_special_tokens=False)
        names = self.tokens([f"{name}:" for name, _ in parts])
        lengths = [len(encoding.ids) for encoding in encodings]
        kept = shares(lengths, self.max_length - sum(map(len, names)))
        cut = zip(parts, encodings, kept, strict=True)
        return [(name, value[: encoding.offsets[most - 1][1]] if most else "") for (name, value), encoding, most in cut]

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
        """Return the answer for each text, in the order of `labels`."""
        return answer(tensors, self.labels)


def shares(lengths: Sequence[int], room: int) -> list[int]:
    """Return how much of each length is kept, so that all together fit into the room: the longest are cut first.

    >>> shares([5, 300, 40], 100), shares([5, 40], 100)
    ([5, 55, 40], [5, 40])
    """
    kept, left = list(lengths), max(0, room)
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    for done, index in enumerate(order):
        kept[index] = min(lengths[index], left // (len(order) - done))
        left -= kept[index]
    return kept


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds tokenizer.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Processor(
        tokenizer,
        labels=settings["labels"],
        max_length=settings["max_length"],
        pad_id=settings["pad_id"],
        fields=settings.get("fields", FIELDS),
        mask=settings.get("mask", ()),
    )


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "max_length": processor.max_length, "pad_id": processor.pad_id}
    settings |= {"fields": list(processor.fields), "mask": list(processor.mask)}
    processor.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("tokenizer.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    reader, given = load(Path(sys.argv[1])), sys.argv[2:]
    of_fields = [given] if len(reader.fields) == 1 else [[text] for text in given]
    shown = reader.encode(dict(zip(reader.fields, of_fields, strict=True)))
    print({name: array.tolist() for name, array in shown.items()})
