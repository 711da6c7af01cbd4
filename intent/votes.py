"""Learn how far both readers are to be trusted, and write grammar/votes.json: `python -m intent.votes`.

`intent/first-votes.jsonl` holds what rules and classifier said of each suite by other hands before anybody had read it,
by the code of that day: rules that were mended with a suite in view agree with it more than they will with the next.
`python -m intent.votes --held-out` prints how many requests of each suite are right when the weights are learnt from
all others. `python -m intent.votes --first SUITE.jsonl` prints the votes on a suite that nobody has read, to be kept.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from trainerspec.catalog.load import tasks
from trainerspec.drafting import votes, weigh
from trainerspec.drafting.draft import ballot_of, draft, words_of
from trainerspec.drafting.intent.classifier import IMPOSSIBLE, NO_MODEL
from trainerspec.drafting.votes import Ballot
from trainerspec.ir.draft import Request

ROOT = Path(__file__).parents[1]
SEEN = ROOT / "tests" / "drafting" / "requests" / "seen"
VOTES = ROOT / "intent" / "first-votes.jsonl"
TARGET = ROOT / "grammar" / votes.NAME
PENALTY = 3.0
"""Weight of the squares of all weights in the loss."""
ANY = "any task"
UNMEETABLE = ("fantastical", "unattainable")
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Row:
    suite: str
    ballot: Ballot
    refused: bool
    """Whether the policy or a bound refused the request, whatever the votes say."""
    right: frozenset[str]


def wanted(gold: Mapping[str, Any]) -> frozenset[str]:
    """Return the votes that are right for a request."""
    found = set[str]()
    for one in (gold, *(gold.get("accept") or ())):
        if one["outcome"] == "draft" or one["outcome"] == "unsupported":
            found.add(one.get("task") or ANY)
        else:
            reasons = gold.get("reject_category") or one.get("reject_category") or ()
            found |= {NO_MODEL} if "not-a-training-request" in reasons else set()
            found |= {IMPOSSIBLE} if any(reason in UNMEETABLE for reason in reasons) else set()
    return frozenset(found)


def rows() -> list[Row]:
    """Return the first votes on requests that are not about harm."""
    golds: dict[tuple[str, str], Mapping[str, Any]] = {}
    for file in SEEN.glob("batch-*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            one = json.loads(line)
            golds[file.stem, one["id"]] = one["gold"]
    found = []
    for line in VOTES.read_text("utf-8").splitlines():
        one = json.loads(line)
        suite, refused = one.pop("suite"), one.pop("refused", False)
        gold = golds[suite, one.pop("id")]
        if "unethical" not in (gold.get("reject_category") or ()):
            found.append(Row(suite=suite, ballot=Ballot(**one), refused=refused, right=wanted(gold)))
    return found


def is_right(row: Row, name: str, own: frozenset[str]) -> bool:
    """Say whether a vote is right."""
    return name in row.right or (ANY in row.right and name in own)


def learn(given: Sequence[Row]) -> dict[str, float]:
    """Return the weights under which what is right is the likeliest (softmax over candidates)."""
    known, own = {one.name: one for one in words_of(tasks()).tasks}, frozenset(tasks())
    made = list[dict[str, float]]()
    group, hits = list[int](), list[bool]()
    for number, row in enumerate(one for one in given if not one.refused):
        names = [one for one in votes.candidates(row.ballot, known) if one in known or one in (NO_MODEL, IMPOSSIBLE)]
        right = [is_right(row, name, own) for name in names]
        if any(right):
            made += [votes.features(row.ballot, one, known.get(one), supported=one in own) for one in names]
            group += [number] * len(names)
            hits += right
    order = sorted({name for one in made for name in one})
    matrix = np.array([[one.get(name, 0.0) for name in order] for one in made])
    _, of = np.unique(group, return_inverse=True)
    weights = _fit(matrix, of, np.array(hits))
    return {name: round(float(weight), 4) for name, weight in zip(order, weights, strict=True)}


def _fit(matrix: Floats, of: NDArray[np.int64], hits: NDArray[np.bool_]) -> Floats:
    count = int(of.max()) + 1

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = matrix @ weights
        top = np.full(count, -np.inf)
        np.maximum.at(top, of, scores)
        powers, every, hit = np.exp(scores - top[of]), np.zeros(count), np.zeros(count)
        np.add.at(every, of, powers)
        np.add.at(hit, of, powers * hits)
        slope = matrix.T @ (powers / every[of] - powers * hits / np.maximum(hit[of], 1e-300))
        value = float(np.sum(np.log(every) - np.log(np.maximum(hit, 1e-300))) + PENALTY / 2 * weights @ weights)
        return value, slope + PENALTY * weights

    found = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights: Floats = found.x
    return weights


def decided(row: Row, weights: Mapping[str, float]) -> str:
    """Return what is drafted or refused for a request under some weights."""
    made = votes.shares(row.ballot, words_of(tasks()).tasks, frozenset(tasks()), weights)
    return weigh.elected(row.ballot, made)


def held_out(given: Sequence[Row]) -> dict[str, tuple[int, int, int]]:
    """Return of each suite how often thresholds alone were right, how often the votes are, and of how many."""
    own, found = frozenset(tasks()), {}
    for suite in sorted({one.suite for one in given}):
        weights = learn([one for one in given if one.suite != suite])
        some = [one for one in given if one.suite == suite and not one.refused]
        before = sum(is_right(one, one.ballot.opinion, own) for one in some)
        found[suite] = (before, sum(is_right(one, decided(one, weights), own) for one in some), len(some))
    return found


def first(path: Path) -> None:
    """Print the votes on a suite, a line for each request."""
    for line in path.read_text("utf-8").splitlines():
        one = json.loads(line)
        cast = ballot_of(one["request"], tasks())
        refused = draft(Request(text=one["request"]), tasks()).outcome == "rejected" and cast.opinion != NO_MODEL
        said = {name: value for name, value in {"refused": refused, **asdict(cast)}.items() if value}
        row = {"suite": path.stem, "id": one["id"], **said}
        print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))


def main() -> None:
    """Learn and write, tell what is to be expected of strangers, or print first votes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="learn from all suites but one, and score that one")
    parser.add_argument("--first", type=Path, help="print the votes on a suite")
    options = parser.parse_args()
    if options.first is not None:
        return first(options.first)
    given = rows()
    if options.held_out:
        for suite, (before, after, of) in held_out(given).items():
            print(f"{suite}: thresholds {before}, votes {after} of {of}", flush=True)
        return None
    TARGET.write_text(json.dumps(learn(given), indent=0, sort_keys=True) + "\n", "utf-8")
    print(f"written: {TARGET.name}")
    return None


if __name__ == "__main__":
    main()
