"""Tables from files and folders, packed or not, and what belongs together."""

import gzip
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from tests import needs
from trainerspec.reading import table
from trainerspec.reading.notes import Unreadable

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


@pytest.mark.parametrize(
    "document",
    [
        ROWS,
        {"data": ROWS, "version": 3},
        {"a": [1, 2], "b": ["x", "y"]},
        {"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}},
        {"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]},
        [["a", "b"], [1, "x"], [2, "y"]],
    ],
)
def test_json_in_its_usual_shapes(tmp_path: Path, document: object) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(document))
    assert table.read(tmp_path / "rows.json").frame.select("a", "b").rows() == [(1, "x"), (2, "y")]


def test_parts_of_parts_are_columns_named_by_their_path(tmp_path: Path) -> None:
    line = json.dumps({"doc": {"body": "hello"}, "meta": {"team": {"name": "sales"}}})
    (tmp_path / "rows.jsonl").write_text(f"{line}\n\n{line}\n")
    found = table.read(tmp_path / "rows.jsonl")
    assert found.frame["meta.team.name"].to_list() == ["sales", "sales"]
    assert found.frame[table.PLACE].to_list() == ["rows.jsonl:1", "rows.jsonl:3"]


def test_values_of_mixed_types_are_texts_as_written(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"n": 12}\n{"n": "12"}\n{"n": "n/a"}\n{"n": null}\n')
    assert table.read(tmp_path / "rows.jsonl").frame["n"].to_list() == ["12", "12", "n/a", None]


def test_an_empty_text_is_no_value_whatever_the_format(tmp_path: Path) -> None:
    rows = [{"text": "", "label": "a"}, {"text": "b", "label": ""}]
    (tmp_path / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    pl.DataFrame(rows).write_parquet(tmp_path / "t.parquet")
    for name in ("t.jsonl", "t.parquet"):
        found = table.read(tmp_path / name).frame.select("text", "label")
        assert found.rows() == [(None, "a"), ("b", None)]


def test_codes_keep_their_zeros(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("code,flag\n01,True\n02,1.0\n")
    assert table.read(tmp_path / "codes.csv").frame.select("code", "flag").rows() == [("01", "True"), ("02", "1.0")]


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    content = b"a,b\n1,x\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("inside/b.csv", content)
        archive.writestr("__MACOSX/._b.csv", b"junk")
    for name in ("a.csv.gz", "b.zip"):
        assert table.read(tmp_path / name).frame.select("a", "b").rows() == [("1", "x")]


def test_a_packed_file_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainerspec.reading.content.FREE", 1000)
    monkeypatch.setattr("trainerspec.reading.content.RATIO", 10)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,x\n" * 100_000))
    with pytest.raises(Unreadable, match="unpacks to more than"):
        table.read(tmp_path / "a.csv.gz")


def test_a_workbook_is_read_as_texts(tmp_path: Path) -> None:
    openpyxl = needs.module("openpyxl")
    book = openpyxl.Workbook()
    for row in (["Report"], [], ["code", "n"], ["01", 5], ["02", 6.5]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    found = table.read(tmp_path / "book.xlsx")
    assert found.frame.select("code", "n").rows() == [("01", "5"), ("02", "6.5")]
    assert found.frame[table.PLACE][0] == "book.xlsx:4"


def test_monthly_files_whose_headers_differ_in_case_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "jan.csv").write_text("Day,Unit Price\n1,2\n")
    (tmp_path / "feb.csv").write_text("unit_price,day\n3,4\n")
    found = table.read(tmp_path)
    assert found.frame.select("unit_price", "day").rows() == [("3", "4"), ("2", "1")]
    assert "Unit Price" in found.notes[0].message


def test_tables_of_other_columns_are_told_and_not_united(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,x,price\n1,2,3\n")
    (tmp_path / "test.csv").write_text("id,x\n1,2\n")
    (tmp_path / "sample_submission.csv").write_text("id,price\n1,0\n")
    found = table.read(tmp_path)
    assert found.files == ("train.csv",)
    assert found.frame.height == 1
    assert "`test.csv`" in found.notes[0].message


def test_answers_to_be_sent_in_are_no_labels_whatever_their_columns(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,label\na,yes\nb,no\n")
    (tmp_path / "sample_submission.csv").write_text("id,label\nc,yes\n")
    found = table.read(tmp_path)
    assert (found.files, found.frame.height) == (("train.csv",), 2)
    assert "`sample_submission.csv` not read" in found.notes[0].message


def test_two_tables_without_a_sign_which_is_meant_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("p,q\n1,2\n")
    with pytest.raises(Unreadable) as caught:
        table.read(tmp_path)
    assert caught.value.note.kind == "columns"
    assert table.read(tmp_path, needed=["q"]).files == ("b.csv",)


def test_parts_are_told_by_names(tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        (tmp_path / f"{name}.csv").write_text("x,y\n1,2\n")
    assert table.read(tmp_path).frame[table.PART].to_list() == ["test", "train", "validation"]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", b"a,b\n1,\xe4\n", "encoding"),
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "format"),
        ("a.json", b'{"a": 1}', "format"),
        ("a.csv.gz", b"not packed", "unreadable"),
        ("a.parquet", b"PAR", "format"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        table.read(tmp_path / name)
    assert caught.value.note.kind == kind
    assert name in caught.value.note.message


def test_utf16_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a,b\n1,ä\n".encode("utf-16"))
    assert table.read(tmp_path / "a.csv").frame["b"].to_list() == ["ä"]


def test_every_row_of_a_large_table_is_there(tmp_path: Path) -> None:
    rows = "".join(f'{at},"note {at}, more",{at % 7}\n' for at in range(30_000))
    (tmp_path / "large.csv").write_text(f"id,text,n\n{rows}")
    found = table.read(tmp_path / "large.csv").frame
    assert found.height == 30_000
    assert found["text"].is_duplicated().sum() == 0
    assert found.select(pl.col("n").cast(pl.Int64).sum()).item() == sum(at % 7 for at in range(30_000))


def test_a_file_of_unlabelled_rows_lies_below_the_labelled_ones(tmp_path: Path) -> None:
    (tmp_path / "labelled.csv").write_text("text,topic\na,x\nb,y\n")
    (tmp_path / "unlabelled.csv").write_text("text\nc\nd\n")
    found = table.read(tmp_path, needed=("text", "topic"))
    assert found.frame.select("text", "topic").rows() == [("a", "x"), ("b", "y"), ("c", None), ("d", None)]
    assert [note.message for note in found.notes] == ["the rows of `unlabelled.csv` have no `topic` yet"]


@pytest.mark.parametrize(("name", "head"), [("other.csv", "text"), ("unlabelled.csv", "text,author")])
def test_other_files_without_a_column_stay_apart(tmp_path: Path, name: str, head: str) -> None:
    (tmp_path / "labelled.csv").write_text("text,topic\na,x\nb,y\n")
    (tmp_path / name).write_text(f"{head}\n{',d' * head.count(',')}c\n")
    found = table.read(tmp_path, needed=("text", "topic"))
    assert found.frame["text"].to_list() == ["a", "b"]
    assert "not read" in found.notes[-1].message


def test_a_broken_line_of_json_is_left_out_and_told(tmp_path: Path) -> None:
    rows = [json.dumps({"doc": {"text": f"row {n}"}, "team": "a"}) for n in range(20)]
    (tmp_path / "cut.jsonl").write_text("\n".join([*rows[:5], "", *rows[5:]])[:-9])
    found = table.read(tmp_path / "cut.jsonl")
    assert (found.frame.height, found.frame["doc.text"][18]) == (19, "row 18")
    note = next(one for one in found.notes if one.rows)
    assert note.message == "line 21 of `cut.jsonl` is cut off, or not JSON, and is left out"
    assert (note.line, note.lines) == (21, (21,))


def test_the_sheet_with_the_table_is_read_without_its_total(tmp_path: Path) -> None:
    openpyxl = needs.module("openpyxl")
    book = openpyxl.Workbook()
    sheets = {
        "About": [["Survey"], ["of 2024"]],
        "Stations": [["id", "name"], [1, "x"]],
        "Trips": [["Trips"], ["day", "n"]],
    }
    sheets["Trips"] += [[f"d{n}", n] for n in range(9)] + [["Total", 36]]
    for name, rows in sheets.items():
        sheet = book.active if name == "About" else book.create_sheet()
        sheet.title = name
        for row in rows:
            sheet.append(row)
    book["Trips"].merge_cells("A1:B1")
    book.save(tmp_path / "book.xlsx")
    found = table.read(tmp_path / "book.xlsx")
    assert (found.frame.height, found.frame.columns[:2], found.frame[table.PLACE][0]) == (
        9,
        ["day", "n"],
        "book.xlsx:3",
    )
    told = [(one.severity, one.message) for one in found.notes]
    assert told == [
        ("warning", "only the sheet `Trips` of `book.xlsx` is read, not `Stations`"),
        ("info", "only the sheet `Trips` of `book.xlsx` is read, not `About`"),
        ("warning", "`book.xlsx` ends with a line of totals, which is left out: line 12"),
    ]


def test_files_of_one_series_are_joined_by_name(tmp_path: Path) -> None:
    for at, content in enumerate(["a,b,y\n1,2,3\n", "y,a,b\n6,4,5\n", "A,b,Y,new\n7,8,9,x\n", "a,y\n10,11\n"], 1):
        (tmp_path / f"2024-0{at}.csv").write_text(content)
    found = table.read(tmp_path, needed=("y",))
    assert found.frame.select("a", "b", "y", "new").rows() == [
        ("1", "2", "3", None),
        ("4", "5", "6", None),
        ("7", "8", "9", "x"),
        ("10", None, "11", None),
    ]
    told = next(one.message for one in found.notes if one.severity == "warning")
    assert "`b` not in `2024-04.csv`" in told
    assert "`new` not in `2024-01.csv`, `2024-02.csv`, `2024-04.csv`" in told


def test_what_stands_beside_a_table_in_a_zip_is_no_data(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("survey/homes.csv", b"a,b\n1,x\n")
        archive.writestr("survey/README.txt", b"how it was made")
    assert table.read(tmp_path / "b.zip").frame.select("a", "b").rows() == [("1", "x")]


def test_zstandard_is_unpacked_or_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv.zst"
    path.write_bytes(needs.module("pyarrow").compress(b"a,b\n1,x\n", codec="zstd", asbytes=True))
    assert table.read(path).frame.select("a", "b").rows() == [("1", "x")]
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(Unreadable, match=r"cannot read `a\.csv\.zst`: it is cut off"):
        table.read(path)
    monkeypatch.setattr("trainerspec.reading.content.ZSTANDARD", "no_such_package")
    with pytest.raises(Unreadable, match="is packed with Zstandard, which needs the package"):
        table.read(path)


def test_an_object_of_names_and_labels_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({f"{at}.jpg": "ab"[at % 2] for at in range(6)}))
    found = table.read(path)
    assert found.frame.select("name", "label").row(1) == ("1.jpg", "b")
    assert "`labels.json` is an object of names and labels" in found.notes[0].message
    path.write_text(json.dumps({"version": 3, "name": "x", "size": 5, "owner": "y"}))
    with pytest.raises(Unreadable, match="holds no rows"):
        table.read(path)


def test_pictures_with_a_text_beside_each_are_a_table(tmp_path: Path) -> None:
    for name in ("1.png", "b/2.png", "3.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"picture")
    (tmp_path / "1.txt").write_text("a stone, drawn with ink\n")
    (tmp_path / "b" / "2.txt").write_text(" \n")
    found = table.read(tmp_path)
    assert found.frame.select("image", "text", table.PLACE).rows() == [
        ("1.png", "a stone, drawn with ink", "1.png"),
        ("b/2.png", None, "b/2.png"),
    ]


def test_folders_called_after_a_value_are_a_column(tmp_path: Path) -> None:
    for year, rows in (("2022", "1\n2\n"), ("2023", "3\n"), ("__HIVE_DEFAULT_PARTITION__", "4\n")):
        path = tmp_path / f"year={year}" / "part-0.csv"
        path.parent.mkdir()
        path.write_text(f"km\n{rows}")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "Thumbs.db").write_bytes(b"of a system")
    found = table.read(tmp_path).frame.sort("km")
    assert found["year"].to_list() == ["2022", "2022", "2023", None]
    assert found["km"].to_list() == ["1", "2", "3", "4"]


def test_a_table_or_view_of_sqlite_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "support.sqlite")) as store:
        store.execute("create table calls (id integer primary key, note text, queue text, voice blob)")
        store.executemany("insert into calls values (?, ?, ?, ?)", [(n, f"call {n}", None, b"x") for n in range(9)])
        store.execute("create table agents (name text)")
        store.execute("create view late as select id, note as text from calls where id > 6")
        store.commit()
    found = table.read(tmp_path / "support.sqlite")
    assert (found.frame.height, found.frame.columns[:3]) == (9, ["id", "note", "queue"])
    assert found.frame["queue"].null_count() == 9
    told = [one.message for one in found.notes]
    assert told[0] == "only the table `calls` of `support.sqlite` is read, not `agents`, `late`"
    assert told[1] == "columns of bytes in `support.sqlite` are left out: `voice`"
    (tmp_path / "support.db").write_bytes((tmp_path / "support.sqlite").read_bytes())
    assert table.read(tmp_path / "support.db").frame.height == 9
    assert table.read(tmp_path / "support.sqlite", needed=("Text",)).frame["text"].to_list() == ["call 7", "call 8"]
    (tmp_path / "none.sqlite").write_bytes(b"not a database, though called so" * 9)
    with pytest.raises(Unreadable, match="is not a readable SQLite file"):
        table.read(tmp_path / "none.sqlite")
