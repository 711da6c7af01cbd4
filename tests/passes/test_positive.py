"""Of which class a metric is: stated, named by an objective, kept from the last build, told by a word, or asked."""

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Spec
from trainerspec.passes.parse import parse
from trainerspec.passes.positive import positive
from trainerspec.passes.validate import validate

TASK = tasks()["tabular-classification"]


def settle(objectives: str, *labels: str, option: str = "", before: dict[str, str] | None = None) -> Outcome[Spec]:
    options = f", options: {{positive: {option}}}" if option else ""
    text = f"trainerspec: 1\nname: x\ntask: {{type: {TASK.name}{options}}}\ndata: {{source: x.csv}}\nobjectives:\n"
    document = parse(Source(name="trainer.yaml", text=text + objectives)).value
    assert document is not None
    spec = validate(document, {TASK.name: TASK}).value
    assert spec is not None
    return positive(spec, TASK, labels, before)


def metrics(found: Outcome[Spec]) -> list[str]:
    assert found.value is not None
    return [one.metric for one in found.value.objectives if one.sense == "constrain"]


def codes(found: Outcome[Spec]) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in found.diagnostics]


def test_it_is_asked_with_both_candidates() -> None:
    found = settle("- accuracy >= 80%\n- recall >= 90%\n", "cat", "dog")
    assert codes(found) == [("TS222", "error")]
    (one,) = found.diagnostics
    assert one.message == "`recall >= 90%` does not say of which class: `cat` or `dog`"
    assert "`recall.cat >= 90%` or `recall.dog >= 90%`" in one.hint
    assert one.span is not None
    assert one.span.line == 7


def test_what_is_stated_counts_first() -> None:
    found = settle("- recall >= 90%\n", "fraud", "legit", option="legit")
    assert metrics(found) == ["recall.legit"]
    assert found.value is not None
    assert found.value.positive is not None
    assert found.value.positive.because == "stated under `task.options`"


def test_an_objective_that_names_its_class_says_it_for_the_others() -> None:
    assert metrics(settle("- recall.cat >= 90%\n- precision >= 80%\n", "cat", "dog")) == ["recall.cat", "precision.cat"]
    both = settle("- recall.cat >= 90%\n- recall.dog >= 80%\n- precision >= 50%\n", "cat", "dog")
    assert codes(both) == [("TS222", "error")], "two objectives that name two classes leave it open"
    assert not settle("- recall.cat >= 90%\n- recall.dog >= 80%\n", "cat", "dog").diagnostics


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (("fraud", "legit"), "fraud"),
        (("No", "Yes"), "Yes"),
        (("0", "1"), "1"),
        (("ham", "spam"), "spam"),
        (("not churned", "churned"), "churned"),
        (("no_fire", "fire"), "fire"),
        (("false", "true"), "true"),
        (("negative", "positive"), "positive"),
    ],
)
def test_a_word_for_what_is_looked_for_tells(labels: tuple[str, str], wanted: str) -> None:
    found = settle("- recall >= 90%\n", *labels)
    assert found.value is not None
    assert found.value.positive is not None
    assert (found.value.positive.label, found.diagnostics) == (wanted, ())
    assert found.value.positive.because


@pytest.mark.parametrize("labels", [("1", "2"), ("fraud", "spam"), ("a", "b"), ("good", "bad")])
def test_words_that_tell_nothing(labels: tuple[str, str]) -> None:
    assert codes(settle("- recall >= 90%\n", *labels)) == [("TS222", "error")]


def test_a_spec_that_was_built_keeps_its_meaning_with_a_warning() -> None:
    """Before there were positive classes it was the last of two, whatever the words say."""
    found = settle("- recall >= 90%\n", "fraud", "legit", before={"recall": "legit"})
    assert metrics(found) == ["recall.legit"]
    assert codes(found) == [("TS222", "warning")]
    assert "counts the class `legit`, as in the last build" in found.diagnostics[0].message
    fine = settle("- recall >= 90%\n", "fraud", "legit", before={"recall": "fraud"})
    assert (metrics(fine), fine.diagnostics) == (["recall.fraud"], ())
    other = settle("- precision >= 90%\n", "cat", "dog", before={"recall": "dog"})
    assert codes(other) == [("TS222", "error")], "an objective that was not built has no meaning to keep"


def test_nobody_is_asked_what_does_not_matter() -> None:
    found = settle("- accuracy >= 90%\n", "cat", "dog")
    assert found.value is not None
    assert found.value.positive is not None
    assert (found.value.positive.label, found.diagnostics) == ("dog", ())


def test_of_more_than_two_classes_it_is_the_average_unless_one_is_stated() -> None:
    assert metrics(settle("- recall >= 90%\n- recall.b >= 80%\n", "a", "b", "c")) == ["recall", "recall.b"]
    assert metrics(settle("- recall >= 90%\n", "a", "b", "c", option="c")) == ["recall.c"]


def test_a_class_that_is_not_there_is_told() -> None:
    found = settle("- recall.frod >= 90%\n", "fraud", "legit")
    assert codes(found) == [("TS204", "error")]
    assert "did you mean `recall.fraud`?" in found.diagnostics[0].hint
    assert codes(settle("- accuracy >= 90%\n", "fraud", "legit", option="frod")) == [("TS222", "error")]


def test_without_classes_nothing_is_settled() -> None:
    task = tasks()["tabular-regression"]
    text = f"trainerspec: 1\nname: x\ntask: {{type: {task.name}}}\ndata: {{source: x.csv}}\nobjectives: [rmse <= 3]\n"
    document = parse(Source(name="trainer.yaml", text=text)).value
    assert document is not None
    spec = validate(document, {task.name: task}).value
    assert spec is not None
    assert positive(spec, task, None).value == spec
