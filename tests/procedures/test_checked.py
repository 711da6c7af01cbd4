"""An organisation's SOPs are checked against the tasks and the spec by `check`."""

from pathlib import Path

import pytest

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Diagnostic
from trainerspec.ir.source import Source
from trainerspec.passes.parse import parse
from trainerspec.passes.validate import validate
from trainerspec.procedures.checked import checked
from trainerspec.procedures.sops import sops

SHORT = """\
sop: acme/short
agent: model
steps:
  - decide: model.train.epochs
    needs: [facts.kept]
    ask: How many epochs?
    rules:
      - {choose: 5, because: our machines are billed by the minute}
    must: value <= 5
"""


def told(folder: Path, sop: str, train: str = "epochs: auto") -> list[Diagnostic]:
    (folder / "acme").mkdir()
    (folder / "acme/short.yaml").write_text(sop)
    text = "trainerspec: 1\nname: x\ntask: {type: text-classification}\ndata: {source: d}\n"
    text += f"model: {{train: {{{train}}}}}\n"
    document = parse(Source(name="trainer.yaml", text=text)).value
    assert document is not None
    known = tasks()
    spec = validate(document, known).value
    assert spec is not None
    return list(checked(sops(folder), known, spec))


def test_a_sound_procedure_is_silent(tmp_path: Path) -> None:
    assert told(tmp_path, SHORT) == []
    assert list((tmp_path / "acme").iterdir())


def test_a_must_that_the_spec_breaks_is_told_with_its_step_and_reason(tmp_path: Path) -> None:
    (found,) = told(tmp_path, SHORT, "epochs: 20")
    assert found.code == "TS504"
    assert "`model.train.epochs: 20` breaks `value <= 5` of acme/short#1" in found.message
    assert found.message.endswith("our machines are billed by the minute")
    assert found.span is not None
    assert found.span.line == 5


@pytest.mark.parametrize(
    ("old", "new", "severity", "words"),
    [
        ("model.train.epochs", "model.train.epoch", "error", "did you mean `model.train.epochs`?"),
        ("facts.kept", "fact.kept", "error", "reads `fact.kept`"),
        ("facts.kept", "facts.text.char", "warning", "did you mean `facts.text.chars`?"),
    ],
)
def test_what_there_is_not_is_told(tmp_path: Path, old: str, new: str, severity: str, words: str) -> None:
    (found,) = told(tmp_path, SHORT.replace(old, new))
    assert (found.code, found.severity) == ("TS553", severity)
    assert words in f"{found.message}; {found.hint}"


def test_proposals_are_checked_too(tmp_path: Path) -> None:
    proposal = SHORT + (
        "  - on: objective.quality\n    when: curves.best_at > 3\n"
        "    propose: {model.train.epoches: 3}\n    because: shorter\n"
    )
    messages = " ".join(f"{one.message} {one.hint}" for one in told(tmp_path, proposal))
    assert "`model.train.epoches`, which no task has" in messages
    assert "reads `curves.best_at`" in messages


def test_the_procedures_that_ship_read_what_there_is() -> None:
    from dataclasses import replace

    shipped = sops()
    own = replace(shipped, by_id={name: replace(one, own=True) for name, one in shipped.by_id.items()})
    document = parse(
        Source(name="x", text="trainerspec: 1\nname: x\ntask: {type: text-classification}\ndata: {source: d}\n")
    ).value
    assert document is not None
    spec = validate(document, tasks()).value
    assert spec is not None
    assert [one.message for one in checked(own, tasks(), spec)] == []
