"""What is measured of generated pictures, in numpy alone."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
UNDEFINED = {"novelty": "at least half of the real pictures are in the train split as they are"}
"""When metrics are no numbers."""


def frechet(one: Floats, other: Floats) -> float:
    """Return the Fréchet distance of two sets of feature vectors, taken as normal distributions.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Heusel et al. 2017); the trace of the root is the sum of the singular
    values of C1^(1/2) C2^(1/2).
    """
    first, second = one.astype(np.float64), other.astype(np.float64)
    apart = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    spreads = [np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (first, second)]
    cross = np.linalg.svd(root(spreads[0]) @ root(spreads[1]), compute_uv=False).sum()
    return float(apart + np.trace(spreads[0]) + np.trace(spreads[1]) - 2 * cross)


def root(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(matrix)
    result: npt.NDArray[np.float64] = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return result


def novelty(gaps: Floats, real: Floats) -> float:
    """Return the median distance to the nearest known picture as a share of that of real ones; NaN where theirs is 0.

    >>> novelty(np.array([1.0, 3.0]), np.array([2.0, 2.0])), novelty(np.array([1.0]), np.array([0.0]))
    (1.0, nan)
    """
    beside = float(np.median(real))
    return float(np.median(gaps)) / beside if beside > 0 else np.nan


def nearest(pictures: Floats, known: Floats) -> npt.NDArray[np.float64]:
    """Return each picture's Euclidean distance (values 0..1) to the nearest known picture."""
    left = pictures.reshape(len(pictures), -1).astype(np.float32)
    right = known.reshape(len(known), -1).astype(np.float32)
    squares = (right**2).sum(axis=1)
    found = []
    for at in range(0, len(left), 256):
        part = left[at : at + 256]
        gaps = (part**2).sum(axis=1)[:, None] + squares[None] - 2 * part @ right.T
        found.append(np.sqrt(np.maximum(gaps.min(axis=1), 0)))
    return np.concatenate(found).astype(np.float64)
