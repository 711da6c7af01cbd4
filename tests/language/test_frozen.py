"""Version 1 of the language is frozen: what it takes stays taken, what it means stays so, what is wrong stays wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.language.frozen.pin import PINNED, language, taken_away
from tests.language.frozen.widening import narrower
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Source
from trainerspec.language.expression import FUNCTIONS, UNITS, evaluate, objective
from trainerspec.language.expression import parse as parse_expression
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate

HERE = Path(__file__).parent / "frozen"
VALID, INVALID = sorted((HERE / "valid").glob("*.yaml")), sorted((HERE / "invalid").glob("*.yaml"))
EXPRESSIONS: dict[str, Any] = json.loads((HERE / "expressions.json").read_text(encoding="utf-8"))
METRICS = tasks()["text-classification"].metrics


def errors(path: Path) -> tuple[Diagnostic, ...]:
    outcome = parse(Source(name=path.name, text=path.read_text(encoding="utf-8")))
    found = outcome.diagnostics if outcome.value is None else validate(outcome.value, tasks()).diagnostics
    return tuple(one for one in found if one.severity == "error")


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_what_was_valid_stays_valid(path: Path) -> None:
    assert errors(path) == ()


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_what_was_wrong_stays_wrong_by_the_same_code(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert sorted({one.code for one in errors(path)}) == first.removeprefix("# ").split()


def test_nothing_of_version_1_is_taken_away() -> None:
    assert taken_away(json.loads(PINNED.read_text(encoding="utf-8")), language()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda top: top["properties"].pop("use"), "`use` is gone"),
        (lambda top: top["properties"]["use"]["enum"].remove("research"), "`research` is no longer among the values"),
        (lambda top: top["properties"]["name"].update(maxLength=20), "`maxLength` is 20, it was 40"),
        (lambda top: top["required"].append("version"), "`version` must be there now"),
        (lambda top: top["properties"]["task"]["properties"]["labels"]["anyOf"].pop(0), "alternative 0 of `anyOf`"),
        (lambda top: top["properties"]["data"]["properties"]["split"]["properties"].pop("seed"), "`seed` is gone"),
    ],
)
def test_what_would_be_taken_away_is_told(change: Any, told: str) -> None:
    now = language()["schemas"]["text-classification"]
    less = copy.deepcopy(now)
    change(less)
    assert any(told in one for one in narrower(now, less))
    assert not any("gone" in one for one in narrower(less, now)), "an addition is none"


@pytest.mark.parametrize(("text", "names", "wanted"), EXPRESSIONS["values"])
def test_what_an_expression_means(text: str, names: dict[str, Any], wanted: Any) -> None:
    parsed = parse_expression(text).value
    assert parsed is not None
    value = evaluate(parsed, names)
    assert value == wanted or (wanted == "unknown" and str(getattr(value, "value", "")) == "unknown")


@pytest.mark.parametrize(("text", "wanted"), EXPRESSIONS["objectives"])
def test_what_an_objective_means(text: str, wanted: list[Any]) -> None:
    found = objective(text, METRICS)
    if found.value is None:
        assert [one.code for one in found.diagnostics] == wanted
    else:
        one = found.value
        assert [one.sense, one.metric, one.op, one.bound, one.device] == wanted


def test_units_and_functions() -> None:
    known = {name: [kind, float(factor)] for name, (kind, factor) in UNITS.items()}
    assert {name: about for name, about in known.items() if name in EXPRESSIONS["units"]} == EXPRESSIONS["units"]
    assert set(EXPRESSIONS["functions"]) <= set(FUNCTIONS)
