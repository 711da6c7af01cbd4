"""Simple documents are written without the library, in the library's own bytes."""

import random
from pathlib import Path

import pytest

from trainerspec.ir.json import Json
from trainerspec.language import yaml

ROOT = Path(__file__).parents[2]
TEXTS = [
    "",
    "a",
    "yes",
    "No",
    "null",
    "~",
    "a b",
    " a",
    "a ",
    "a: b",
    "a #b",
    "- a",
    "1",
    "1e5",
    "0x1f",
    "a\\b",
    'say "x"',
]
TEXTS += [
    "a, b",
    "[a]",
    "{a}",
    "%a",
    "@a",
    "`a`",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "?",
    ":",
    "a:",
    "=",
    "<<",
    "it's",
    "a/b.c",
]
TEXTS += [
    "über",
    "日本",
    "two\nlines\n",
    "tab\there",
    "x" * 99,
    "x y " * 60 + "z",
    "trailing\n",
    "\u2028",
    "😀",
    "é" * 3,
]
NUMBERS = [0, -1, 10**20, 0.0, -0.0, 1e-05, 1.5, 1e300, 3.0, float("inf"), float("-inf"), True, False, None]


def drawn(draw: random.Random, depth: int) -> Json:
    """Return random data: texts that are hard to write among easy ones."""
    kind = draw.random()
    if depth == 0 or kind < 0.4:
        return draw.choice(TEXTS) if draw.random() < 0.5 else draw.choice(NUMBERS)
    if kind < 0.65:
        return [drawn(draw, depth - 1) for _ in range(draw.randrange(4))]
    keys = draw.sample([text for text in TEXTS if draw.random() < 0.5], draw.randrange(4))
    return {key: drawn(draw, depth - 1) for key in keys}


@pytest.mark.parametrize("seed", range(40))
def test_random_documents_have_the_same_bytes(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        data = drawn(draw, 4)
        assert yaml._dump(data, "").decode() == yaml.by_library(data), data


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_stands_as_the_library_writes_it(text: str) -> None:
    for data in ({"key": text}, [text], {"a": [[text], {"b": text}]}, *([{text: 1}] if text else [])):
        assert yaml._dump(data, "").decode() == yaml.by_library(data)


def test_documents_of_projects_are_simple() -> None:
    files = sorted((ROOT / "tests" / "golden").rglob("dvc.yaml"))
    assert files
    for file in files:
        data = yaml.load(file.read_bytes())
        assert yaml.block(data, yaml._is_plain, yaml._number) == yaml.by_library(data)
