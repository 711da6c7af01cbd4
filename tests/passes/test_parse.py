"""Source to document: values, places, and every way in which a text is refused."""

import pytest

from trainerspec.ir.source import Source
from trainerspec.language.decoding import decode
from trainerspec.language.document import parse_document
from trainerspec.language.places import Lines, inside
from trainerspec.passes.parse import parse


def read(text: str):
    return parse(Source(name="t.yaml", text=text))


def refused(text: str) -> list[tuple[str, int, int]]:
    return [(d.code, d.span.line, d.span.column) for d in read(text).diagnostics]


def test_core_schema_scalars() -> None:
    text = "a: 80%\nb: yes\nc: 1e-3\nd: 0x10\ne: ~\nf: True\ng: '1'\nh: 0o17\ni: 012\nj: 2001-01-01\nk: 1_000\nl:\n"
    assert read(text).value.data == {
        "a": "80%",
        "b": "yes",
        "c": 0.001,
        "d": 16,
        "e": None,
        "f": True,
        "g": "1",
        "h": 15,
        "i": 12,
        "j": "2001-01-01",
        "k": "1_000",
        "l": None,
    }


PLACES = """\
# c
a: {b: 1, "c": [x, 'y']}
r: |
  hello
   world

# comment
l:
- maximize x   # c
- a >= 80%
q: &A plain
w: *A
z:
  - {k: v}
  -
    m: n
# end
"""


@pytest.mark.parametrize(
    ("pointer", "line", "column", "written"),
    [
        ("/a", 2, 4, "{b: 1, \"c\": [x, 'y']}"),
        ("/a/b", 2, 8, "1"),
        ("/a/c/1", 2, 20, "'y'"),
        ("/r", 3, 4, "|\n  hello\n   world"),
        ("/l", 9, 1, "- maximize x   # c\n- a >= 80%"),
        ("/l/1", 10, 3, "a >= 80%"),
        ("/q", 11, 7, "plain"),
        ("/w", 12, 4, "*A"),
        ("/z/1/m", 16, 8, "n"),
    ],
)
def test_places_are_exact(pointer: str, line: int, column: int, written: str) -> None:
    document = read(PLACES).value
    span = document.values[pointer]
    assert (span.line, span.column) == (line, column)
    lines = Lines("", PLACES)
    assert PLACES[lines.offset(span.line, span.column) : lines.offset(span.end_line, span.end_column)] == written


def test_keys_have_places() -> None:
    keys = read(PLACES).value.keys
    assert (keys["/a/c"].line, keys["/a/c"].column, keys["/a/c"].end_column) == (2, 11, 14)
    assert keys["/z/1/m"].line == 16


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n\tb: 2", [("TS104", 2, 1)]),
        ("a:\n  - x\n\t- y", [("TS104", 3, 1)]),
        ("a: [1, 2", [("TS103", 1, 4)]),
        ("a: 1\n b: 2", [("TS103", 2, 3)]),
        ('a: 1\nb: "x\n', [("TS103", 2, 4)]),
        ("a: b: c", [("TS103", 1, 5)]),
        ("a: 1\nb", [("TS103", 2, 1)]),
        ("a: @x", [("TS103", 1, 4)]),
        ("a: \x07", [("TS111", 1, 4)]),
        ("%YAML 1.1\n---\na: 1", [("TS108", 1, 1)]),
        ("a: *x", [("TS107", 1, 4)]),
        ("a: &x [*x]", [("TS107", 1, 8)]),
        ("<<: {a: 1}", [("TS107", 1, 1)]),
        ("a: 1\n---\nb: 2", [("TS109", 2, 1)]),
        ("", [("TS109", 1, 1)]),
        ("# nothing", [("TS109", 1, 1)]),
        ("- a", [("TS109", 1, 1)]),
        ("a: 1\na: 2\nb: {c: 3, c: 4}", [("TS105", 2, 1), ("TS105", 3, 11)]),
        ("a: !!python/object:os.system x", [("TS108", 1, 4)]),
        ("1: x\ntrue: y", [("TS106", 1, 1), ("TS106", 2, 1)]),
        ("? [a]\n: b", [("TS106", 1, 3)]),
        ("a: .nan\nb: 1e999", [("TS110", 1, 4), ("TS110", 2, 4)]),
        ("a: " + "9" * 5000, [("TS110", 1, 4)]),
        ("a: " + "[" * 5000, [("TS102", 1, 44)]),
        (BOMB, [("TS102", 5, 17)]),
    ],
)
def test_refusals_at_their_place(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert refused(text) == expected


def test_bytes_that_are_no_text() -> None:
    (diagnostic,) = decode("t.yaml", b"a: 1\nb: \xc3\xa9\xff").diagnostics
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column) == ("TS101", 2, 5)
    assert decode("t.yaml", b"x" * 1_000_001).diagnostics[0].code == "TS102"
    assert decode("t.yaml", b"\xef\xbb\xbfa: 1").value.text == "a: 1"


@pytest.mark.parametrize(
    ("text", "column", "end"),
    [("o: accuracy >= 120%", 16, 20), ('o: "accuracy >= 120%"', 17, 21), ("o: 'accuracy >= 120%'", 17, 21)],
)
def test_a_place_inside_a_text(text: str, column: int, end: int) -> None:
    span = inside(parse_document(Source(name="t", text=text)).value, "/o", 12, 16)
    assert (span.column, span.end_column) == (column, end)


def test_a_place_inside_a_folded_text_is_all_of_it() -> None:
    document = parse_document(Source(name="t", text="o: >-\n  accuracy\n  >= 120%\n")).value
    assert inside(document, "/o", 12, 16) == document.values["/o"]


def test_windows_line_ends() -> None:
    document = read("a: 1\r\nb: 2\r\n").value
    assert document.data == {"a": 1, "b": 2}
    assert document.values["/b"].line == 2
