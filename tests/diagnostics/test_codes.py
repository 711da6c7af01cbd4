"""Codes are complete, and their documentation is current."""

import re
from pathlib import Path

import pytest

from trainerspec.diagnostics.codes import codes
from trainerspec.diagnostics.reference import reference

ROOT = Path(__file__).parents[2]


def used() -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in ("trainerspec", "templates"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for code in re.findall(r"\"(TS\d{3})\"", path.read_text(encoding="utf-8")):
                found.setdefault(code, path.relative_to(ROOT).as_posix())
    return found


def test_every_code_that_is_used_is_explained() -> None:
    assert {code: path for code, path in used().items() if code not in codes()} == {}


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_is_told_in_full(code: str) -> None:
    about = codes()[code]
    assert re.fullmatch(r"TS\d{3}", code)
    assert about.title[0].islower() or about.title.split()[0].isupper()
    assert not about.title.endswith(".")
    assert about.explanation.endswith(".")
    assert about.example.strip()
    assert about.fix.endswith(".")


def test_the_reference_is_current() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert text == reference(), "run: python -m trainerspec.diagnostics.reference > docs/errors.md"
