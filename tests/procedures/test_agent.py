"""Agents keep a plan and a memory; a language model decides within the SOPs, and the rules stand behind it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.llm.server import serving
from tests.passes.data import observed, text_task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Decision
from trainerspec.ir.json import Json
from trainerspec.llm.model import Unavailable
from trainerspec.llm.replay import Scripted
from trainerspec.passes.decide import decide
from trainerspec.procedures.agent import MEMORIES, Team, at_work
from trainerspec.procedures.choose_filler import Wish, choose_filler
from trainerspec.procedures.language_model import Language, question
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Choice, Filler, SlotContext, slot_context
from trainerspec.procedures.sops import sops


class Only:
    """Lets a mind fill one slot, and the rules all others."""

    def __init__(self, slot: str, mind: Filler) -> None:
        self.slot, self.mind = slot, mind

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        return (self.mind if context.slot.path == self.slot else Rules()).fill(context)


def ask_for(slot: str, model: Scripted, *objectives: str, **facts: Json) -> Decision:
    mind = Only(slot, Language(model))
    decided = decide(observed(*objectives, **facts), text_task(), sops(), mind)
    assert decided.value is not None, decided.diagnostics
    return decided.value.decisions[slot]


def test_a_team_plans_remembers_and_ticks_off(tmp_path: Path) -> None:
    with at_work(Rules(), sops(), tmp_path) as team:
        assert decide(observed("maximize macro_f1"), text_task(), sops(), team).value is not None
    assert {path.stem for path in (tmp_path / MEMORIES).iterdir()} == {"data", "model", "server"}
    assert team.agents["data"].plan["data/text-length#1"] is True
    assert "classifier" in team.agents["model"].profile
    lines = [json.loads(line) for line in (tmp_path / MEMORIES / "data.jsonl").read_text().splitlines()]
    assert {line["kind"] for line in lines} == {"planned", "perceived", "filled"}
    assert next(line for line in lines if line.get("slot") == "data.max_length")["value"] == 128


def test_memory_is_saved_when_the_work_breaks_off(tmp_path: Path) -> None:
    def work(team: Team) -> None:
        decide(observed("model.size <= 1 MB"), text_task(), sops(), team)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), at_work(Rules(), sops(), tmp_path) as team:
        work(team)
    lines = [json.loads(line) for line in (tmp_path / MEMORIES / "model.jsonl").read_text().splitlines()]
    assert [line["slot"] for line in lines if line["kind"] == "failed"] == ["model.base"]


def test_a_good_answer_decides() -> None:
    model = Scripted([{"value": 3, "because": "2,126 texts"}])
    one = ask_for("model.train.epochs", model, "maximize macro_f1")
    assert (one.value, one.author, one.because) == (3, "openai:scripted", "2,126 texts")
    assert one.sop == "model/text-classification#2"
    assert one.facts["facts.kept"] == 2126


def test_a_bad_answer_goes_back_with_what_is_wrong() -> None:
    model = Scripted(["I think 4", {"value": "four", "because": "x"}, {"value": 4, "because": "few texts"}])
    one = ask_for("model.train.epochs", model, "maximize macro_f1")
    assert (one.value, one.author) == (4, "openai:scripted")
    back = [message.content for message in model.calls[-1].messages if message.role == "user"][1:]
    assert "the answer is not JSON" in back[0]
    assert "'four' is not of type 'integer'" in back[1]
    assert [c.kept for c in one.candidates] == [False, False]


def test_a_must_goes_back_too() -> None:
    model = Scripted(
        [{"value": 512, "because": "more"}, {"value": 1024, "because": "more"}, {"value": 64, "because": "ok"}]
    )
    one = ask_for("data.max_length", model, "latency.p95 <= 2 ms on cpu")
    assert one.value == 512
    model = Scripted([{"value": "from-scratch", "because": "a"}, {"value": "fine-tune", "because": "b"}])
    one = ask_for("model.train.strategy", model, "maximize macro_f1")
    assert one.value == "fine-tune"
    assert "does not hold for `from-scratch`" in one.candidates[0].because


@pytest.mark.parametrize("answers", [["no", "no", "no"], [Unavailable("the endpoint is down")], []])
def test_after_failures_the_rule_decides_and_says_so(answers: list[str | Unavailable]) -> None:
    one = ask_for("model.train.epochs", Scripted(answers), "maximize macro_f1")
    assert (one.value, one.author) == (2, "rules")
    assert "the rule decided: openai:scripted gave no usable answer" in one.because


def test_a_dropped_candidate_cannot_be_chosen() -> None:
    model = Scripted([{"value": "minilm-l6", "because": "I like it"}] * 3)
    one = ask_for("model.base", model, "model.size <= 2 MB")
    assert (one.value, one.author) == ("tfidf-linear", "rules")
    assert not model.calls, "one candidate is left: nothing to ask"


def test_the_question_shows_procedure_observation_and_schema_but_no_data_rows() -> None:
    steps = {step.slot: step for step in sops().steps(text_task()).value or ()}
    seen: dict[str, Json] = {
        "facts.text.chars.p99": 148,
        "facts.kept": 10,
        "card.max_positions": 512,
        "goal": "accuracy",
    }
    one = slot_context(steps["data.max_length"], text_task().slots["data.max_length"], seen, ())
    text = question(one, ()).messages[0].content
    assert "when facts.text.chars.p99 <= 220: 64" in text
    assert "- facts.text.chars.p99: 148" in text
    assert '"maximum": 4096' in text
    assert "goal" not in text
    assert "Examples" not in text
    assert '- "a row"' in question(one, ("a row",)).messages[0].content


def test_the_mind_is_chosen_by_wish(tmp_path: Path) -> None:
    assert isinstance(choose_filler(None), Rules)
    path = tmp_path / "transcript.jsonl"
    path.write_text("")
    assert isinstance(choose_filler(Wish(replay=path)), Language)
    with serving() as script:
        assert isinstance(choose_filler(Wish(base_url=script.url, transcript=path)), Language)


def test_an_unused_endpoint_is_never_imported() -> None:
    code = "import sys, trainerspec.procedures.choose_filler; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
