"""What every way of training a tagger shares: windows with their words' tags, the loss, and the validation score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.task import data, metrics, processing
from pipeline.task.processing import Processor, Window

IGNORED = -100
"""The target of what is no first token of a word."""


@dataclass(kw_only=True)
class Windows:
    """A split as windows; each word is scored where its window answers it."""

    rows: list[Window]
    texts: list[int]
    """The text of each window."""
    tags: list[npt.NDArray[np.int64]]
    """The tags of each window's words, from 0."""
    truth: processing.Tags
    labels: tuple[str, ...]

    def targets(self, index: int, width: int) -> npt.NDArray[np.int64]:
        """Return the target of each token of a window, filled up to `width`."""
        made = np.full(width, IGNORED, dtype=np.int64)
        made[self.rows[index].first] = self.tags[index]
        return made

    def score(self, found: Iterable[tuple[int, npt.NDArray[np.float32]]], metric: str) -> float:
        """Return a metric for windows with the probabilities (words that it answers x tags) of each, in any order."""
        parts: dict[int, list[tuple[int, npt.NDArray[np.float32]]]] = {}
        for index, probabilities in found:
            parts.setdefault(self.texts[index], []).append((self.rows[index].start, probabilities))
        ordered = [np.concatenate([part for _, part in sorted(parts[text], key=first)]) for text in range(len(parts))]
        tags = np.zeros_like(self.truth)
        for start in range(0, len(ordered), 256):
            for index, one in enumerate(processing.best(ordered[start : start + 256]), start=start):
                tags[index, : len(one)] = one
        return metrics.scores(self.truth, tags, self.labels).get(metric, float("nan"))


def first(part: tuple[int, npt.NDArray[np.float32]]) -> int:
    """Return the number of a part's first word."""
    return part[0]


def windows(processor: Processor, frame: polars.DataFrame) -> Windows:
    """Cut the texts of a split into windows."""
    rows, texts, tags = [], [], []
    truth = data.truth(frame, processor.labels)
    for text, content in enumerate(frame["text"].to_list()):
        for window in processor.windows(content):
            rows.append(window)
            texts.append(text)
            words = truth[text, window.start : window.start + len(window.first)]
            tags.append(words.astype(np.int64) - 1)
    return Windows(rows=rows, texts=texts, tags=tags, truth=truth, labels=processor.labels)


def loss(settings: Params, tags: Sequence[npt.NDArray[np.int64]], count: int) -> nn.CrossEntropyLoss:
    """Return the loss over words, with the label smoothing and the class weights decided on.

    Most words are outside of spans, so `balanced` takes the square root of the weights of plain classification.
    """
    weights: Tensor | None = None
    if settings.text("model.train.class_weights") == "balanced":
        seen = np.bincount(np.concatenate(tags), minlength=count)
        rates = np.sqrt(seen.sum() / (count * np.maximum(seen, 1)))
        weights = torch.tensor(np.where(seen > 0, rates, 0.0), dtype=torch.float32)
    smoothing = settings.number("model.train.label_smoothing")
    return nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing, ignore_index=IGNORED)
