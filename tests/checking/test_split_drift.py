"""Parts of a split that differ in what stands together are told; parts by chance and parts of groups are not."""

from pathlib import Path

import numpy as np
import pytest

from tests.checking import made
from tests.checking.look import check

ROWS = 900
BY = "split: {by: 'given:part'}"
PARTS = ["train"] * 500 + ["validation"] * 200 + ["test"] * 200


def table(kind: str) -> made.Columns:
    """Return rows whose columns are spread alike in all parts, each by itself."""
    chance = np.random.default_rng(5)
    first, second = (chance.integers(0, 10, ROWS) for _ in range(2))
    if kind == "together":
        second[700:] = first[700:]
    part = np.array(PARTS)
    if kind == "chance":
        chance.shuffle(part)
    y = np.where(chance.random(ROWS) < 0.2 + 0.06 * first, "yes", "no")
    found = {"a": first, "b": second, "part": part, "y": y}
    if kind == "a group a part":
        found["day"] = np.where(part == "train", np.arange(ROWS) // 10, np.where(part == "test", 901, 900))
    if kind == "groups":
        height = chance.normal(170, 9, 90)
        found["height"] = height[np.repeat(np.arange(90), 10)].round(1)
    return {name: values.tolist() for name, values in found.items()}


@pytest.mark.parametrize(
    ("kind", "parts"), [("together", ["test"]), ("chance", []), ("groups", []), ("a group a part", [])]
)
def test_a_model_tells_parts_apart_where_they_differ(kind: str, parts: list[str], tmp_path: Path) -> None:
    source = made.write(tmp_path, "t.csv", table(kind))
    found = [one for one in check("table", tmp_path, source, BY, deep=True).findings if one.code == "split-drift"]
    assert [one.message.split(" of ")[1].split(" from ")[0] for one in found if "a model tells" in one.message] == parts


@pytest.mark.parametrize(("words", "alarms"), [("the invoice of may", 1), ("the ticket", 0)])
def test_texts_of_another_kind_in_a_part_are_told(words: str, alarms: int, tmp_path: Path) -> None:
    names = ["tap", "fuse", "hedge", "boiler", "socket", "lawn"]
    texts = [
        f"{words if part == 'test' else 'the ticket'} about {names[row % 6]} {names[row * 7 % 5]} no {row}"
        for row, part in enumerate(PARTS)
    ]
    rows = {"text": texts, "part": PARTS, "y": ["a" if row % 6 < 3 else "b" for row in range(ROWS)]}
    source = made.write(tmp_path, "t.csv", rows)
    found = [one for one in check("text", tmp_path, source, BY, deep=True).findings if one.code == "split-drift"]
    assert len([one for one in found if "a model tells" in one.message]) == alarms
