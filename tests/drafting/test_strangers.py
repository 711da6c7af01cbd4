"""Suites by other hands, retired: regression checks, which say nothing about the next stranger's requests.

Their first figures are in docs/decisions/0020; floors lie a little below what the drafter reached once they were read.
"""

import json
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from tests.drafting import stated
from tests.drafting.test_requests import same
from trainerspec.ir.draft import Draft

SEEN = Path(__file__).parent / "requests" / "seen"
FLOORS = {
    "batch-12": {"outcome": 0.97, "task": 0.98, "bounds": 0.96, "target": 0.94, "labels": 0.95},
    "batch-13": {"outcome": 0.95, "task": 0.96, "bounds": 0.96, "target": 0.84, "labels": 0.93},
    "batch-14": {"outcome": 0.97, "task": 0.98, "bounds": 0.95, "target": 0.93, "labels": 0.87},
    "batch-15": {"outcome": 0.92, "task": 0.93, "bounds": 0.93, "target": 0.95, "labels": 0.84},
    "batch-16": {"outcome": 0.86, "task": 0.85, "bounds": 0.76, "target": 0.95, "labels": 0.80},
    "batch-18": {"outcome": 0.97, "task": 0.94, "bounds": 0.90, "target": 0.94, "labels": 0.82},
    "batch-17": {"outcome": 0.90, "task": 0.89, "bounds": 0.93, "target": 0.95, "labels": 0.76},
}
SUITES = {
    name: [json.loads(line) for line in (SEEN / f"{name}.jsonl").read_text("utf-8").splitlines()] for name in FLOORS
}
SAME = {
    "auc": "auroc",
    "size": "model.size",
    "acc@IoU0.5": "box_accuracy",
    "span_f1": "entity_f1",
    "latency.mean": "latency.p50",
}
"""Names of metrics in the suite, and ours."""


@cache
def outcome(text: str) -> str:
    made = stated.drafted(text)
    return "draft" if made.outcome == "held" else made.outcome


def drafts(suite: str) -> list[tuple[dict, Draft]]:
    """Return the requests of a suite that are to be drafted, with their drafts."""
    return [(row, stated.drafted(row["request"])) for row in SUITES[suite] if row["gold"]["outcome"] == "draft"]


def right(suite: str, name: str) -> list[bool]:
    """Tell, for each request that has such a field, whether the draft has it too."""
    if name == "outcome":
        rows = SUITES[suite]
        caught = [any(one.path == "/policy" for one in stated.drafted(row["request"]).held) for row in rows]
        return [
            outcome(row["request"]) == row["gold"]["outcome"] or (held and row["category"] == "unethical")
            for row, held in zip(rows, caught, strict=True)
        ]
    if name == "task":
        return [made.task == row["gold"]["task"] for row, made in drafts(suite) if row["gold"]["task"]]
    key = {"target": "outputs", "labels": "labels"}[name]
    found = []
    for row, made in drafts(suite):
        wanted = row["gold"].get(name)
        if wanted:
            given = stated.at(made.spec, f"/task/{key}") or []
            values = list(given.values()) if isinstance(given, dict) else list(given)
            accepted = wanted.split("|") if isinstance(wanted, str) else []
            lists = [sorted(one) for one in (wanted, *row["gold"].get("labels_accept", ())) if isinstance(one, list)]
            found.append(any(value in accepted for value in values) or sorted(values) in lists)
    return found


@pytest.mark.parametrize("suite", FLOORS)
@pytest.mark.parametrize("name", ["outcome", "task", "target", "labels"])
def test_fields(suite: str, name: str) -> None:
    found = right(suite, name)
    assert sum(found) / len(found) >= FLOORS[suite][name]


def bound(text: str) -> str:
    """Write a bound of the suite with our names."""
    name, _, rest = text.partition(" ")
    return f"{SAME.get(name, name)} {rest}".replace("> ", ">= ").replace("< ", "<= ")


@pytest.mark.parametrize("suite", FLOORS)
def test_bounds(suite: str) -> None:
    kept = missed = extra = 0
    for row, made in drafts(suite):
        given = {
            str(one) for one in stated.at(made.spec, "/objectives") or () if not str(one).startswith(("maxim", "minim"))
        }
        for gold in row["gold"].get("objectives") or ():
            if gold.startswith(("maximize", "minimize")):
                continue
            found = next(
                (g for one in gold.split("|") for g in given if same(bound(one), g) or alike(bound(one), g)), None
            )
            given -= {found} if found else set()
            kept, missed = kept + bool(found), missed + (not found)
        extra += len(given)
    assert 2 * kept / (2 * kept + missed + extra) >= FLOORS[suite]["bounds"]


def alike(wanted: str, given: str) -> bool:
    """Tell whether a bound is the wanted one of a class, or its average, where the suite names no class."""
    name, _, rest = wanted.partition(" ")
    own, _, other = given.partition(" ")
    return own.removeprefix("macro_").split(".")[0] == name and same(f"{name} {rest}", f"{name} {other}")


def test_nothing_is_made_up() -> None:
    for row in chain.from_iterable(SUITES.values()):
        made = stated.drafted(row["request"])
        quotes = [*(one.quote for one in made.evidence), *(one.quote for one in made.reasons)]
        assert all(quote in row["request"] for quote in quotes)
        for label in stated.at(made.spec, "/task/labels") or ():
            assert label in row["request"]
