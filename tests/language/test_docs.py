"""docs/language.md: its specs are valid, its expressions parse, its tables are complete."""

import re
from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.ir.source import Source
from trainerspec.language.expression import FUNCTIONS, UNITS, objective, parse
from trainerspec.passes.parse import parse as parse_spec
from trainerspec.passes.validate import validate

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
SPECS = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize("spec", SPECS)
def test_specs_are_valid(spec: str) -> None:
    document = parse_spec(Source(name="docs/language.md", text=spec)).value
    assert document is not None
    assert validate(document, tasks()).diagnostics == ()


def test_expressions_parse() -> None:
    conditions, objectives = re.findall(r"\n```\n((?:length|maximize).*?)```", TEXT, flags=re.DOTALL)
    metrics = tasks()["text-classification"].metrics
    assert [parse(line).diagnostics for line in conditions.splitlines()] == [()] * 4
    assert [objective(line, metrics).diagnostics for line in objectives.splitlines()] == [()] * 3


def test_tables_are_complete() -> None:
    assert [unit for unit in UNITS if f"`{unit}`" not in TEXT] == []
    assert [name for name in FUNCTIONS if f"`{name}(" not in TEXT] == []
