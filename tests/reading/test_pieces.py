"""A file in pieces says what the whole file says, wherever it is cut, and loses nothing."""

import gzip
import random
from pathlib import Path

import polars as pl
import pytest

from trainerspec.reading import pieces, table
from trainerspec.reading.notes import Unreadable


def together(path: Path, size: int) -> tuple[pl.DataFrame, list[int], list[tuple[int, str]], int]:
    found = [pieces.parse(cut) for cut in pieces.cuts(path, size)]
    lines = [line for one in found for line in one.lines.to_list()]
    unread = [row for one in found for row in one.unread]
    return pl.concat([one.frame for one in found], how="vertical_relaxed"), lines, unread, len(found)


def quoted(rows: int) -> str:
    chance = random.Random(5)
    made = ["id,text,n"]
    for row in range(rows):
        text = chance.choice(['"a, b"', "plain", '"two\nlines"', '"say ""hi"""', 'a 5" pipe', ""])
        made.append(f"{row},{text},{row / 2}")
    return "\n".join(made) + "\n"


@pytest.mark.parametrize("size", [300, 20_000, 10**6])
def test_pieces_are_the_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(quoted(4000))
    whole, lines, _ = table.read_one(path)
    frame, found, unread, count = together(path, size)
    assert frame.equals(whole)
    assert found == lines.to_list()
    assert not unread
    assert count > 1 or size == 10**6


def test_no_record_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    content = b"a,b\n1,x\n2,y,z\n3,w\n4\n" + b"5,caf\xe9\n6,v\n"
    path.write_bytes(content)
    frame, lines, unread, _ = together(path, 10**6)
    assert frame["a"].to_list() == ["1", "3", "6"]
    assert lines == [2, 4, 7]
    assert unread == [(3, "3 values instead of 2"), (5, "1 values instead of 2"), (6, "it is not UTF-8")]


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1, "b": {"c": "x"}}\n\n{"a": 2\n[3]\n{"a": 4, "b": {"c": "y"}}\n')
    frame, lines, unread, _ = together(path, 10**6)
    assert (frame["a"].to_list(), frame["b.c"].to_list(), lines) == ([1, 4], ["x", "y"], [1, 5])
    assert [line for line, _ in unread] == [3, 4]
    assert unread[1][1] == "is not an object"


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "json", "utf16.csv", "mac.csv"])
def test_kinds_of_files(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "ROWS", 7)
    frame, path = pl.DataFrame({"a": [str(row) for row in range(20)], "b": ["ü"] * 20}), tmp_path / f"rows.{kind}"
    text = frame.write_csv()
    if kind == "parquet":
        frame.write_parquet(path)
    elif kind == "json":
        frame.write_json(path)
    else:
        written = {"csv.gz": gzip.compress(text.encode()), "utf16.csv": text.encode("utf-16")}
        path.write_bytes(written.get(kind, text.replace("\n", "\r").encode()))
    found, lines, unread, count = together(path, 30)
    assert found.equals(frame)
    assert lines == list(range(1, 21)) if kind in ("parquet", "json") else list(range(2, 22))
    assert not unread
    assert count > 1


def test_no_table(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"nothing")
    with pytest.raises(Unreadable):
        list(pieces.cuts(path))
