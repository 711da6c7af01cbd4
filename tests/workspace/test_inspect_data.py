"""What a look finds, and what it says about data that cannot be used."""

import json
import os
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests.checking.look import spec
from trainerspec.workspace.inspect_data import inspect_data
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.look import samples
from trainerspec.workspace.told import split

ROWS = [{"id": i, "text": f"text number {i} " * 3, "topic": "ab"[i % 2]} for i in range(20)]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("sport", "politics"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(4):
            (tmp_path / "data" / name / f"{i}.txt").write_text(f"{name} text {i}")
    (tmp_path / "data" / "README.md").write_text("about")
    (tmp_path / "data" / ".hidden.txt").write_text("no")
    return tmp_path / "data"


def test_class_folders(folders: Path) -> None:
    found = inspect_data(folders).value
    assert found is not None
    assert (found.layout, found.media, found.rows, found.exact) == ("folders", "text", 8, True)
    assert found.labels == {"label": {"politics": 4, "sport": 4}}
    assert found.frame.columns == ["text", "label"]


def test_a_decimal_comma_makes_numbers_where_it_separates_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("price;size;pair;plan\n14,5;3,0;1,2,3;a\n-2;;4,5;b\n")
    seen = inspect_data(path).value
    assert seen is not None
    assert dict(seen.columns) == {"price": "number", "size": "number", "pair": "text", "plan": "text"}
    assert seen.frame["price"].to_list() == [14.5, -2.0]
    path.write_text('pair,plan\n"1,5",a\n"2,5",b\n')
    seen = inspect_data(path).value
    assert seen is not None
    assert dict(seen.columns) == {"pair": "number", "plan": "text"}
    assert seen.frame["pair"].to_list() == [1.5, 2.5]


def test_a_table_in_a_plain_text_file(tmp_path: Path) -> None:
    path = tmp_path / "tickets.txt"
    path.write_bytes("text\tteam\r\nno tone\ttech\r\nno bill\tmoney\r\n".encode("utf-16"))
    seen = inspect_data(path).value
    assert seen is not None
    assert (seen.layout, seen.rows, list(seen.columns)) == ("table", 2, ["text", "team"])


@pytest.mark.parametrize(
    ("parts", "by", "told"),
    [
        (("train", "val"), "stratified", [("warning", ": all rows are split anew")]),
        (("train", "val"), "given:part", [("error", "but none of them is the test")]),
        (("train", "test"), "given:part", []),
    ],
)
def test_parts_of_a_split_without_a_test_are_told(
    tmp_path: Path, parts: tuple[str, ...], by: str, told: list[tuple[str, str]]
) -> None:
    for name in parts:
        (tmp_path / f"{name}.csv").write_text("a,y\n1,x\n2,z\n")
    given = spec("table", tmp_path, ".", f"split: {{by: '{by}'}}")
    seen = inspect_data(tmp_path).value
    assert seen is not None
    found = list(split(given, seen))
    assert [(one.severity, one.message[-len(end) :]) for one, (_, end) in zip(found, told, strict=True)] == told


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "semicolon.csv", "t.jsonl", "t.json", "t.parquet", "folder"])
def test_tables(name: str, tmp_path: Path) -> None:
    frame, path = pl.DataFrame(ROWS), tmp_path / name
    match name.split(".")[-1]:
        case "csv":
            frame.write_csv(path, separator=";" if name.startswith("semi") else ",")
        case "tsv":
            frame.write_csv(path, separator="\t")
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
        case "json":
            path.write_text(json.dumps(ROWS))
        case "parquet":
            frame.write_parquet(path)
        case _:
            path.mkdir()
            frame.head(12).write_csv(path / "a.csv")
            frame.tail(8).write_csv(path / "b.csv")
    found = inspect_data(path).value
    assert found is not None
    assert (found.layout, found.rows, found.exact) == ("table", 20, True)
    assert found.columns == {"id": "integer", "text": "text", "topic": "text"}
    assert found.labels == {"topic": {"a": 10, "b": 10}}
    assert found.texts[0] == "text"


def test_pictures_with_the_class_in_the_name_or_the_folder(tmp_path: Path) -> None:
    for name in ("flat/cat_1.png", "flat/dog_1.png", "tree/cat/1.png", "tree/dog/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (3, 2)).save(tmp_path / name)
    flat, tree = inspect_data(tmp_path / "flat").value, inspect_data(tmp_path / "tree").value
    assert flat is not None
    assert tree is not None
    assert (flat.layout, flat.media) == ("filename", "image")
    assert (tree.layout, tree.media) == ("folders", "image")
    assert flat.labels == tree.labels == {"label": {"cat": 1, "dog": 1}}


def test_a_sample_is_the_same_whatever_the_order_of_creation(folders: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for path in sorted(folders.rglob("*.txt"), reverse=True):
        (other / path.parent.name).mkdir(parents=True, exist_ok=True)
        (other / path.parent.name / path.name).write_bytes(path.read_bytes())
    one, two = (inspect_data(path, budget=Budget(files=3)).value for path in (folders, other))
    assert one is not None
    assert two is not None
    assert (one.frame.height, one.rows, one.exact) == (3, 8, False)
    assert one.frame.equals(two.frame)


def test_a_large_table_is_read_whole(tmp_path: Path) -> None:
    pl.DataFrame({"i": range(1000)}).write_csv(tmp_path / "t.csv")
    found = inspect_data(tmp_path / "t.csv", budget=Budget(bytes=500)).value
    assert found is not None
    assert (found.rows, found.exact, found.frame.height) == (1000, True, 1000)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("TS401", "did you mean `articles`"),
        ("TS402", "is empty"),
        ("TS402", "has no rows"),
        ("TS404", "byte 0xe9 in line 2 (offset 7)"),
        ("TS404", "`t.csv` is not UTF-8: byte 0xe9 in line 3 (offset 24)"),
        ("TS412", "`.pdf` are not read"),
        ("TS412", "not in class folders"),
        ("TS413", "is cut off, or not JSON"),
    ],
)
def test_bad_data_is_a_diagnostic(code: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "articles"
    path.mkdir()
    match words:
        case "did you mean `articles`":
            path = tmp_path / "artcles"
        case "has no rows":
            (path / "t.csv").write_text("text,label\n")
        case "byte 0xe9 in line 2 (offset 7)":
            (path / "a").mkdir()
            (path / "a" / "1.txt").write_bytes(b"first\nd\xe9j\xe0")
        case "`t.csv` is not UTF-8: byte 0xe9 in line 3 (offset 24)":
            (path / "t.csv").write_bytes(b"text,label\nfirst,yes\ncaf\xe9,no\n")
        case "`.pdf` are not read":
            (path / "a.pdf").write_bytes(b"%PDF")
        case "not in class folders":
            (path / "a.txt").write_text("a")
        case "is cut off, or not JSON":
            (path / "t.jsonl").write_text("not json\n")
    outcome = inspect_data(path)
    assert outcome.value is None
    assert [one.code for one in outcome.diagnostics] == [code]
    assert words in outcome.diagnostics[0].message + " " + outcome.diagnostics[0].hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_a_diagnostic(folders: Path) -> None:
    (folders / "sport" / "0.txt").chmod(0)
    assert [one.code for one in inspect_data(folders).diagnostics] == ["TS403"]


def test_a_dangling_link_is_a_diagnostic(folders: Path) -> None:
    (folders / "sport" / "9.txt").symlink_to("nowhere.txt")
    assert [one.code for one in inspect_data(folders).diagnostics] == ["TS403"]


def test_samples_are_rows_that_do_not_change(folders: Path) -> None:
    found = inspect_data(folders).value
    assert found is not None
    assert samples(found, 2) == samples(found, 2)
    assert samples(found, 1, longest=10) == (samples(found, 1)[0][:10],)
    assert samples(found, 1)[0].endswith(("label: sport", "label: politics"))
