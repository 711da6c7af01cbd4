"""The files of phrases are for review: one phrase a line, none twice, no list that nothing uses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from trainerspec import assets
from trainerspec.drafting.reading.phrase_files import LANGUAGES, read_phrases

ROOT = Path(__file__).parents[2]
WORDS = {name: assets.folder("grammar") / "vocabulary" / f"{name}.yaml" for name in ("words", "tasks", "objectives")}
FIELDS = assets.folder("grammar") / "vocabulary" / "fields.yaml"
POLICY = assets.folder("sops") / "task" / "refusals.yaml"
FILES = [*WORDS.values(), FIELDS, POLICY]
NAMED = re.compile(r"<([\w-]+)>")
CODE = "".join(path.read_text("utf-8") for path in sorted((ROOT / "trainerspec" / "drafting").rglob("*.py")))


def lists(node: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Return every list of phrases with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from lists(value, f"{place}/{key}")
    elif isinstance(node, list) and any(isinstance(one, dict | list) for one in node):
        for number, one in enumerate(node):
            yield from lists(one, f"{place}/{one.get('id', number) if isinstance(one, dict) else number}")
    elif isinstance(node, list):
        yield place, node


def texts(path: Path) -> Iterator[str]:
    """Return every phrase of a file."""
    for _, phrases in lists(read_phrases(path)):
        yield from map(str, phrases)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_phrase_stands_twice_in_a_list(path: Path) -> None:
    twice = {
        place: {one for one in phrases if [other.lower() for other in phrases].count(one.lower()) > 1}
        for place, phrases in lists(read_phrases(path))
        if len({one.lower() for one in phrases}) < len(phrases)
    }
    assert twice == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_phrases_stand_one_a_line_by_language(path: Path) -> None:
    names = ("also", "default")  # names of metrics and of situations, no phrases
    for place, phrases in lists(YAML(typ="safe").load(path.read_text("utf-8"))):
        *_, key = place.split("/")
        assert phrases, f"{place} is empty"
        assert all(isinstance(one, str) for one in phrases), f"{place}: a word that YAML takes for a value needs quotes"
        assert key in LANGUAGES or key in names, f"{place}: phrases stand under a language"
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        listed = re.match(r"\s*(?:- )?([\w-]+): \[", line)
        assert listed is None or listed[1] in names, f"{path.name}:{number}: one phrase a line"


def test_every_class_of_words_is_used() -> None:
    asked = set(re.findall(r'named\("([\w-]+)"\)', CODE))
    hints = " ".join(path.read_text("utf-8") for path in (ROOT / "templates").glob("*/task.yaml"))
    used = set(NAMED.findall(" ".join([hints, *(text for path in WORDS.values() for text in texts(path))]))) | asked
    assert set(read_phrases(WORDS["words"])) - used == set()
    assert set(read_phrases(POLICY)["words"]) - set(NAMED.findall(" ".join(texts(POLICY)))) - asked == set()


def test_every_list_of_fields_is_read() -> None:
    fields = read_phrases(FIELDS)
    unread = {key for key in fields if f'fields["{key}"]' not in CODE}
    assert unread == set()
    assert {key for key in fields["columns"] if f'["{key}"]' not in CODE and f'"{key}",' not in CODE} == set()
