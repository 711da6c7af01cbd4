"""Match the boxes that were found with those that are there, and average precision, by COCO's rules.

COCO (Lin et al. 2014, https://arxiv.org/abs/1405.0312): of each class, the surest box first, each takes the wanted box
that it overlaps most; precision is averaged over 101 recalls, for overlaps from 0.5 to 0.95. Pictures are matched once;
a sample of them only weighs them anew, so that an interval costs little. pycocotools and faster-coco-eval give the
same numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Arrays = Mapping[str, npt.NDArray[np.generic]]
MOST = 100
"""Objects of one picture, as COCO measures them."""
OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
SIZES = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""Areas in pixels of the picture."""
ALMOST = 1e-10


@dataclass(frozen=True, kw_only=True)
class Matches:
    """The found boxes of one class in all pictures, the surest first."""

    picture: npt.NDArray[np.int64]
    score: Floats
    told: Bools
    hit: Bools
    """Whether it is a wanted box: SIZES x OVERLAPS x found."""
    counts: Bools
    """Whether it counts, as its size is asked for."""
    wanted: Floats
    """How many boxes each picture holds: SIZES x pictures."""


def matches(truth: Floats, answers: Arrays, label: int) -> Matches:
    """Match one class, `label` counted from 1, in every picture."""
    boxes, scores, classes, told = (answers[name] for name in ("boxes", "scores", "classes", "told"))
    pictures, sure, said, hits, counts = [], [], [], [], []
    wanted = np.zeros((len(SIZES), len(truth)))
    for at in range(len(truth)):
        there = truth[at, truth[at, :, 0] == label, 1:]
        own = np.flatnonzero(classes[at] == label)
        own = own[np.argsort(-scores[at, own].astype(np.float64), kind="stable")][:MOST]
        hit, count, number = one_picture(there, boxes[at, own].astype(np.float64))
        pictures += [at] * len(own)
        sure.append(scores[at, own].astype(np.float64))
        said.append(told[at, own].astype(np.bool_))
        hits.append(hit)
        counts.append(count)
        wanted[:, at] = number
    order = np.argsort(-np.concatenate(sure), kind="stable")
    return Matches(
        picture=np.array(pictures, dtype=np.int64)[order],
        score=np.concatenate(sure)[order],
        told=np.concatenate(said)[order],
        hit=np.concatenate(hits, axis=2)[:, :, order],
        counts=np.concatenate(counts, axis=2)[:, :, order],
        wanted=wanted,
    )


def one_picture(there: Floats, found: Floats) -> tuple[Bools, Bools, Floats]:
    """Match the found boxes of one picture and class, the surest first: see Matches; last how many are wanted."""
    low, high = np.array(list(SIZES.values())).T
    ignored = outside(there, low, high)
    hit = np.zeros((len(SIZES), len(OVERLAPS), len(found)), dtype=np.bool_)
    counts = np.repeat(~outside(found, low, high)[:, None, :], len(OVERLAPS), axis=1)
    if len(there) and len(found):
        free = np.ones((len(SIZES), len(OVERLAPS), len(there)), dtype=np.bool_)
        overlap = iou(found, there)
        least = np.minimum(OVERLAPS, 1 - ALMOST)
        for at in np.flatnonzero(overlap.max(axis=1) >= least[0]):
            fits = free & (overlap[at][None, None, :] >= least[None, :, None])
            # a box of the size that is asked for comes before one that is ignored; of equal overlaps the last
            rank = np.where(fits, overlap[at] + np.where(ignored, 0.0, 2.0)[:, None, :], -1.0)
            best = len(there) - 1 - rank[:, :, ::-1].argmax(axis=2)
            sizes, levels = np.nonzero(fits.any(axis=2))
            places = best[sizes, levels]
            free[sizes, levels, places] = False
            hit[sizes, levels, at] = True
            counts[sizes, levels, at] = ~ignored[sizes, places]
    return hit, counts, (~ignored).sum(axis=1).astype(np.float64)


def outside(boxes: Floats, low: Floats, high: Floats) -> Bools:
    """Tell which boxes are not of each size (SIZES x boxes)."""
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    found: Bools = (area < low[:, None]) | (area > high[:, None])
    return found


def average_precision(one: Matches, weights: Floats) -> Floats:
    """Return the average precision at each size and overlap (NaN where nothing is wanted); pictures have weights."""
    each = weights[one.picture]
    wanted = one.wanted @ weights
    right = np.cumsum(one.hit * one.counts * each, axis=2)
    wrong = np.cumsum(~one.hit * one.counts * each, axis=2)
    precision = right / np.maximum(right + wrong, np.spacing(1))
    precision = np.maximum.accumulate(precision[:, :, ::-1], axis=2)[:, :, ::-1]
    found = np.full(precision.shape[:2], np.nan)
    for size in np.flatnonzero(wanted > 0):
        recall = right[size] / wanted[size]
        for level in range(len(OVERLAPS)):
            places = np.searchsorted(recall[level], RECALLS, side="left")
            inside = places < recall.shape[1]
            found[size, level] = precision[size, level][places[inside]].sum() / len(RECALLS)
    return found


def iou(one: Floats, other: Floats) -> Floats:
    """Return the intersection over union of each box with each of others (boxes x others)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.maximum(0.0, high - low).prod(axis=2)
    areas: list[Floats] = [np.maximum(0.0, each[:, 2:] - each[:, :2]).prod(axis=1) for each in (one, other)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    overlap: Floats = shared / np.maximum(union, 1e-12)
    return overlap
