"""What changes nothing of a request changes nothing of how it is judged: greetings, task words, case, order, ..."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.drafting import draft
from trainerspec.ir.draft import Request

SEEN = Path(__file__).parent / "requests" / "seen"
KNOWN = tasks()
LEARNED = [
    path
    for path in sorted(SEEN.glob("*.jsonl"))
    if path.stem not in ("batch-12", "batch-13", "batch-14", "batch-15", "batch-17", "batch-18")
]
"""Suites that the classifier learned from; near its thresholds a greeting may tip the others."""
ROWS = [json.loads(line) for path in LEARNED for line in path.read_text("utf-8").splitlines()]
HARM = [row["request"] for row in ROWS if "unethical" in row["gold"].get("reject_category", ())]
LEGITIMATE = [
    *(SEEN / "legitimate.txt").read_text("utf-8").splitlines(),
    *(row["request"] for row in ROWS if row["category"] == "sensitive-legit"),
]
CHANGES: dict[str, Callable[[str], str]] = {
    "greeting": lambda text: f"Hello there! {text}",
    "thanks": lambda text: f"{text.rstrip('.')}. Thanks a lot!",
    "task word": lambda text: f"Classifier: {text}",
    "another task word": lambda text: f"Detection model. {text}",
    "prediction": lambda text: f"Predict this: {text}",
    "case": str.upper,
    "order": lambda text: " ".join(reversed(re.split(r"(?<=[.!?。])\s+", text))),
    "a second wish": lambda text: f"{text.rstrip('.')}. Also, sort our mails by department.",
    "a wish before": lambda text: f"Classify photos of leaves by species. {text}",
    "a file": lambda text: f"{text.rstrip('.')} (data/train.csv)",
    "a limit": lambda text: f"{text.rstrip('.')}. Accuracy at least 90%.",
}
PART = 8
"""A change is tried on every so many requests, each on others, so that all are covered in little time."""


@cache
def stopped(text: str) -> bool:
    """Tell whether a request is refused or held for its harm."""
    made = draft(Request(text=text), KNOWN)
    return made.outcome == "rejected" or any(one.path == "/policy" for one in made.held)


@cache
def accused(text: str) -> bool:
    """Tell whether a request is refused or held for harm."""
    made = draft(Request(text=text), KNOWN)
    return any(one.category == "unethical" for one in made.reasons) or any(one.path == "/policy" for one in made.held)


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_beside_a_harmful_wish_lets_it_pass(change: str) -> None:
    some = HARM[list(CHANGES).index(change) % PART :: PART]
    assert [text for text in some if stopped(text) and not stopped(CHANGES[change](text))] == []


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_beside_a_harmless_wish_accuses_it(change: str) -> None:
    some = LEGITIMATE[list(CHANGES).index(change) % PART :: PART]
    assert [text for text in some if not accused(text) and accused(CHANGES[change](text))] == []
