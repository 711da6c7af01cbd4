"""The printer: canonical order and style, comments, and edits that keep what they do not touch."""

import pytest

from trainerspec.ir.document import Document
from trainerspec.ir.source import Source
from trainerspec.language.document import parse_document
from trainerspec.language.editing import edit
from trainerspec.language.printer import print_spec, print_yaml


def read(text: str):
    outcome = parse_document(Source(name="t", text=text))
    assert outcome.diagnostics == ()
    return outcome.value.data


def test_the_good_spec_is_printed_in_order(good_document: Document) -> None:
    backwards = dict(reversed(good_document.data.items()))
    text = print_spec(backwards)
    assert text == print_spec(good_document.data)
    assert read(text) == good_document.data
    assert [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()] == [
        "trainerspec",
        "name",
        "version",
        "request",
        "questions",
        "task",
        "data",
        "model",
        "objectives",
        "compute",
        "serve",
    ]


def test_comments_stand_at_their_field(good_document: Document) -> None:
    comments = {
        "/name": "inferred",
        "/objectives/1": 'stated: "95% accurate"',
        "/data/split/train": "default",
        "/task/labels": "stated",
        "/request": "verbatim\nkept",
    }
    lines = print_spec(good_document.data, comments).splitlines()
    assert "name: news-desk             # inferred" in lines
    assert '  - accuracy >= 95%         # stated: "95% accurate"' in lines
    assert "    train: 80%              # default" in lines
    assert "request: |                  # verbatim kept" in lines
    assert any(line.startswith("  labels: [") and line.endswith("  # stated") for line in lines)
    assert read("\n".join(lines)) == good_document.data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("yes", '"yes"'),
        ("80%", "80%"),
        ("0.1.0", "0.1.0"),
        ("1.0", '"1.0"'),
        ("12:30", '"12:30"'),
        ("2001-01-01", '"2001-01-01"'),
        ("a: b", '"a: b"'),
        ("", '""'),
        (1e-05, "1.0e-05"),
        (0.95, "0.95"),
        (None, "null"),
        ("a\tb", '"a\\tb"'),
        ("\x85", '"\\u0085"'),
        ([], "[]"),
        ({}, "{}"),
        ("Müller", '"Müller"'),
    ],
)
def test_scalars(value: object, written: str) -> None:
    text = print_yaml({"k": value})
    assert text in (f"k: {written}\n", f"k: {written.strip(chr(34))}\n")
    assert read(text) == {"k": value}


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValueError):
        print_yaml({"k": float("inf")})


def test_edit_keeps_all_other_lines(good_text: str) -> None:
    text = good_text.replace("accuracy >= 95%", "accuracy >= 95%  # theirs").replace("model:", "# ours\nmodel:")
    changed = edit(text, {"/model/train/epochs": 5, "/objectives/1": "accuracy >= 90%"})
    expected = text.replace("epochs: 3", "epochs: 5").replace("accuracy >= 95%", "accuracy >= 90%")
    assert changed == expected


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("a: 1 # x\n", {"/a": "y"}, 'a: "y" # x\n'),
        ("a: 1 # x\n", {"/b": 2}, "a: 1 # x\nb: 2\n"),
        ("a: {b: 1}  # x\n", {"/a/c": 2}, "a: {b: 1, c: 2}  # x\n"),
        ("a: {}\n", {"/a/c/d": 2}, "a: {c: {d: 2}}\n"),
        ("a:\n  b: 1  # x\n# y\nz: 0\n", {"/a/c": 2}, "a:\n  b: 1  # x\n  c: 2\n# y\nz: 0\n"),
        ("a:\n  - x  # 1\nb: 0\n", {"/a/-": "w"}, "a:\n  - x  # 1\n  - w\nb: 0\n"),
        ("a: [x]\n", {"/a/-": "w", "/a/0": 7}, "a: [7, w]\n"),
        ("a:\nb: 1\n", {"/a": 3}, "a: 3\nb: 1\n"),
        ("a: |\n  one\n  two\nb: 1\n", {"/a": "short"}, "a: short\nb: 1\n"),
        ("a: auto\n", {"/a/b": 1}, "a: {b: 1}\n"),
        ("a: 1", {"/b": 2}, "a: 1\nb: 2\n"),
    ],
)
def test_edits(text: str, changes: dict[str, object], expected: str) -> None:
    assert edit(text, changes) == expected


@pytest.mark.parametrize("pointer", ["", "/a/b", "/l/5", "/l/x"])
def test_edits_that_lead_nowhere(pointer: str) -> None:
    with pytest.raises(ValueError):
        edit("a: 1\nl: [1]\n", {pointer: 1})
