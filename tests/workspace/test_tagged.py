"""Texts with marked spans: which files and columns are, how many spans of each type, and what is wrong with them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.passes.data import spec
from tests.templates import folders
from trainerspec.catalog.load import tasks
from trainerspec.ir.facts import Profile
from trainerspec.ir.spec import Spec
from trainerspec.workspace.inspect_data import inspect_data
from trainerspec.workspace.look import Look
from trainerspec.workspace.prober import DataProber

TASK = "token-classification"
SAMPLE = {"NAME": 148, "PRICE": 175, "PRODUCT": 175}


def seen(path: Path) -> Look:
    value = inspect_data(path).value
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("layout", "column", "found"), [("jsonl", "spans", "table"), ("csv", "spans", "table"), ("tokens", "tags", "table")]
)
def test_tables_of_spans_and_of_tags(tmp_path: Path, layout: str, column: str, found: str) -> None:
    one = seen(folders.sample(TASK).write(tmp_path, layout))
    assert one.layout == found
    assert one.columns[column] == ("tokens" if column == "tags" else "spans")
    assert one.labels[column].keys() == SAMPLE.keys()
    assert one.labels[column] == seen(folders.sample(TASK).write(tmp_path / "again", "conll")).labels["tags"]


def test_conll_files(tmp_path: Path) -> None:
    path = folders.sample(TASK).write(tmp_path, "conll")
    one = seen(path)
    assert (one.layout, one.rows, one.exact) == ("conll", 240, True)
    assert one.frame["document"].n_unique() > 3
    plain = path.rename(tmp_path / "train.txt")
    assert seen(plain).layout == "conll"
    assert seen(tmp_path).layout == "conll"
    plain.write_text("Words in lines.\n\nAnd more of them, of unequal length.\nEnd.\n")
    assert inspect_data(plain).value is None


def test_spacy_files(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps([["Ann met Bo", {"entities": [[0, 3, "PER"], [8, 10, "PER"]]}], ["ok", {"entities": []}]])
    )
    assert seen(path).labels["entities"] == {"PER": 2}


def given(path: Path, **changes: object) -> Spec:
    plain = spec(path=path.name, task=TASK)
    columns = {"inputs": {"text": "text"}, "outputs": {"spans": "spans"}}
    return replace(plain, **{**columns, **changes})  # type: ignore[arg-type]


def profile(path: Path, wanted: Spec) -> tuple[Profile | None, list[tuple[str, str]]]:
    outcome = DataProber(folder=path.parent).profile(wanted, tasks()[TASK])
    return outcome.value, [(one.severity, one.code) for one in outcome.diagnostics]


def test_facts_and_the_contract(tmp_path: Path) -> None:
    path = folders.sample(TASK).write(tmp_path)
    value, problems = profile(path, given(path))
    assert value is not None
    assert problems == []
    assert value.labels == tuple(SAMPLE)
    assert value.contract.hard["columns"] == {"text": "text", "spans": "spans"}
    assert value.facts["labels.count"].value == 3
    conll = folders.sample(TASK).write(tmp_path, "conll")
    unnamed, _ = profile(conll, given(conll))
    named, _ = profile(conll, given(conll, inputs={"text": "column_1"}, outputs={"spans": "tags"}))
    assert unnamed is not None
    assert named is not None
    assert unnamed.labels == named.labels == value.labels


def test_types_that_the_spec_does_not_name_are_told_and_no_error(tmp_path: Path) -> None:
    path = folders.sample(TASK).write(tmp_path)
    value, problems = profile(path, given(path, labels=("PRICE",)))
    assert value is not None
    assert problems == [("warning", "TS409")] * 2
    _, problems = profile(path, given(path, labels=("PRICE", "PRODUKT")))
    assert ("error", "TS408") in problems


def test_data_without_any_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": f"text {at}", "spans": []}) + "\n" for at in range(9)))
    value, problems = profile(path, given(path))
    assert value is None
    assert problems == [("error", "TS406")]
