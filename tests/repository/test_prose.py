"""Messages, reasons and pages in plain English: phrasings that readers stumbled over do not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTEAD = {
    r"\btold with its place\b|\ba way on\b": "shows where it is and how to fix it",
    r"\b(trained|train|start|starts|training) from nothing\b": "from scratch",
    r"\bthe place told\b|\bplace that is told\b": "the position shown",
    r"\b(is|are) not a text\b|\bis no text\b": "is not a string",
    r"\bcomes? into question\b": "candidate; is ruled out",
    r"\btaken, but not as it says\b": "accepted but ignored",
    r"\b(has|have) no say\b": "is ignored",
    r"\bback edge\b": "a failed gate ends the run",
    r"\bone sender may cost\b": "request limits",
    r"\bis like no class\b": "inputs that match no class",
    r"\ball the same\b": "still, anyway",
    r"\b(is|are) nowhere\b": "is not found",
    r"\bits own words stand\b": "its message is above",
    r"(?<![tT]here )\bis no (number|finite number|string|date|path|size|object|JSON|database|sha256)\b": "is not a ...",
    r"\bmake (it|them) anew\b": "build it again",
}
PLACES = (
    *("README.md", "CONTRIBUTING.md", "docs/*.md", "grammar/*.yaml", "grammar/*.json", "sops/**/*.yaml"),
    *("templates/**/*.py", "templates/**/*.md", "templates/**/*.yaml", "templates/**/*.html", "trainerspec/**/*.py"),
)
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for pattern in PLACES
    for path in sorted(ROOT.glob(pattern))
    if "_assets" not in path.parts
}


@pytest.mark.parametrize(("phrase", "instead"), INSTEAD.items())
def test_a_phrase_that_readers_stumbled_over_does_not_come_back(phrase: str, instead: str) -> None:
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()!r}"
        for path, text in TEXTS.items()
        for match in re.finditer(phrase, text)
    ]
    assert found == [], f"say: {instead}"


def test_what_is_read_is_there() -> None:
    assert len(TEXTS) > 300
    assert {path.partition("/")[0] for path in TEXTS} >= {
        "docs",
        "grammar",
        "sops",
        "templates",
        "trainerspec",
        "README.md",
    }
