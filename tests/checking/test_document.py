"""The form of checks.json, what is acknowledged, and that every code is documented."""

import json
from pathlib import Path

import pytest

from tests.checking.look import check
from trainerspec import assets
from trainerspec.checking.catalogue import CATALOGUE
from trainerspec.checking.findings import document

ROOT = Path(__file__).parents[2]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [f"{'no' if i % 3 else 'yes'},{i % 7},{i * 37 % 101},{i * 53 % 89},{i % 3 == 0}" for i in range(90)]
    (tmp_path / "d.csv").write_text("\n".join(["y,a,b,c,copy", *rows]) + "\n")
    return tmp_path


def test_a_finding_is_plain_data(table: Path) -> None:
    found = json.loads(json.dumps(document(check("table", table, "d.csv"))))
    assert {name: found[name] for name in ("version", "rows", "looked", "scope")} == {
        "version": 1, "rows": 90, "looked": 90, "scope": "quick",
    }  # fmt: skip
    assert found["counts"]["error"] == 1
    (leak,) = [one for one in found["findings"] if one["severity"] == "error"]
    assert set(leak) == {
        "code", "severity", "title", "message", "columns", "rows", "count", "fix", "acknowledged",
    }  # fmt: skip
    assert (leak["code"], leak["columns"], leak["count"]) == ("target-copy", ["copy"], 90)


def test_what_is_acknowledged_stops_nothing(table: Path) -> None:
    accepted = "checks: {acknowledge: [{code: target-copy, columns: [copy], because: known before}]}"
    report = check("table", table, "d.csv", accepted)
    assert [one.acknowledged for one in report.findings if one.severity == "error"] == ["known before"]
    assert report.stops == ()
    other = accepted.replace("[copy]", "[a]")
    assert [one.code for one in check("table", table, "d.csv", other).stops] == ["target-copy"]


def test_every_code_is_in_the_language_and_in_the_documents() -> None:
    schema = json.loads((assets.folder("grammar") / "trainerspec.schema.json").read_text(encoding="utf-8"))
    entry = schema["properties"]["data"]["properties"]["checks"]["properties"]["acknowledge"]["items"]
    assert entry["properties"]["code"]["enum"] == sorted(CATALOGUE)
    text = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert [code for code, one in CATALOGUE.items() if f"| `{code}` | {one.title} | {one.severity} |" not in text] == []
