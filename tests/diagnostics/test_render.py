"""Diagnostics as text, as JSON and for reviews."""

import json

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.diagnostics.render import render, summary
from trainerspec.ir.source import Source, Span

SOURCE = Source(name="trainer.yaml", text="objectives:\n  - acuracy >= 95%\n  - 名前 >= 95% \x1b[31m\n")
ONE = Diagnostic(
    code="TS204",
    message="unknown metric `acuracy`",
    hint="did you mean `accuracy`?",
    span=Span(file="trainer.yaml", line=2, column=5, end_line=2, end_column=12),
)


def test_text_has_the_line_carets_and_the_hint() -> None:
    assert render([ONE], [SOURCE]) == (
        "trainer.yaml:2:5: TS204 unknown metric `acuracy`\n"
        "   2 |   - acuracy >= 95%\n"
        "     |     ^^^^^^^ did you mean `accuracy`?\n"
    )


def test_wide_characters_and_escapes() -> None:
    span = Span(file="trainer.yaml", line=3, column=5, end_line=3, end_column=7)
    text = render([Diagnostic(code="TS204", message="m\x07", span=span)], [SOURCE])
    assert "     |     ^^^^\n" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_span_over_lines_and_a_long_line() -> None:
    source = Source(name="t", text="a: " + "x" * 500 + "\nb\n")
    text = render(
        [Diagnostic(code="TS208", message="m", span=Span(file="t", line=1, column=4, end_line=2, end_column=2))],
        [source],
    )
    assert max(len(line) for line in text.splitlines()) < 180


def test_without_a_source_or_a_span() -> None:
    assert render([ONE]) == "trainer.yaml:2:5: TS204 unknown metric `acuracy`\n  did you mean `accuracy`?\n"
    warning = Diagnostic(code="TS409", message="m", severity="warning", file="data")
    assert render([warning]) == "data: TS409 warning: m\n"


def test_json() -> None:
    (plain,) = json.loads(render([ONE], form="json"))
    assert plain == {
        "code": "TS204",
        "severity": "error",
        "message": "unknown metric `acuracy`",
        "hint": "did you mean `accuracy`?",
        "file": "trainer.yaml",
        "line": 2,
        "column": 5,
        "end_line": 2,
        "end_column": 12,
    }
    assert render([], form="json") == "[]\n"


def test_github() -> None:
    assert render([ONE], form="github") == (
        "::error file=trainer.yaml,line=2,endLine=2,col=5,endColumn=12,title=TS204::"
        "unknown metric `acuracy`%0Adid you mean `accuracy`?\n"
    )


def test_colour_only_on_demand() -> None:
    assert "\x1b[" in render([ONE], [SOURCE], colour=True)


def test_summary() -> None:
    warning = Diagnostic(code="TS220", message="m", severity="warning")
    assert summary([ONE, ONE, warning]) == "2 errors, 1 warning"
    assert summary([]) == ""
