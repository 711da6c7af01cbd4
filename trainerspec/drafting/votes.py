"""Both readers vote: what the rules and the classifier say of each task becomes one share, by weights that were learnt.

How far a reader is to be trusted was learnt from what it said of requests by strangers before anybody had seen them
(intent/first-votes.jsonl, by intent/votes.py); the weights are grammar/votes.json.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from trainerspec import assets
from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.intent.classifier import IMPOSSIBLE, NO_MODEL, Intent, extent
from trainerspec.drafting.reading.vocabulary import TaskWords

NAME = "votes.json"
MOST = 8
"""Tasks of each reader that are looked at, the likeliest first."""
FAINT, HEARD = 0.004, 0.03
"""Share that a task has at least, and from which the classifier alone makes it a candidate."""
NAMED, STRONG, WEAK = 10.0, 12.5, 4.5
"""Scores of the rules: of a task's own name, and what is much and little."""
TELLING = 3.0
"""Evidence for a medium that counts as one."""


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """What is said of one request, in plain values."""

    opinion: str
    """What thresholds alone make of both: a task or `no-model`."""
    length: int
    """Characters, as the classifier counts them (`extent`)."""
    shares: Mapping[str, float]
    """Of the classifier, by task."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Of the rules, by task."""
    media: Mapping[str, float] = field(default_factory=dict)
    asked: bool = False
    """Whether the thresholds ask about their opinion."""
    labels: bool = False
    listed: bool = False
    """Whether classes are listed as classes."""
    places: bool = False
    grounded: bool = False
    bounded: bool = False
    build: bool = False
    """Whether words such as `model` or `train` stand there."""
    missing: str = ""
    """`said` where words ask for something else, `found` where nothing that is known was found, else empty."""


def ballot(findings: Findings, intent: Intent, opinion: str, *, asked: bool, missing: str) -> Ballot:
    """Collect what is said of a request."""
    likeliest = sorted(intent.shares.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    return Ballot(
        scores={one.name: one.score for one in findings.candidates[:MOST]},
        shares=dict(likeliest),
        opinion=opinion,
        asked=asked,
        media=dict(findings.media),
        labels=findings.labels is not None,
        listed=findings.labels is not None and findings.labels.sure,
        places=bool(findings.places),
        grounded=findings.grounded,
        bounded=findings.bounded,
        build=bool(findings.reading.named("build")),
        missing=missing,
        length=extent(findings.request),
    )


def candidates(cast: Ballot, tasks: Mapping[str, TaskWords]) -> tuple[str, ...]:
    """Return what may be meant: tasks that a reader sees, `no-model` and `impossible`."""
    heard = {name for name, share in cast.shares.items() if share >= HEARD}
    return tuple(sorted({*cast.scores, *heard, cast.opinion, NO_MODEL, IMPOSSIBLE} - _unseen(cast, tasks)))


def _unseen(cast: Ballot, tasks: Mapping[str, TaskWords]) -> set[str]:
    """Return the tasks on pictures where columns of texts are named, and none of pictures."""
    texts = cast.media.get("text", 0.0) >= TELLING and not cast.media.get("image")
    return {name for name, one in tasks.items() if one.medium == "image"} if texts else set()


def features(cast: Ballot, name: str, words: TaskWords | None, *, supported: bool) -> dict[str, float]:
    """Return what speaks for and against one candidate, by the name of a weight."""
    share = max(cast.shares.get(name, FAINT), FAINT)
    kind = name if words is None else "own" if supported else "other"
    found = {"all": 1.0, "share": math.log(share), "first": float(share == max(cast.shares.values()))}
    found["opinion"] = float(name == cast.opinion)
    found["places"], found["grounded"], found["labels"] = map(float, (cast.places, cast.grounded, cast.labels))
    top = max(cast.scores.values(), default=0.0)
    if words is None:
        found["build"], found["length"] = float(cast.build), math.log(max(cast.length, 1) / 100)
        found["strong"], found["weak"] = float(top >= STRONG), float(top < WEAK)
        found["missing"], found["said"] = float(bool(cast.missing)), float(cast.missing == "said")
    else:
        score = cast.scores.get(name, 0.0)
        found["score"], found["log-score"], found["gap"] = (
            min(score, 20) / 5,
            math.log1p(score),
            min(top - score, 15) / 5,
        )
        found["best"], found["strong"] = float(0 < score == top), float(score >= STRONG)
        found["named"], found["bounded"] = float(score >= NAMED), float(cast.bounded)
        found["asked"] = float(name == cast.opinion and cast.asked)
    made = {f"{kind} {one}": value for one, value in found.items()}
    made |= {one: found[one] for one in ("share", "first")}
    if words is not None and supported:
        told = ("listed", cast.listed), ("labels", cast.labels), ("", True)
        made |= {f"{words.answers} {one}": float(value) for one, value in told}
        made[f"{words.medium} medium"] = min(cast.media.get(words.medium, 0.0) / TELLING, 2.0)
        made[f"task {name}"] = 1.0
    return {one: value for one, value in made.items() if value}


def shares(
    cast: Ballot, tasks: Sequence[TaskWords], supported: frozenset[str], weights: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return how likely each candidate is what is meant, the likeliest first; they sum to 1."""
    learnt = weights if weights is not None else _weights()
    known = {one.name: one for one in tasks}
    scores = {
        name: sum(
            learnt.get(one, 0.0) * value
            for one, value in features(cast, name, known.get(name), supported=name in supported).items()
        )
        for name in candidates(cast, known)
        if name in known or name in (NO_MODEL, IMPOSSIBLE)
    }
    top = max(scores.values())
    powers = {name: math.exp(score - top) for name, score in scores.items()}
    total = sum(powers.values())
    return {name: powers[name] / total for name in sorted(powers, key=lambda one: (-powers[one], one))}


@cache
def _weights(path: Path | None = None) -> Mapping[str, float]:
    weights: dict[str, float] = json.loads((path or assets.folder("grammar") / NAME).read_text("utf-8"))
    return weights
