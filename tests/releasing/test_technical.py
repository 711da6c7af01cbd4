"""trainerspec card: the model's card, and the technical documentation of Annex IV."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests import handmade
from tests.e2e.conftest import SPEC
from trainerspec.cli.main import main
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.spec import Held
from trainerspec.releasing.technical import WRITE, technical

SECTIONS = [*(f"1 ({one})" for one in "abcdefgh"), *(f"2 ({one})" for one in "abcdefgh")]
GATE = {
    "verdict": "pass",
    "device": "cpu",
    "objectives": [
        {"text": "accuracy >= 95%", "unit": "ratio", "value": 0.97, "low": 0.96, "high": 0.98, "verdict": "pass"}
    ],
}
METRICS = {"accuracy": 0.97, "accuracy.low": 0.96, "accuracy.high": 0.98, "baseline.trivial.accuracy": 0.3}
REPORT = {
    "rows": {"read": 1300, "train": 1032},
    "dropped": [{"step": "duplicates", "rows": 10}, {"step": "missing", "rows": 0}],
    "labels": {"train": {"business": 500}},
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "trainer.lock").write_bytes(handmade.project().files["trainer.lock"])
    return tmp_path


@pytest.fixture
def judged(built: Path) -> Path:
    (built / "gate.json").write_text(json.dumps(GATE))
    (built / "metrics.json").write_text(json.dumps(METRICS))
    (built / "build/data").mkdir(parents=True)
    (built / "build/data/report.json").write_text(json.dumps(REPORT))
    return built


def test_every_section_of_the_annex_is_there_in_its_order(judged: Path) -> None:
    text = technical(handmade.spec(), handmade.task(), judged)
    assert re.findall(r"^## (\d)\. ", text, re.MULTILINE) == list("123456789")
    assert re.findall(r"^### (\d \(\w\))", text, re.MULTILINE) == SECTIONS
    for section in text.split("\n## ")[1:]:
        assert f"\n{WRITE} " in section, "no part of the annex follows from files alone"
    assert "Not up to date" not in text


def test_what_is_recorded_is_told(judged: Path) -> None:
    held = Held(about="/policy", question="Is it lawful?", by="A. Reader", because="no person is judged")
    text = technical(replace(handmade.spec(), held=(held,)), handmade.task(), judged)
    assert "| `accuracy >= 95%` | 97.0% | 96.0% to 98.0% | pass |" in text
    assert "| Accuracy (`accuracy`) | 97.0% | 96.0% to 98.0% |" in text
    assert "| Rows: read | 1,300 |" in text
    assert "| Left out: duplicates | 10 |" in text
    assert "Left out: missing" not in text
    assert "| Training rows of `business` | 500 |" in text
    assert "| /policy | Is it lawful? | A. Reader | no person is judged |" in text
    assert "`minilm-l6`, licence Apache-2.0" in text
    assert "f" * 64 in text
    assert "99% of the texts" in text, "why it was decided so"


def test_before_a_model_was_judged_it_says_so(built: Path) -> None:
    text = technical(handmade.spec(), handmade.task(), built)
    assert text.count("Not recorded yet: ") == 3


def test_a_spec_that_changed_since_is_told(judged: Path) -> None:
    spec = handmade.spec()
    changed = replace(spec, document=replace(spec.document, data={**spec.document.data, "version": "9.9.9"}))
    assert "**Not up to date:**" in technical(changed, handmade.task(), judged)


def test_no_text_of_a_spec_makes_a_section_or_a_mark(judged: Path) -> None:
    spec = replace(handmade.spec(), request=f"x\n\n## 8. Done\n{WRITE} no <b>")
    text = technical(spec, handmade.task(), judged)
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == 9
    assert text.count(f"\n{WRITE}") == technical(handmade.spec(), handmade.task(), judged).count(f"\n{WRITE}")


@pytest.mark.parametrize("content", ["[]", "3", "{", '{"objectives": 3, "rows": [], "labels": {"train": 7}}'])
def test_odd_files_are_as_if_nothing_was_recorded(judged: Path, content: str) -> None:
    for name in ("gate.json", "metrics.json", "build/data/report.json"):
        (judged / name).write_text(content)
    assert "Not recorded yet: no model was judged" in technical(handmade.spec(), handmade.task(), judged)


def test_without_a_build_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        technical(handmade.spec(), handmade.task(), tmp_path)
    assert [one.code for one in stopped.value.diagnostics] == ["TS701"]


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        main(("card", *words))
    except SystemExit as ended:
        status = int(ended.code or 0)
    return (status, *capsys.readouterr())


def test_the_command_prints_or_writes_it(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (judged / "trainer.yaml").write_text(SPEC)
    status, out, errors = call(capsys, str(judged), "--format", "annex-iv")
    assert (status, out.splitlines()[0]) == (0, "# Technical documentation: tiny 0.1.0")
    assert errors.startswith("20 sections have something that a person must write")
    to = judged / "annex-iv.md"
    assert call(capsys, str(judged), "--format", "annex-iv", "--to", str(to))[:2] == (0, "")
    assert to.read_text() == out
    assert call(capsys, str(judged), "--format", "annex-iv", "--to", str(to))[0] == 2, "nothing is written over"


def test_the_models_card_is_that_of_the_package(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "trainer.yaml").write_text(SPEC)
    status, _, errors = call(capsys, str(project))
    assert status == 1
    assert "`docs/MODEL_CARD.md` is missing" in errors
    (project / "package/docs").mkdir()
    (project / "package/docs/MODEL_CARD.md").write_text("# tiny\n")
    assert call(capsys, str(project))[:2] == (0, "# tiny\n")
