"""The class whose labelled rows are nearest: prototypes in the space of the base encoder (Snell et al. 2017).

Rows without a label may move the prototypes too, as in soft k-means that begins at them (Ren et al. 2018);
cross-validation on the labelled rows says whether that helps.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.labelling.confidence import Method, Sure
from pipeline.labelling.rows import UNKNOWN, Rows, Scores, Truth
from pipeline.task import embedding

Features = npt.NDArray[np.float32]
SHARPNESS = 0.05
"""The temperature of cosines, at which rows are shared out among prototypes."""
DEFAULT = 0.05
"""The temperature where nothing is known of how right they are."""
ROUNDS = 5


def methods(
    settings: Params, rows: Rows, roles: pl.DataFrame, before: Sequence[Sure], say: Progress
) -> Mapping[str, Method]:
    """Return the ways in which prototypes label, by name; the rows, with their columns by `roles`, are encoded once."""
    words = described(settings, rows)
    features, names = embedding.embed(settings, roles, words, say)
    middle = features.mean(axis=0)
    points = unit(features - middle)
    anchors = unit(unit(names) - unit(middle)) if names is not None else np.zeros((len(rows.labels), 0), np.float32)

    def plain(truth: Truth) -> Scores:
        return cosines(points, sums(points, truth, anchors))

    def refined(truth: Truth) -> Scores:
        known = sums(points, truth, anchors)
        scores = cosines(points, known)
        free = truth == UNKNOWN
        for _ in range(ROUNDS):
            near = np.exp((scores[free] - scores[free].max(axis=1, keepdims=True)) / SHARPNESS)
            near /= near.sum(axis=1, keepdims=True)
            scores = cosines(points, known + (near.T @ points[free]).astype(np.float32))
        return scores

    return {"nearest prototype": plain, "prototypes moved by all rows": refined}


def described(settings: Params, rows: Rows) -> list[str]:
    """Return what each class is about, in words."""
    given = settings.mapping("data.label").get("descriptions")
    told = given if isinstance(given, Mapping) else {}
    return [f"{name}: {told[name]}" if name in told else name for name in rows.labels]


def sums(points: Features, truth: Truth, anchors: Features) -> Features:
    """Add up the labelled rows of each class, and what its name says (classes x width)."""
    known = truth != UNKNOWN
    hot = np.eye(len(anchors), dtype=np.float32)[truth[known]]
    added: Features = hot.T @ points[known]
    return added + anchors if anchors.shape[1] else added


def cosines(points: Features, prototypes: Features) -> Scores:
    """Return the cosine of each row and each prototype; -1 for a class of which nothing is known."""
    there = np.linalg.norm(prototypes, axis=1) > 0
    near = (points @ unit(prototypes).T).astype(np.float64)
    near[:, ~there] = -1.0
    return near


def unit(vectors: Features) -> Features:
    """Scale vectors to length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    made: Features = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return made
