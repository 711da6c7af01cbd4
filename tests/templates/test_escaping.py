"""What a finished project writes for people: any label, column or message stays a text in Markdown, HTML and CSV."""

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.test_escaping import Page, plain, shown, texts
from trainerspec.language import escaping

pytestmark = pytest.mark.usefixtures("pipeline")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMULAS = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1", "\uff1d1", "\uff0b1", "-", "-1-1"]
cells = texts | st.sampled_from(FORMULAS) | st.integers().map(str) | st.floats(allow_nan=False).map(str)
STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@QUICK
@given(texts)
def test_markdown_of_a_package_is_that_of_the_compiler(text: str) -> None:
    """Which is rendered and read back in tests/property."""
    from pipeline.packaging import markdown

    assert markdown.plain(text) == escaping.markdown(text)
    assert markdown.sentence(text) == escaping.prose(text)
    assert markdown.code(text) == escaping.code(text, cell=True)


@settings(QUICK, max_examples=60)
@given(texts, texts)
def test_the_model_card_shows_labels_and_messages_as_they_are(label: str, note: str) -> None:
    from pipeline.base.params import Params
    from pipeline.packaging import card

    row: dict[str, Any] = {"text": f"recall >= 90% {label}", "metric": "recall", "class": label, "unit": "ratio"}
    row |= {"value": 0.5, "low": 0.4, "high": 0.6, "uncertain": True, "verdict": "pending", "notes": [note]}
    tried = [{"precision": "int8", "because": note, "ships": True, "verdict": "kept"}]
    gate = {"objectives": [row], "variants": tried, "device": label, "verdict": "pending"}
    tree: Any = {"positive": label, "metrics": {"recall": {"title": label, "unit": "ratio"}}}
    values = {"recall": 0.5, f"baseline.{label.replace('.', '')}.recall": 0.1}
    found = card.measured(Params(tree), gate, values)
    report: Any = {"rows": {"read": 3, "train": 1, "validation": 1, "test": 1}, "labels": {"train": {label: 1}}}
    report |= {"sha256": dict.fromkeys(card.PARTS, "a" * 64), "dropped": [{"step": note, "rows": 1}]}
    for text in (found, card.learned(report)):
        page = shown(text.replace("**", ""))
        assert " ".join(plain(label).split()) in page
        assert card.filled(text, {"measured": "x", "data": "x", "answer": "x"}) == text, "no label is a place to fill"


@QUICK
@given(st.lists(cells, min_size=1, max_size=8), texts)
def test_no_cell_begins_a_formula_and_each_reads_back(column: list[str], head: str) -> None:
    from pipeline.reporting import spreadsheets

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "table.csv"
        spreadsheets.write(pl.DataFrame({head: column, "count": range(len(column))}), path)
        (top, _), *rows = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert spreadsheets.original(top) == head
    assert [spreadsheets.original(cell) for cell, _ in rows] == column
    for cell in (top, *(cell for cell, _ in rows)):
        assert not cell.startswith(STARTS) or is_number(cell), repr(cell)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text


@settings(QUICK, max_examples=60)
@given(texts, texts)
def test_the_report_shows_errors_and_rows_as_they_are(label: str, text: str) -> None:
    from pipeline.reporting import report, spreadsheets

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "errors.csv"
        spreadsheets.write(pl.DataFrame({"text": [text], "actual": [label]}), path)
        page = Page(report.errors(path))
    assert page.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert text.replace("\r\n", "\n").replace("\r", "\n") in page.text.replace("\r\n", "\n").replace("\r", "\n")
    about: Any = {"rows": dict.fromkeys(("read", "kept", *report.PARTS), 1), "dropped": [], "warnings": [text]}
    about |= {"dropped": [{"step": text, "rows": 1, "places": [label]}], "labels": {}}
    about |= {"left_out": [{"place": label, "problem": text}]}
    about |= {"labels": {part: {label: 1} for part in report.PARTS}}
    page = Page(report.data(json.loads(json.dumps(about))))
    assert page.tags <= {"div", "table", "thead", "tbody", "tr", "th", "td", "p", "span", "details", "summary"}


def test_every_csv_for_people_goes_through_one_function() -> None:
    """But for tables of numbers alone."""
    from trainerspec import assets

    numbers = {"recipe.py", "learning_curve.py"}
    for path in assets.folder("templates").glob("*/project/**/*.py"):
        found = [word for word in ("write_csv(", "csv.writer(") if word in path.read_text(encoding="utf-8")]
        assert not found or path.name in numbers | {"spreadsheets.py"}, (path, found)
