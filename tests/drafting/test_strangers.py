"""Suites by other hands, retired: regression checks, which say nothing about the next stranger's requests.

Their first figures are in docs/decisions/0020; floors lie a little below what the drafter reached once they were read.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from tests.drafting import stated
from tests.drafting.test_requests import same
from trainerspec.ir.draft import Draft

ROWS = [
    json.loads(line)
    for name in ("batch-12", "batch-13", "batch-14")
    for line in (Path(__file__).parent / "requests" / "seen" / f"{name}.jsonl").read_text("utf-8").splitlines()
]
FLOORS = {"outcome": 0.96, "task": 0.96, "bounds": 0.93, "target": 0.90, "labels": 0.93}
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


def drafts() -> list[tuple[dict, Draft]]:
    """Return the requests that are to be drafted, with their drafts."""
    return [(row, stated.drafted(row["request"])) for row in ROWS if row["gold"]["outcome"] == "draft"]


def right(name: str) -> list[bool]:
    """Tell, for each request that has such a field, whether the draft has it too."""
    if name == "outcome":
        caught = [any(one.path == "/policy" for one in stated.drafted(row["request"]).held) for row in ROWS]
        return [
            outcome(row["request"]) == row["gold"]["outcome"] or (held and row["category"] == "unethical")
            for row, held in zip(ROWS, caught, strict=True)
        ]
    if name == "task":
        return [made.task == row["gold"]["task"] for row, made in drafts() if row["gold"]["task"]]
    key = {"target": "outputs", "labels": "labels"}[name]
    found = []
    for row, made in drafts():
        wanted = row["gold"].get(name)
        if wanted:
            given = stated.at(made.spec, f"/task/{key}") or []
            values = list(given.values()) if isinstance(given, dict) else list(given)
            accepted = wanted.split("|") if isinstance(wanted, str) else []
            lists = [sorted(one) for one in (wanted, *row["gold"].get("labels_accept", ())) if isinstance(one, list)]
            found.append(any(value in accepted for value in values) or sorted(values) in lists)
    return found


@pytest.mark.parametrize("name", ["outcome", "task", "target", "labels"])
def test_fields(name: str) -> None:
    found = right(name)
    assert sum(found) / len(found) >= FLOORS[name]


def bound(text: str) -> str:
    """Write a bound of the suite with our names."""
    name, _, rest = text.partition(" ")
    return f"{SAME.get(name, name)} {rest}".replace("> ", ">= ").replace("< ", "<= ")


def test_bounds() -> None:
    kept = missed = extra = 0
    for row, made in drafts():
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
    assert 2 * kept / (2 * kept + missed + extra) >= FLOORS["bounds"]


def alike(wanted: str, given: str) -> bool:
    """Tell whether a bound is the wanted one of a class, or its average, where the suite names no class."""
    name, _, rest = wanted.partition(" ")
    own, _, other = given.partition(" ")
    return own.removeprefix("macro_").split(".")[0] == name and same(f"{name} {rest}", f"{name} {other}")


def test_nothing_is_made_up() -> None:
    for row in ROWS:
        made = stated.drafted(row["request"])
        quotes = [*(one.quote for one in made.evidence), *(one.quote for one in made.reasons)]
        assert all(quote in row["request"] for quote in quotes)
        for label in stated.at(made.spec, "/task/labels") or ():
            assert label in row["request"]
