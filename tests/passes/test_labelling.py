"""`data.label`: its parts fit each other, it is proposed where many rows have no label, and the stage comes with it."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.facts import Profile
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Spec
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate
from trainerspec.workspace.checked import report, subject
from trainerspec.workspace.inspect_data import inspect_data
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.profile import profile

TASK = tasks()["text-classification"]


def spec(label: str, *, task: str = TASK.name, labels: str = "[a, b]") -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    about = f"task: {{type: {task}, labels: {labels}}}"
    text = f"trainerspec: 1\nname: x\n{about}\ndata:\n  source: x.csv\n  label: {label}\n"
    document = parse(Source(name="trainer.yaml", text=text)).value
    assert document is not None
    outcome = validate(document, tasks())
    return outcome.value, outcome.diagnostics


@pytest.mark.parametrize(
    "label",
    [
        "auto",
        "none",
        "{by: [prototypes]}",
        "{by: [label-studio], ask: 0}",
        "{by: [rules, prototypes], confidence: 80%, rules: [{label: a, words: [x]}, {label: b, where: n > 5}]}",
        "{by: [endpoint], endpoint: {model: m, requests: 10, base_url: 'http://127.0.0.1:1/v1'}}",
    ],
)
def test_what_fits(label: str) -> None:
    found, told = spec(label)
    assert found is not None, told


@pytest.mark.parametrize(
    ("label", "code", "line", "words"),
    [
        ("{by: [rules]}", "TS227", 6, "which is not there"),
        ("{by: [prototypes], rules: [{label: a, words: [x]}]}", "TS227", 6, "has no effect"),
        ("{by: [rules], rules: [{label: aa, words: [x]}]}", "TS227", 6, "`aa` is none of `task.labels`"),
        ("{by: [prototypes], descriptions: {c: x}}", "TS227", 6, "`c` is none of"),
        ("{by: [rules], rules: [{label: a, where: 'n >'}]}", "TS3", 6, ""),
        ("{by: [rules], rules: [{label: a}]}", "TS2", 6, ""),
        ("{by: [guess]}", "TS2", 6, "guess"),
        ("{by: [endpoint], endpoint: {model: m}}", "TS2", 6, "requests"),
        ("{by: [endpoint], endpoint: {model: m, requests: 5, base_url: 'http://me:pw@h/v1'}}", "TS229", None, ""),
        ("{by: [endpoint], endpoint: {model: m, requests: 5, base_url: 'http://h/v1?api_key=a1'}}", "TS229", None, ""),
        ("{by: [endpoint], endpoint: {model: 'sk-" + "a1" * 16 + "', requests: 5}}", "TS229", None, ""),
    ],
)
def test_what_does_not_fit(label: str, code: str, line: int | None, words: str) -> None:
    found, told = spec(label)
    assert found is None
    (one,) = told
    assert one.code.startswith(code)
    assert words in one.message
    assert (one.span.line if one.span else None) == line


def test_tasks_without_one_class_a_row_are_not_labelled() -> None:
    found, told = spec("{by: [prototypes]}", task="token-classification", labels="[PER]")
    assert found is None
    assert {one.code[:3] for one in told} == {"TS2"}


def seen(folder: Path, label: str, given: int, rows: int = 60) -> tuple[Profile, tuple[Diagnostic, ...]]:
    """Profile a table of two classes, of which the first rows are labelled."""
    texts = [f"text number {index} of the table,{'ab'[index % 2] if index < given else ''}" for index in range(rows)]
    (folder / "x.csv").write_text("\n".join(["text,label", *texts]) + "\n")
    found, told = spec(label)
    assert found is not None, told
    outcome = profile(folder / "x.csv", found, TASK, Budget())
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value, outcome.diagnostics


def test_rows_without_a_label_are_kept_where_they_are_labelled(tmp_path: Path) -> None:
    found, told = seen(tmp_path, "{by: [prototypes]}", 40)
    assert (found.facts["kept"].value, found.facts["unlabelled"].value, found.facts["left_out"].value) == (60, 20, {})
    assert found.labels == ("a", "b")
    assert not told


def test_rows_without_a_label_are_left_out_otherwise_and_that_is_said(tmp_path: Path) -> None:
    found, told = seen(tmp_path, "none", 40)
    assert found.facts["kept"].value == 40
    assert found.facts["left_out"].value == {"no value in `label`": 20}
    assert [(one.code, one.severity) for one in told] == [("TS419", "warning")]
    assert "`label: auto`" in told[0].hint


@pytest.mark.parametrize(("given", "proposed"), [(40, True), (49, False), (58, False)])
def test_it_is_proposed_where_many_rows_have_none_and_the_others_show_each_class(
    tmp_path: Path, given: int, proposed: bool
) -> None:
    found, _ = seen(tmp_path, "auto", given)
    assert ("unlabelled.proposal" in found.facts) == proposed
    assert f"{60 - given} of 60 rows" in str(found.facts["unlabelled.because"].value)


def test_the_check_says_what_becomes_of_rows_without_a_label(tmp_path: Path) -> None:
    seen(tmp_path, "none", 40)
    for label, words in (("none", "they are left out"), ("{by: [prototypes]}", "`data.label` says how they get one")):
        found, _ = spec(label)
        look = inspect_data(tmp_path / "x.csv").value
        assert found is not None
        assert look is not None
        rows = subject(found, TASK, look, look.frame, (), Budget())
        (one,) = [one for one in report(rows, found, look).findings if one.code == "missing-label"]
        assert one.message == f"20 of 60 rows have no `label`: {words}"


def test_few_labels_of_people_are_a_warning(tmp_path: Path) -> None:
    _, told = seen(tmp_path, "{by: [prototypes]}", 12)
    assert [(one.code, one.severity) for one in told] == [("TS425", "warning")]
    assert told[0].message.startswith("12 rows have a label of a person, 6 of the rarest class")


def test_without_any_label_the_names_of_the_classes_begin(tmp_path: Path) -> None:
    found, told = seen(tmp_path, "{by: [rules], rules: [{label: a, words: [x]}, {label: b, words: [y]}]}", 0)
    assert found.facts["kept"].value == 60
    assert {(one.code, one.severity) for one in told} == {("TS408", "warning"), ("TS425", "warning")}
    assert "only rules, its name or people give it" in told[0].hint


def test_what_is_sent_to_an_endpoint_is_said(tmp_path: Path) -> None:
    asked = "{by: [endpoint], endpoint: {model: m, requests: 10, base_url: 'http://127.0.0.1:1/v1'}}"
    _, told = seen(tmp_path, asked, 40)
    assert [(one.code, one.severity) for one in told] == [("TS426", "warning")]
    assert "sent to http://127.0.0.1:1/v1, in at most 10 requests" in told[0].message
