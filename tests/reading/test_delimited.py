"""Files of separated values as people have them: every row is there, or named."""

from pathlib import Path

import pytest

from trainerspec.reading.notes import Unreadable
from trainerspec.reading.separated.delimited import read, tabular

QUOTED = "id,text\n" + "".join(f'{at},"some, text"\n' for at in range(5))


@pytest.mark.parametrize(
    ("content", "columns", "rows", "lines"),
    [
        pytest.param("a;b\n1,5;x\n2,5;y\n", ["a", "b"], [("1,5", "x"), ("2,5", "y")], [2, 3], id="semicolons"),
        pytest.param("sep=;\na;b\n1;x\n", ["a", "b"], [("1", "x")], [3], id="excel names the separator"),
        pytest.param("a, b\n1, x\n2, y\n", ["a", "b"], [("1", "x"), ("2", "y")], [2, 3], id="blanks after commas"),
        pytest.param('a, b, c\n1, "x, y", 3\n', ["a", "b", "c"], [("1", "x, y", "3")], [2], id="quotes after blanks"),
        pytest.param('a;"b, c"\n1;2\n', ["a", "b, c"], [("1", "2")], [2], id="commas in a header"),
        pytest.param('a,b\n1,"x\\"y, z"\n', ["a", "b"], [("1", 'x"y, z')], [2], id="backslash before a quote"),
        pytest.param('a,b\n1,"x ""y"""\n', ["a", "b"], [("1", 'x "y"')], [2], id="two quotes for one"),
        pytest.param(
            'a,b\nx,5" pipe\ny,6" pipe\n', ["a", "b"], [("x", '5" pipe'), ("y", '6" pipe')], [2, 3], id="inches"
        ),
        pytest.param(
            'a\tb\n1\tthe "end\n2\t"x\n', ["a", "b"], [("1", 'the "end'), ("2", '"x')], [2, 3], id="tsv quotes"
        ),
        pytest.param('a,b\n1,"x\ny"\n2,z\n', ["a", "b"], [("1", "x\ny"), ("2", "z")], [2, 4], id="lines in a value"),
        pytest.param("a   b\n1  2\n3    4\n", ["a", "b"], [("1", "2"), ("3", "4")], [2, 3], id="runs of blanks"),
        pytest.param(
            "| a | b |\n| ---: | --- |\n| 1 | x |\n| - | y |\n",
            ["a", "b"],
            [("1", "x"), ("-", "y")],
            [3, 4],
            id="markdown",
        ),
        pytest.param("a,b\n\n1,x\n\n2,y\n", ["a", "b"], [("1", "x"), ("2", "y")], [3, 5], id="empty lines"),
        pytest.param("a,b,\n1,x,\n2,y,\n", ["a", "b"], [("1", "x"), ("2", "y")], [2, 3], id="separator at the end"),
        pytest.param("a,b\n1,x,\n2,y,\n", ["a", "b"], [("1", "x"), ("2", "y")], [2, 3], id="separator at rows' ends"),
        pytest.param("text\nhello, world\nbye\n", ["text"], [("hello, world",), ("bye",)], [2, 3], id="one column"),
        pytest.param(
            "# exported in May\n# unit: mm, kg\na,b,c\n1,2,x\n3,4,y\n",
            ["a", "b", "c"],
            [("1", "2", "x"), ("3", "4", "y")],
            [4, 5],
            id="comments above the header",
        ),
        pytest.param("#a,b\n1,x\n2,y\n", ["#a", "b"], [("1", "x"), ("2", "y")], [2, 3], id="a header with a mark"),
        pytest.param("# by me, 2024\na,b\n1,x\n2,y\n", ["a", "b"], [("1", "x"), ("2", "y")], [3, 4], id="a comment"),
        pytest.param("a,b\r\n1,x\r\n", ["a", "b"], [("1", "x")], [2], id="carriage returns"),
    ],
)
def test_is_read_as_written(content: str, columns: list[str], rows: list[tuple[str, ...]], lines: list[int]) -> None:
    found = read(content.encode(), "data.csv")
    assert found.frame.columns == columns
    assert found.frame.rows() == rows
    assert found.lines.to_list() == lines


@pytest.mark.parametrize(
    ("content", "kind", "rows", "lines"),
    [
        pytest.param("a,b\n1,x\n2,y,z\n3,w\n4\n5,v\n", "ragged", 3, (3,), id="a value too many"),
        pytest.param("Report\n\na,b\n1,x\n2,y\n", "preamble", 2, (), id="a title"),
        pytest.param("a,b\n1,x\n2,y\nSource: us\n", "footer", 2, (4,), id="a note below"),
        pytest.param("a,b\nx,1\ny,2\nTotal,3\n", "footer", 2, (4,), id="a total"),
        pytest.param(",a\n7,x\n9,y\n", "nameless", 2, (), id="a column without a name"),
        pytest.param('"m" "c"\n"Mazda" 21 6\n"Datsun" 22 4\n', "nameless", 2, (), id="row names"),
        pytest.param("a,b\n1,x\na,b\n2,y\n a ,b\n", "header", 2, (3, 5), id="the header again"),
        pytest.param("5.1,setosa\n4.9,setosa\n6.0,virginica\n", "header", 3, (), id="no header"),
        pytest.param(f'{QUOTED}5,"oops\n6,fine\n7,fine\n', "quote", 8, (7,), id="a quote never closed"),
    ],
)
def test_what_is_left_out_or_odd_is_told(content: str, kind: str, rows: int, lines: tuple[int, ...]) -> None:
    found = read(content.encode(), "data.csv")
    told = [note for note in found.notes if note.kind == kind]
    assert told
    assert told[0].lines == lines
    assert found.frame.height == rows


@pytest.mark.parametrize(
    ("content", "kind", "word"),
    [
        pytest.param("a,b,a\n1,2,3\n", "names", "`a` (2 times)", id="a name twice"),
        pytest.param("a,b,c,d\n1,2\n3,4\n", "header", "4 names", id="names without values"),
    ],
)
def test_what_cannot_be_read_says_why(content: str, kind: str, word: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content.encode(), "data.csv")
    assert caught.value.note.kind == kind
    assert word in caught.value.note.message


def test_a_class_called_total_is_no_line_of_totals() -> None:
    found = read(b"item,n\ntotal,1\nother,2\ntotal,3\n", "data.csv")
    assert found.frame.height == 3


def test_stray_quotes_do_not_swallow_rows() -> None:
    rows = [f"text {at}\trepair" for at in range(200)]
    rows[10], rows[16], rows[50] = '"tyre 1\trepair', 'he said 2"\trepair', '"clutch\trepair'
    found = read("\n".join(["text\tlabel", *rows]).encode(), "tickets.tsv")
    assert found.frame.height == 200
    assert found.frame["text"][10] == '"tyre 1'


@pytest.mark.parametrize(
    ("content", "table"),
    [
        pytest.param("text\tteam\nno tone\ttech\nno bill\tmoney\n", True, id="tabs"),
        pytest.param("mpg cyl name\n21.0  6  a\n22.8  4  b\n18.1  6  c\n", True, id="numbers between blanks"),
        pytest.param("we like it\nwe love it\nit is fine\nso it goes\n", False, id="sentences of as many words"),
        pytest.param("Dear all,\nthe line is dead, and has been, for days.\nYours\nAnn\n", False, id="a letter"),
        pytest.param("a,b\n1,2\n", False, id="too short to tell"),
    ],
)
def test_a_text_file_that_is_a_table_is_told_from_prose(tmp_path: Path, content: str, table: bool) -> None:
    path = tmp_path / "rows.txt"
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes(content.encode(encoding))
        assert tabular(path) is table
