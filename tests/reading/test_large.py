"""A large file that is read in pieces comes to the same rows as one that is read as a whole."""

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from trainerspec.reading import kinds, table
from trainerspec.reading.separated import large

CELLS: dict[str, Callable[[random.Random], str]] = {
    "whole": lambda one: str(one.randrange(-500, 500)),
    "wide": lambda one: str(one.randrange(10**6)),
    "decimal": lambda one: f"{one.gauss(0, 50):.2f}",
    "thousand": lambda one: f"{one.randrange(1, 999)}.{one.randrange(1000):03}",
    "comma": lambda one: one.choice(["a", "b", "1.5"]),
    "grade": lambda one: one.choice(["1.0", "2.0", "3.5"]),
    "code": lambda one: f"{one.randrange(1000):04}",
    "word": lambda one: one.choice(["red", "green", " blue", "NA", "true"]),
    "truth": lambda one: one.choice(["True", "false"]),
    "day": lambda one: f"2024-{one.randrange(1, 13):02}-{one.randrange(1, 29):02}",
    "created_at": lambda one: str(1_700_000_000 + one.randrange(10**6)),
    "long": lambda one: str(one.randrange(10**18, 10**19)),
    "exponent": lambda one: f"{one.gauss(0, 1):.3e}",
}
ODD = ["", "NA", "inf", "?", "+5", "007", " 7", "1.250", "-0", "é", "5.0", "1e400", "12345678901234567890"]


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE", 0)
    monkeypatch.setattr(large, "SIZE", 4000)
    monkeypatch.setattr(large, "FEW", 20)


def written(one: random.Random, names: list[str], rows: int) -> str:
    lines = [[CELLS[name](one) for name in names] for _ in range(rows)]
    for _ in range(one.choice([0, 0, 1, 3])):
        lines[one.randrange(rows)][one.randrange(len(names))] = one.choice(ODD)
    end = one.choice(["\n", "\r\n"])
    text = end.join(",".join(line) for line in [names, *lines])
    return text + one.choice(["", end])


@pytest.mark.parametrize("seed", range(60))
def test_types_and_values_are_those_of_the_whole_file(tmp_path: Path, seed: int) -> None:
    one = random.Random(seed)
    names = one.sample(sorted(CELLS), one.randrange(2, 6))
    path = tmp_path / "rows.csv"
    path.write_text(written(one, names, one.choice([30, 400, 900])), newline="")
    whole, pieces = table.read(path), table.read(path, as_text=[names[0]])
    wanted, found = kinds.typed(whole.frame, [names[0]]), kinds.typed(pieces.frame, [names[0]])
    assert found.kinds == wanted.kinds
    assert found.frame.equals(wanted.frame)
    assert found.frame.schema == wanted.frame.schema
    assert pieces.notes == whole.notes


def test_plain_numbers_come_as_numbers_and_whole_ones_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("n,x,code\n" + "".join(f"{at},{at}.25,{at:05}\n" for at in range(2000)))
    frame = table.read(path, as_text=["label"]).frame
    assert frame.drop(table.PLACE).dtypes == [pl.Int64, pl.Float64, pl.String]
    assert frame[table.PLACE].to_list()[-1] == "rows.csv:2001"
    assert table.read(path).frame.drop(table.PLACE).dtypes == [pl.String] * 3


def test_whole_numbers_stay_texts_where_a_later_row_holds_a_word(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("n,x\n" + "".join(f"{at},a\n" for at in range(3000)) + "many,a\n")
    values = table.read(path, as_text=()).frame["n"]
    assert values.dtype == pl.String
    assert values.to_list() == [*map(str, range(3000)), "many"]


@pytest.mark.parametrize(
    "odd",
    ['7,"a, b"\n', "7\n", "7,8,9\n", "\n", "\r\n", "7,\udc80\n", "n,x\n"],
    ids=["quotes", "few", "many", "empty", "cr", "latin", "header"],
)
def test_what_has_to_be_seen_as_a_whole_is_left_to_the_other_reader(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "rows.csv"
    rows = "".join(f"{at},b\n" for at in range(2000))
    path.write_bytes(f"n,x\n{rows}{odd}{rows}".encode("utf-8", "surrogateescape"))
    assert large.read(path, ()) is None
