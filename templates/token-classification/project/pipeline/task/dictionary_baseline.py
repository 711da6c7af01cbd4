"""A baseline: the spans of the training texts as a dictionary, looked up in other texts; the longest match wins."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl

from pipeline.task import data, processing
from pipeline.task.processing import Tags

Phrase: TypeAlias = tuple[str, ...]
LONGEST = 8
"""Words of the longest phrase in the dictionary."""


def tags(train: pl.DataFrame, split: pl.DataFrame, labels: Sequence[str], width: int) -> Tags:
    """Tag the words of a split with the phrases of the training texts (texts x `width`)."""
    known = learn(train, labels)
    made = np.zeros((split.height, width), dtype=np.int16)
    for index, text in enumerate(split["text"].to_list()):
        words = [text[start:end] for start, end in processing.words(text)]
        made[index, : len(words)] = 1
        for first, last, label in matches(words, known):
            made[index, first:last] = 3 + 2 * label
            made[index, first] -= 1
    return made


def learn(train: pl.DataFrame, labels: Sequence[str]) -> dict[Phrase, int]:
    """Return each phrase that is a span more often than not with its most frequent label's number."""
    spans: dict[Phrase, Counter[int]] = {}
    rows = []
    for text, found in train.select("text", "spans").iter_rows():
        words = [text[start:end] for start, end in processing.words(text)]
        rows.append(words)
        for first, last, label in processing.runs(data.tags(text, found, labels)):
            if last - first < LONGEST:
                spans.setdefault(tuple(words[first : last + 1]), Counter())[label] += 1
    seen = Counter(phrase for words in rows for phrase in phrases(words) if phrase in spans)
    best = {phrase: counts.most_common(1)[0] for phrase, counts in spans.items()}
    return {phrase: label for phrase, (label, count) in best.items() if 2 * count >= seen[phrase]}


def phrases(words: Sequence[str]) -> Iterator[Phrase]:
    """Return every phrase of a text."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            yield tuple(words[start:end])


def matches(words: Sequence[str], known: dict[Phrase, int]) -> Iterator[tuple[int, int, int]]:
    """Find known phrases from left to right, the longest first: first word, the word behind it, label."""
    start = 0
    while start < len(words):
        for end in range(min(start + LONGEST, len(words)), start, -1):
            label = known.get(tuple(words[start:end]))
            if label is not None:
                yield start, end, label
                start = end
                break
        else:
            start += 1
