"""Learn which words, pairs and parts of words speak of harm, and write grammar/harm.bin: `python -m intent.harm`.

A logistic regression on a part of what intent.compose makes and on retired suites. `python -m intent.harm --before
batch-17` learns from none but the suites before that one, which is what to expect of the next stranger.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from intent.compose import SEEN, Example, composed, labelled
from trainerspec.drafting.intent import harm
from trainerspec.drafting.intent.features import sentences, words

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "grammar" / harm.NAME
EACH, WEIGHT = 3, 3.0
"""Of the composed requests every third is taken, and a real one counts as much as three."""
FEWEST, PENALTY, LEAST = 3, 0.1, 0.5
"""Requests that have a feature from which it gets a weight; weight of the squares in the loss; weights left out."""
ROUNDS, STEPS = 120, 127
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Learnt:
    features: Sequence[str]
    weights: Floats
    bias: float


def real(before: str = "") -> list[Example]:
    """Return the requests of retired suites; those `before` one alone where it is given."""
    found = []
    for path in sorted(SEEN.glob("*.jsonl")):
        if before and path.stem.startswith("batch-") and _number(path.stem) >= _number(before):
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append(Example(text=row["request"], **labelled(row["gold"])))
    lines = (SEEN / "legitimate.txt").read_text(encoding="utf-8").splitlines()
    return [*found, *(Example(text=line, harm=False, task="") for line in lines)]


def _number(suite: str) -> int:
    return int(suite.removeprefix("batch-"))


def learn(real_ones: Sequence[Example]) -> Learnt:
    """Learn the weights; rare features tell more, and begin larger (inverse document frequency)."""
    given = [*real_ones, *list(composed())[::EACH]]
    places: dict[str, int] = {}
    matrix = _matrix([one.text for one in given], places)
    count = np.bincount(matrix.indices, minlength=len(places))
    kept = np.flatnonzero(count >= FEWEST)
    telling = ((np.log((1 + len(given)) / (1 + count)) + 1) / 5)[kept]
    weight = np.where(np.arange(len(given)) < len(real_ones), WEIGHT, 1.0)
    found = _fit(matrix[:, kept].multiply(telling).tocsr(), np.array([one.harm for one in given]), weight)
    every = list(places)
    return Learnt(features=[every[at] for at in kept], weights=found[:-1] * telling, bias=float(found[-1]))


def _matrix(texts: Sequence[str], places: dict[str, int]) -> csr_matrix:
    ends, columns, values = [0], list[int](), list[float]()
    for text in texts:
        each = [words(one) for one in sentences(text)]
        said = Counter(one for found in each for one in (*(f"w{word}" for word in found), *harm.pairs(found)))
        inside = Counter(part for found in each for word in found for part in harm.parts(word))
        for counted in (said, inside):
            size = math.sqrt(sum(counted.values()) or 1)
            columns += (places.setdefault(name, len(places)) for name in counted)
            values += (number / size for number in counted.values())
        ends.append(len(columns))
    return csr_matrix((np.array(values), np.array(columns), np.array(ends)), shape=(len(texts), len(places)))


def _fit(matrix: csr_matrix, wanted: NDArray[np.bool_], weight: Floats) -> Floats:
    """Return the weights and the bias; harmful and harmless texts count the same in all."""
    side = np.where(wanted, 1.0, -1.0)
    total = weight.sum() / 2
    even = weight * np.where(wanted, total / weight[wanted].sum(), total / weight[~wanted].sum())

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = side * (matrix @ weights[:-1] + weights[-1])
        slope = -side * even / (1 + np.exp(np.clip(scores, -50, 50)))
        value = float(even @ np.logaddexp(0, -scores) + PENALTY / 2 * weights[:-1] @ weights[:-1])
        return value, np.append(matrix.T @ slope + PENALTY * weights[:-1], slope.sum())

    start = np.zeros(matrix.shape[1] + 1)
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    return found


def write(made: Learnt, target: Path = TARGET) -> None:
    """Write the weights that are large enough, a byte each."""
    scale = float(abs(made.weights).max()) / STEPS
    kept = np.flatnonzero(abs(made.weights) >= LEAST)
    digest = np.array([crc32(made.features[at].encode("utf-8", "surrogatepass")) for at in kept], "<u4")
    digest, first = np.unique(digest, return_index=True)
    weights = np.rint(made.weights[kept[first]] / scale).astype(np.int8)
    head = {"bias": round(made.bias, 4), "scale": scale, "features": len(digest)}
    target.write_bytes(json.dumps(head).encode() + b"\n" + digest.tobytes() + weights.tobytes())


def main() -> None:
    """Learn and write, or tell what is to be expected of strangers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", help="learn from no suite from this one on, `batch-17`")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write")
    options = parser.parse_args()
    write(learn(real(options.before)), options.target)
    print(f"written: {options.target.name}, {options.target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
