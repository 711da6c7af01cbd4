"""What `search` says: its defaults, and what cannot be tried."""

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Search, Spec, Tried
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate

SPEC = """\
trainerspec: 1
name: churn
task: {type: tabular-classification}
data: {source: a.csv}
"""


def run(search: str) -> Outcome[Spec]:
    document = parse(Source(name="trainer.yaml", text=SPEC + search)).value
    assert document is not None
    return validate(document, tasks())


def test_a_spec_without_one_has_the_defaults() -> None:
    spec = run("").value
    assert spec is not None
    assert spec.search == Search(trials=30, seconds=None, sampler="tpe", pruner="median", space={})


def test_values_of_a_space() -> None:
    spec = run(
        "search: {time: 90 min, space: {model.train.leaves: 8..64, model.train.dropout: {low: 0, high: 0.5},"
        " model.base: [boosted-trees, table-network]}}"
    ).value
    assert spec is not None
    assert spec.search.seconds == 5400
    assert spec.search.space["model.train.leaves"] == Tried(low=8, high=64, log=True), "on the slot's own scale"
    assert spec.search.space["model.train.dropout"] == Tried(low=0, high=0.5)
    assert spec.search.space["model.base"].choices == ("boosted-trees", "table-network")


@pytest.mark.parametrize(
    ("search", "code", "column", "words"),
    [
        ("{trails: 3}", "TS201", 10, "did you mean `trials`?"),
        ("{trials: 0}", "TS207", 18, "at least 1"),
        ("{time: soon}", "TS208", 16, ""),
        ("{sampler: genetic}", "TS206", 19, ""),
        ("{space: {model.train.leafs: 4..8}}", "TS230", 18, "did you mean `model.train.leaves`?"),
        ("{space: {data.max_length: [64, 128]}}", "TS230", 18, "`tabular-classification` has no slot"),
        ("{space: {model.train.leaves: 1..300}}", "TS230", 38, "at least 2"),
        ("{space: {model.train.leaves: [8, 999]}}", "TS230", 38, "at most 255"),
        ("{space: {model.train.leaves: 64..8}}", "TS230", 38, "lower end first"),
        ("{space: {model.train.dropout: {low: 0, high: 0.5, log: true}}}", "TS230", 39, "begins above 0"),
        ("{space: {model.base: [boosted-tree]}}", "TS230", 30, "did you mean `boosted-trees`?"),
        ("{space: {serve.instances: [1, 2]}}", "TS230", 35, "does not follow"),
        ("{space: {model.train.class_weights: [some]}}", "TS230", 45, "balanced"),
    ],
)
def test_what_cannot_be_tried_is_told_at_its_place(search: str, code: str, column: int, words: str) -> None:
    outcome = run(f"search: {search}")
    assert outcome.value is None
    (found,) = outcome.diagnostics
    assert found.span is not None
    assert (found.code, found.span.line, found.span.column) == (code, 5, column), found
    assert words in f"{found.message} {found.hint}"
