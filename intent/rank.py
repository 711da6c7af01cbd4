"""Learn to rank what may be the target or the classes, and write grammar/ranker.bin: `python -m intent.rank`.

`python -m intent.rank --held-out` prints how the ranking does alone on each suite of requests by other hands when it
has learnt from all the others, which is what to expect of the next stranger.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from trainerspec.catalog.load import tasks
from trainerspec.drafting.draft import words_of
from trainerspec.drafting.fields.known import names_of, ruled_out
from trainerspec.drafting.ranking import lists, names
from trainerspec.drafting.ranking.list_features import features as list_features
from trainerspec.drafting.ranking.tokens import tokens

ROOT = Path(__file__).parents[1]
REQUESTS = ROOT / "tests" / "drafting" / "requests"
TARGET = ROOT / "grammar" / "ranker.bin"
PENALTY = {"names": 0.2, "lists": 0.5}
"""Weight of the squares of all weights in the loss."""
FEWEST = 2
"""Candidates that have a feature, from which it gets a weight."""
LEAST, STEPS = 0.02, 127
"""Weights below are left out; steps of a byte from zero to the greatest."""
ROUNDS = 150
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Row:
    suite: str
    request: str
    target: str
    labels: tuple[str, ...]
    accept: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """The candidates of one request, and which of them are right; none where the request names nothing."""

    suite: str
    features: Sequence[Sequence[str]]
    right: frozenset[int]
    wanted: bool


def rows() -> list[Row]:
    """Return the retired requests that say which target and classes they name."""
    found = []
    for file in sorted((REQUESTS / "seen").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            one: dict[str, Any] = json.loads(line)
            gold = one["gold"]
            plain = file.stem == "requests"
            if gold["outcome"] == "draft" and (
                gold.get("target") or gold.get("labels") or ("source" in gold and not plain)
            ):
                found.append(_row(file.stem, one["request"], gold))
            elif "not-a-training-request" in (gold.get("reject_category") or ()):
                found.append(_row(file.stem, one["request"], {}))
    for name in ("stated", "plain"):
        for kind in YAML(typ="safe").load(REQUESTS / f"{name}.yaml").values():
            found += [_row(name, one["request"], one) for one in kind if one.get("target") or one.get("labels")]
    return found


def _row(suite: str, request: str, gold: Mapping[str, Any]) -> Row:
    return Row(
        suite=suite,
        request=request,
        target=str(gold.get("target") or "").split("|")[0].split(",")[0],
        labels=tuple(str(one) for one in gold.get("labels") or ()),
        accept=tuple(tuple(one) for one in gold.get("labels_accept") or ()),
    )


def of_names(given: Sequence[Row]) -> list[Example]:
    """Return the words of each request, and which of them is the target."""
    known, found = names_of(words_of(tasks())), []
    for row in given:
        text = tokens(row.request)
        spans = names.candidates(text, ruled_out(row.request), known)
        said = [text.said(*span) for span in spans]
        right = [at for at, one in enumerate(said) if one == row.target]
        right = right or [at for at, one in enumerate(said) if row.target and _same(one) == _same(row.target)]
        made = names.features(text, spans, known)
        found.append(Example(suite=row.suite, features=made, right=frozenset(right), wanted=bool(row.target)))
    return found


def of_lists(given: Sequence[Row]) -> list[Example]:
    """Return the lists of each request, and which of them names its classes."""
    known, found = names_of(words_of(tasks())), []
    for row in given:
        text = tokens(row.request)
        made = lists.candidates(text)
        wanted = [frozenset(map(_same, one)) for one in (row.labels, *row.accept) if one]
        said = [frozenset(_same(text.said(*item)) for item in one.items) for one in made]
        right = frozenset(at for at, one in enumerate(said) if one in wanted)
        example = Example(
            suite=row.suite, features=list_features(text, made, known), right=right, wanted=bool(row.labels)
        )
        found.append(example)
    return found


def _same(name: str) -> str:
    return name.lower().strip().replace("_", " ").replace("-", " ").removesuffix("s")


def learn(given: Sequence[Example], penalty: float) -> dict[str, float]:
    """Return the weights under which what is right is the likeliest (softmax over candidates and none of them)."""
    used = [one for one in given if one.features and (one.right or not one.wanted)]
    counts = Counter(name for one in used for features in one.features for name in set(features))
    order = sorted(name for name, count in counts.items() if count >= FEWEST)
    place = {name: at for at, name in enumerate(order)}
    matrix, group = _matrix(used, place)
    right = np.array([at in one.right for one in used for at in range(len(one.features))])
    none = np.array([not one.right for one in used])

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = matrix @ weights
        top = np.zeros(len(used))
        np.maximum.at(top, group, scores)
        powers, all_, hit = np.exp(scores - top[group]), np.exp(-top), np.where(none, np.exp(-top), 0.0)
        np.add.at(all_, group, powers)
        np.add.at(hit, group, powers * right)
        slope = matrix.T @ (powers / all_[group] - powers * right / hit[group])
        value = float(np.sum(np.log(all_) - np.log(hit)) + penalty / 2 * weights @ weights)
        return value, slope + penalty * weights

    made = minimize(loss, np.zeros(len(order)), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    return {name: float(weight) for name, weight in zip(order, made.x, strict=True) if abs(weight) >= LEAST}


def _matrix(used: Sequence[Example], place: Mapping[str, int]) -> tuple[csr_matrix, NDArray[np.int64]]:
    row, column, group = list[int](), list[int](), list[int]()
    for number, one in enumerate(used):
        for features in one.features:
            for name in set(features):
                if name in place:
                    row.append(len(group))
                    column.append(place[name])
            group.append(number)
    shape = (len(group), len(place))
    return csr_matrix((np.ones(len(row)), (row, column)), shape=shape), np.array(group)


def write(made: Mapping[str, Mapping[str, float]], target: Path = TARGET) -> None:
    """Write the weights of each ranker: digests of features, and a byte for each weight."""
    head, body = [], b""
    for name, weights in made.items():
        scale = max(abs(weight) for weight in weights.values()) / STEPS
        known = sorted((crc32(feature.encode()), weight) for feature, weight in weights.items())
        head.append((name, len(known), scale))
        body += np.array([digest for digest, _ in known], "<u4").tobytes()
        body += np.array([round(weight / scale) for _, weight in known], np.int8).tobytes()
    target.write_bytes(json.dumps(head).encode() + b"\n" + body)


def held_out(given: Sequence[Example], penalty: float) -> dict[str, tuple[int, int]]:
    """Return of each suite by other hands how often the likeliest is right, learnt from all others."""
    found = {}
    for suite in sorted({one.suite for one in given if one.suite.startswith("batch") and one.wanted}):
        weights = learn([one for one in given if one.suite != suite], penalty)
        own = [one for one in given if one.suite == suite and one.wanted]
        found[suite] = (sum(_best(one, weights) in one.right for one in own), len(own))
    return found


def _best(one: Example, weights: Mapping[str, float]) -> int:
    scores = [sum(weights.get(name, 0.0) for name in features) for features in one.features]
    return max(range(len(scores)), key=scores.__getitem__, default=-1)


KINDS: Mapping[str, Callable[[Sequence[Row]], list[Example]]] = {"names": of_names, "lists": of_lists}


def main() -> None:
    """Learn and write, or tell what is to be expected of strangers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="learn from all suites but one, and score that one")
    options = parser.parse_args()
    given = rows()
    examples = {name: make(given) for name, make in KINDS.items()}
    if options.held_out:
        for name, some in examples.items():
            for suite, (hits, of) in held_out(some, PENALTY[name]).items():
                print(f"{name} {suite}: {hits} of {of}", flush=True)
        return
    made = {name: learn(some, PENALTY[name]) for name, some in examples.items()}
    write(made)
    print(f"written: {TARGET.name}, {TARGET.stat().st_size / 1e3:.0f} kB, {sum(map(len, made.values()))} weights")


if __name__ == "__main__":
    main()
