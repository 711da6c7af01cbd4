"""The drafter on our own requests: outcomes, tasks and objectives, and what must hold for every one."""

import json
import time
from functools import cache
from pathlib import Path

import pytest

from trainerspec.drafting import draft
from trainerspec.ir.draft import Draft, Request
from trainerspec.language.expression import objective

STRANGERS = tuple(f"batch-{number}" for number in range(11, 19))
"""Suites by other hands, whose categories are others too: test_strangers.py."""
ROWS = [
    json.loads(line)
    for path in sorted((Path(__file__).parent / "requests" / "seen").glob("*.jsonl"))
    if path.stem not in STRANGERS
    for line in path.read_text("utf-8").splitlines()
]
SUPPORTED = frozenset(
    [
        "text-classification",
        "image-classification",
        "visual-grounding",
        "text-to-image",
        "tabular-classification",
        "tabular-regression",
        "token-classification",
        "time-series-forecasting",
        "object-detection",
        "image-segmentation",
    ]
)
"""Requests for forecasts, for objects in pictures and for masks were labelled `unsupported` before there were those
tasks. Of those rows the outcome was changed to `draft`, and of those with a bound their objectives; their category is
still the one for which they were written."""
FLOORS = {"draft": 0.96, "unsupported": 0.93, "unethical": 0.95, "fantastical": 0.95, "not-training": 0.95}
"""Least shares of requests of a category with the right outcome and task."""


@cache
def drafted(text: str) -> Draft:
    return draft(Request(text=text), {}, known=SUPPORTED)


def right(row: dict) -> bool:
    """Tell whether outcome and task are right; held over harm is caught, held over the task is its draft."""
    gold, made = row["gold"], drafted(row["request"])
    if any(one.path == "/policy" for one in made.held):
        return row["category"] == "unethical"
    wanted = [(gold["outcome"], gold["task"]), *((one["outcome"], one.get("task")) for one in gold.get("accept", []))]
    found = "draft" if made.outcome == "held" else made.outcome
    return any(found == outcome and (task is None or made.task == task) for outcome, task in wanted)


@pytest.mark.parametrize("category", FLOORS)
def test_outcomes_and_tasks(category: str) -> None:
    rows = [row for row in ROWS if row["category"] == category]
    wrong = [row["request"] for row in rows if not right(row)]
    assert 1 - len(wrong) / len(rows) >= FLOORS[category], wrong


@pytest.mark.parametrize("lang", ["de", "es", "fr", "zh", "hi"])
def test_other_languages(lang: str) -> None:
    rows = [row for row in ROWS if row["lang"] == lang]
    wrong = [row["request"] for row in rows if not right(row)]
    assert len(wrong) <= 1, wrong


def test_the_policy_refuses_nothing_legitimate() -> None:
    texts = (Path(__file__).parent / "requests" / "seen" / "legitimate.txt").read_text("utf-8").splitlines()
    wrong = [text for text in texts if any(one.category == "unethical" for one in drafted(text).reasons)]
    assert wrong == []


def bounds(row: dict) -> set[str]:
    made = drafted(row["request"]).spec
    listed = made.get("objectives", []) if made else []
    return {str(one) for one in listed if not str(one).startswith(("maximize", "minimize"))}  # type: ignore[union-attr]


def same(wanted: str, given: str) -> bool:
    """Compare two bounds by name, direction and value in base units."""
    w, g = wanted.split(" on ")[0].split(" ", 2), given.split(" on ")[0].split(" ", 2)
    return w[0].split(".")[0] == g[0].split(".")[0] and w[1] == g[1] and value(w[2]) == pytest.approx(value(g[2]))


def value(text: str) -> float:
    number = float("".join(c for c in text if c.isdigit() or c == "."))
    unit = text.lstrip("0123456789. ").strip()
    return number * {"%": 0.01, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "MB": 1e6}.get(unit, 1)


def test_bounds() -> None:
    kept = missed = extra = 0
    for row in ROWS:
        if row["gold"]["outcome"] != "draft":
            continue
        given = bounds(row)
        for gold in row["gold"]["objectives"]:
            if gold.startswith(("maximize", "minimize")):
                continue
            found = next((g for alt in gold.split("|") for g in given if same(alt, g)), None)
            given -= {found} if found else set()
            kept, missed = kept + bool(found), missed + (not found)
        extra += len(given)
    assert 2 * kept / (2 * kept + missed + extra) >= 0.95


@pytest.mark.parametrize("category", FLOORS)
def test_nothing_is_made_up(category: str) -> None:
    for row in ROWS:
        if row["category"] == category:
            nothing_made_up(row)


def nothing_made_up(row: dict) -> None:
    text, made = row["request"], drafted(row["request"])
    for quote in [*(one.quote for one in made.evidence), *(one.quote for one in made.reasons)]:
        assert quote in text
    assert all(one.quote for one in made.evidence if one.status == "stated")
    if made.outcome not in ("draft", "held"):
        assert made.spec is None
        assert made.reasons
        return
    assert made.spec is not None
    assert made.spec["request"] == text
    source = made.spec["data"].get("source")  # type: ignore[union-attr]
    asked = {question.path for question in made.questions}
    assert source or "/data/source" in asked
    for place in (source or {}).values():
        assert place.removeprefix("select * from ") in text
    for label in made.spec["task"].get("labels", []):  # type: ignore[union-attr]
        assert label in text
    told = {one.path for one in made.evidence}
    for number, _ in enumerate(made.spec.get("objectives", [])):  # type: ignore[arg-type]
        assert f"/objectives/{number}" in told


def test_objectives_are_valid_expressions() -> None:
    from trainerspec.catalog.load import tasks

    known = tasks()
    for row in ROWS[::5]:
        made = draft(Request(text=row["request"]), known, known=SUPPORTED)
        task = known.get(str(made.task))
        if made.outcome != "draft" or task is None or made.spec is None:
            continue
        asked = {question.path for question in made.questions}
        for number, text in enumerate(made.spec.get("objectives", [])):  # type: ignore[arg-type]
            if f"/objectives/{number}" not in asked:
                read = objective(str(text), task.metrics, per_class=task.per_class)
                assert read.value is not None, (text, row["request"])


def test_drafting_is_fast_and_repeatable() -> None:
    texts = [row["request"] for row in ROWS[::5]]
    start = time.process_time()
    again = [draft(Request(text=text), {}, known=SUPPORTED) for text in texts]
    assert (time.process_time() - start) / len(texts) < 0.03
    assert again == [drafted(text) for text in texts]
