"""observe: facts about the data that a spec names, and a diagnostic for everything that is wrong with it."""

import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.passes.data import folders, spec, text_task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.facts import Observed
from trainerspec.ir.spec import Filter, Spec
from trainerspec.passes.observe import observe
from trainerspec.workspace import fingerprint, prober
from trainerspec.workspace.prober import DataProber


def run(root: Path, given: Spec | None = None) -> Outcome[Observed]:
    return observe(given or spec("maximize macro_f1"), text_task(), DataProber(folder=root))


def table(root: Path, rows: int = 30) -> Path:
    texts = [f"this is the text of row {i}" for i in range(rows)]
    pl.DataFrame({"body": texts, "topic": [i % 3 for i in range(rows)]}).write_csv(root / "data.csv")
    return root


def on_table(**changes: object) -> Spec:
    given = replace(spec("maximize macro_f1", path="data.csv"), inputs={"text": "body"}, outputs={"label": "topic"})
    return replace(given, **changes)  # type: ignore[arg-type]


def test_facts_of_class_folders(tmp_path: Path) -> None:
    folders(tmp_path / "data", {"sport": 12, "politics": 6})
    (tmp_path / "data" / "sport" / "copy.txt").write_text("  this is the TEXT number 0 about sport.\n")
    (tmp_path / "data" / "sport" / "empty.txt").write_text(" \n")
    seen = run(tmp_path).value
    assert seen is not None
    facts = {name: fact.value for name, fact in seen.profile.facts.items()}
    assert facts["layout"] == "folders"
    assert (facts["rows"], facts["kept"], facts["duplicates"], facts["text.missing"]) == (20, 18, 1, 1)
    assert (facts["labels.count"], facts["labels.min"], facts["labels.imbalance"]) == (2, 6, 2.0)
    assert facts["text.chars.max"] == max(len(f"This is the text number {i} about politics. ") * 5 - 1 for i in (4,))
    assert facts["text.ascii"] == 1.0
    assert all(fact.exact for fact in seen.profile.facts.values())
    assert seen.profile.labels == ("politics", "sport")
    assert seen.profile.contract.hard == {
        "layout": "folders",
        "columns": {"text": "text", "label": "text"},
        "labels": ["politics", "sport"],
    }
    assert seen.profile.contract.soft["labels.share"] == {"politics": 0.3333, "sport": 0.6667}


def test_facts_of_a_table_with_numbers_for_labels(tmp_path: Path) -> None:
    seen = run(table(tmp_path), on_table()).value
    assert seen is not None
    assert seen.profile.labels == ("0", "1", "2")
    assert seen.profile.contract.hard["columns"] == {"body": "text", "topic": "text"}


def test_the_specs_class_order_stands(tmp_path: Path) -> None:
    folders(tmp_path / "data", {"sport": 5, "politics": 5})
    seen = run(tmp_path, replace(spec(), labels=("sport", "politics"))).value
    assert seen is not None
    assert seen.profile.labels == ("sport", "politics")


def test_the_fingerprint_follows_content_and_names_only(tmp_path: Path) -> None:
    folders(tmp_path / "data", {"sport": 5, "politics": 5})

    def fingerprint() -> str:
        seen = run(tmp_path).value
        assert seen is not None
        return seen.profile.fingerprint

    before = fingerprint()
    (tmp_path / "data" / "README.md").write_text("not data")
    (tmp_path / "data" / "sport" / "0000.txt").touch()
    assert fingerprint() == before
    (tmp_path / "data" / "sport" / "0000.txt").write_text("another text about sport")
    assert fingerprint() != before


def test_a_filter_is_applied(tmp_path: Path) -> None:
    given = on_table(clean=(Filter(text='topic != "2"', sql="topic <> '2'"),))
    seen = run(table(tmp_path), given).value
    assert seen is not None
    assert seen.profile.facts["kept"].value == 20
    assert seen.profile.labels == ("0", "1")


@pytest.mark.parametrize(
    ("given", "codes", "words"),
    [
        (on_table(inputs={"text": "bdy"}, outputs={"label": "topics"}), ["TS405", "TS405"], "did you mean `body`?"),
        (on_table(clean=(Filter(text='topic == "5"', sql="topic = '5'"),)), ["TS402"], "no row is left"),
        (on_table(clean=(Filter(text='topic == "0"', sql="topic = '0'"),)), ["TS406", "TS419"], "only the class `0`"),
        (on_table(clean=(Filter(text="no > 1", sql="nothing > 1"),)), ["TS416"], "`no > 1` does not fit"),
        (on_table(labels=("0", "1", "2", "3")), ["TS408"], "no example of the class `3`"),
        (on_table(labels=("0", "1")), ["TS409"], "10 examples of `2`"),
        (on_table(slots={"data.layout": "folders"}), ["TS410"], "holds `table`"),
    ],
)
def test_what_does_not_fit_the_table(given: Spec, codes: list[str], words: str, tmp_path: Path) -> None:
    outcome = run(table(tmp_path), given)
    assert outcome.value is None
    assert [one.code for one in outcome.diagnostics] == codes
    assert words in outcome.diagnostics[0].message + outcome.diagnostics[0].hint


def test_a_class_with_one_example_and_a_class_that_is_not_named(tmp_path: Path) -> None:
    folders(tmp_path / "data", {"sport": 5, "politics": 1})
    assert [one.code for one in run(tmp_path).diagnostics] == ["TS407"]
    named = replace(spec(), labels=("sport", "politic"))
    problems = run(tmp_path, named).diagnostics
    assert [one.code for one in problems] == ["TS408", "TS409"]
    assert "did you mean `politics`" in problems[0].hint


def test_a_source_that_is_not_collected_is_a_diagnostic(tmp_path: Path) -> None:
    given = spec()
    given = replace(given, source=replace(given.source, kind="uri", value="https://example.com/a.csv"))
    told = run(tmp_path, given).diagnostics
    assert [one.code for one in told] == ["TS430"]
    assert "trainerspec collect" in told[0].hint


def test_a_missing_path_is_a_diagnostic(tmp_path: Path) -> None:
    assert [one.code for one in run(tmp_path).diagnostics] == ["TS401"]


def test_facts_of_a_text_in_several_columns(tmp_path: Path) -> None:
    rows = [("Refund", "It came broken.", "a"), ("", "Where is it?", "b"), (" ", "", "a"), ("Thanks", None, "b")] * 5
    unlike = [
        (f"{one} {n}" if one.strip() else one, two and f"{two} {n}", topic) for n, (one, two, topic) in enumerate(rows)
    ]
    unlike += [("REFUND 0", "it came broken. 0", "b")]
    pl.DataFrame(unlike, schema=["subject", "body", "topic"], orient="row").write_csv(tmp_path / "data.csv")
    inputs = {"text.subject": "subject", "text.body": "body"}
    seen = run(tmp_path, on_table(inputs=inputs))
    assert seen.value is not None, seen.diagnostics
    facts = {name: fact.value for name, fact in seen.value.profile.facts.items()}
    assert facts["text.chars.max"] == len("subject: Refund 0\nbody: It came broken. 0") + 2
    left_out = {"`subject, body` under several labels": 2, "no value in `subject`": 5}
    assert facts["left_out"] == left_out
    assert facts["kept"] == 14
    assert seen.value.profile.contract.hard["columns"] == {"subject": "text", "body": "text", "topic": "text"}
    odd = run(tmp_path, on_table(inputs={"text.subject": "subjct", "text.body": "body"}))
    assert [one.code for one in odd.diagnostics] == ["TS405"]
    assert "did you mean `subject`?" in odd.diagnostics[0].hint


def test_data_that_is_too_much_to_read_again_is_known_by_its_ends_and_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b\n" + "1,2\n" * 100_000)
    whole = prober._contents(table)
    monkeypatch.setattr(fingerprint, "WHOLE", 1000)
    first = prober._contents(table)
    assert first is not None
    assert first != whole
    assert prober._contents(table) == first
    with table.open("r+b") as file:
        file.seek(200_000)
        file.write(b"3")
    os.utime(table, ns=(1, 1))
    assert prober._contents(table) != first
    assert prober._contents(tmp_path / "nowhere") is None
