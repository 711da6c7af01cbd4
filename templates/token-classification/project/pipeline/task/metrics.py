"""What is measured of found spans, and how good simple baselines are on the same texts.

A span is right when start, end and type are. Tags are numbers as in `processing.Tags`, texts x words.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.verdict import of_class
from pipeline.task import data, dictionary_baseline
from pipeline.task.processing import Tags

Integers = npt.NDArray[np.int64]
UNDEFINED = {"token_accuracy": "no text has a word"}
"""When metrics are no numbers."""


def measure(truth: Tags, answers: Mapping[str, npt.NDArray[np.generic]], labels: Sequence[str]) -> dict[str, float]:
    """Return the task's metrics, and precision, recall and F1 of each type."""
    return scores(truth, np.asarray(answers["tags"], dtype=np.int16), labels)


def scores(truth: Tags, found: Tags, labels: Sequence[str]) -> dict[str, float]:
    """Score found tags; a type that is in neither truth nor answers has no F1, and counts in no average."""
    actual, said = starts(truth), starts(found)
    hits = actual & (truth == found) & (ends(truth) == ends(found))
    wanted, right = count(truth[actual], len(labels)), count(truth[hits], len(labels))
    given = count(found[said], len(labels))
    f1 = 2 * right / np.maximum(wanted + given, 1)
    there = (wanted + given) > 0
    words = truth > 0
    precision, recall = right.sum() / max(1, given.sum()), right.sum() / max(1, wanted.sum())
    values = {
        "f1": 2 * right.sum() / max(1, wanted.sum() + given.sum()),
        "precision": precision,
        "recall": recall,
        "macro_f1": f1[there].mean() if there.any() else 0.0,
        "token_accuracy": (truth[words] // 2 == found[words] // 2).mean() if words.any() else np.nan,
    }
    each: dict[str, float] = {}
    for index, label in enumerate(labels):
        if there[index]:
            each[of_class("f1", label)] = f1[index]
            each[of_class("precision", label)] = right[index] / max(1, given[index])
        if wanted[index]:
            each[of_class("recall", label)] = right[index] / wanted[index]
    return {name: float(value) for name, value in (values | each).items()}


def starts(tags: Tags) -> npt.NDArray[np.bool_]:
    """Tell which words are the first of a span."""
    first: npt.NDArray[np.bool_] = (tags >= 2) & (tags % 2 == 0)
    return first


def ends(tags: Tags) -> npt.NDArray[np.int32]:
    """Give, for each word, the place of the next word that goes on with no span: where a span from here ends."""
    width = tags.shape[1]
    inside = (tags >= 3) & (tags % 2 == 1)
    stops = np.where(inside, width, np.arange(width)).astype(np.int32)
    after = np.concatenate([stops[:, 1:], np.full((len(tags), 1), width, dtype=np.int32)], axis=1)
    return np.minimum.accumulate(after[:, ::-1], axis=1)[:, ::-1]


def count(tags: Tags, labels: int) -> Integers:
    """Count first words by label."""
    return np.bincount((tags.astype(np.int64) - 2) // 2, minlength=labels)


def baselines(train: pl.DataFrame, split: pl.DataFrame, labels: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Score what needs no neural network: the most frequent tag for every word, and a dictionary of training spans."""
    known, truth = data.truth(train, labels), data.truth(split, labels)
    usual = np.bincount(known[known > 0]).argmax()
    trivial = np.where(truth > 0, usual, 0).astype(np.int16)
    return {
        "trivial": scores(truth, trivial, labels),
        "dictionary": scores(truth, dictionary_baseline.tags(train, split, labels, truth.shape[1]), labels),
    }
