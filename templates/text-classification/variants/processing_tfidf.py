"""Turn raw texts into counts of n-grams and the model's output into an answer: the same code in training and serving.

A text in several columns is read as one: a line `column: value` for each that has a value. What `mask_pii` masks in the
data is masked in requests too. Used by every stage and by the server; needs numpy alone.
Run `python -m pipeline.task.processing build/artifact "a text"` to see the n-grams of one text (or one text a column).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.reading.values import joined_texts, personal
from pipeline.texts.answers import Answer, answer
from pipeline.texts.fields import FIELDS, checked
from pipeline.texts.ngrams import Counts, Ids

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]


class Processor:
    """Encode and decode for one trained model."""

    def __init__(
        self,
        vocabulary: Sequence[str],
        *,
        labels: Sequence[str],
        max_length: int,
        fields: Sequence[str] = FIELDS,
        mask: Sequence[str] = (),
    ) -> None:
        self.counts = Counts(vocabulary, max_length)
        self.labels = tuple(labels)
        self.max_length = max_length
        self.fields = tuple(fields)
        self.mask = tuple(mask)

    def encode(self, raw: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.int64]]:
        """Return `input_ids` and `attention_mask` (INT64, texts x most n-grams): n-grams, and how often each stands.

        Where a text has fewer, both are 0. Raises ValueError, with a reason for the sender, when `raw` holds no texts.
        """
        rows = self.rows(raw)
        width = max(1, *(len(ids) for ids, _ in rows))
        ids, counts = (np.zeros((len(rows), width), dtype=np.int64) for _ in range(2))
        for index, (found, times) in enumerate(rows):
            ids[index, : len(found)] = found
            counts[index, : len(found)] = times
        return {"input_ids": ids, "attention_mask": counts}

    def rows(self, raw: Mapping[str, Sequence[str]]) -> list[tuple[Ids, Ids]]:
        """Return each row's n-grams and how often each stands. Raises ValueError as `encode` does."""
        columns = checked(raw, self.fields)
        if self.mask:
            columns = {name: [personal.masked(text, self.mask) for text in texts] for name, texts in columns.items()}
        return [self.counts(text) for text in joined_texts.joined(columns)]

    def decode(self, tensors: Tensors, raw: Mapping[str, Sequence[str]]) -> Answer:
        """Return the answer for each text, in the order of `labels`."""
        return answer(tensors, self.labels)


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds ngrams.json and preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    vocabulary = json.loads((folder / "ngrams.json").read_text(encoding="utf-8"))
    return Processor(
        vocabulary,
        labels=settings["labels"],
        max_length=settings["max_length"],
        fields=settings["fields"],
        mask=settings["mask"],
    )


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "max_length": processor.max_length, "fields": list(processor.fields)}
    settings |= {"mask": list(processor.mask)}
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    vocabulary = json.dumps(list(processor.counts.vocabulary), ensure_ascii=False, separators=(",", ":"))
    (folder / "ngrams.json").write_text(vocabulary + "\n", encoding="utf-8")


FILES = ("ngrams.json", "preprocess.json")
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    reader, given = load(Path(sys.argv[1])), sys.argv[2:]
    of_fields = [given] if len(reader.fields) == 1 else [[text] for text in given]
    for ids, times in reader.rows(dict(zip(reader.fields, of_fields, strict=True))):
        print({reader.counts.vocabulary[index - 1]: count for index, count in zip(ids, times.tolist(), strict=True)})
