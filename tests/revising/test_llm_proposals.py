"""revise with a language model, through the real `openai` client against a scripted server."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.llm.server import Script, serving
from tests.revising.case import SPEC, anything, failed, made
from trainerspec.llm.endpoint import connect
from trainerspec.llm.limits import Limits, Metered
from trainerspec.llm.replay import Recorded, Recording
from trainerspec.revising.llm_proposals import llm_proposals, schema
from trainerspec.revising.load_case import proposed
from trainerspec.revising.revise import revise
from trainerspec.revising.revision import Case, Revision

DROPOUT = {"model.train.dropout": {"value": 0.5, "because": "accuracy 0.8 is below 0.9 and the loss is low"}}


@cache
def fields() -> tuple[str, ...]:
    """Return the names of an answer's fields; when a test asks, since every worker of a run imports this file."""
    return tuple(schema(made())["properties"])  # type: ignore[arg-type]


def answer(slots: dict[str, Any] | None = None, advice: str | None = None) -> str:
    return json.dumps({**dict.fromkeys(fields()), **(slots or {}), "advice": advice})


def sound(slots: Any) -> tuple[str, ...]:
    return ()


def asked(case: Case, *answers: str | int | float) -> tuple[Revision, Script]:
    """Propose with a model that answers by script, the rules behind it."""
    with serving(*answers) as script:
        return proposed(case, sound, connect(base_url=script.url, retries=0)), script


def missed() -> Case:
    return made(measured={"accuracy": 0.8})


def test_a_proposal_is_taken_with_its_reason_and_author() -> None:
    found, script = asked(missed(), answer(DROPOUT))
    assert found.slots == {"model.train.dropout": 0.5}
    assert found.author == "openai:scripted-1"
    assert found.changes[0].because == DROPOUT["model.train.dropout"]["because"]
    assert (found.changes[0].sop, found.changes[0].old) == ("openai:scripted-1", 0.3)
    prompt = script.requests[0]["messages"][0]["content"]
    assert "`accuracy >= 90%` is not met: measured 0.8, bound 0.9" in prompt
    assert "measured.latency.p95: 0.004" in prompt
    assert "curve.best_at: 5" in prompt
    assert "test." not in prompt


def test_what_is_wrong_goes_back() -> None:
    wrong = {"model.train.epochs": {"value": -1, "because": "more"}}
    same = {"model.train.epochs": {"value": 5, "because": "more"}}
    found, script = asked(missed(), answer(wrong), answer(same), answer(DROPOUT))
    assert found.slots == {"model.train.dropout": 0.5}
    told = [one["content"] for one in script.requests[-1]["messages"] if one["role"] == "user"]
    assert "`model.train.epochs/value`" in told[1]
    assert "`model.train.epochs` is 5 already" in told[2]


def test_what_cannot_be_built_goes_back() -> None:
    with serving(answer(DROPOUT), answer()) as script:
        found = llm_proposals(missed(), connect(base_url=script.url), lambda slots: ("TS501 no",) if slots else ())
    assert "TS501 no" in script.requests[-1]["messages"][-1]["content"]
    assert found.revision is None
    assert "proposes nothing" in found.trouble


def test_what_a_person_stated_and_what_was_tried_stays() -> None:
    case = made(SPEC + "model: {base: minilm-l6}\n", measured={"accuracy": 0.8})
    other = {"model.base": {"value": "scratch-cnn", "because": "smaller"}}
    found, script = asked(case, answer(other), answer(DROPOUT))
    assert "`model.base` was stated by a person" in script.requests[-1]["messages"][-1]["content"]
    assert found.slots == {"model.train.dropout": 0.5}
    before = made(SPEC + "model: {train: {dropout: 0.5}}\n", measured={"accuracy": 0.7})
    again = made(measured={"accuracy": 0.8}, history=[before.now])
    found, script = asked(again, answer(DROPOUT), answer({"model.train.epochs": {"value": 9, "because": "more"}}))
    assert '"measured": {"accuracy": 0.7' in script.requests[0]["messages"][0]["content"]
    assert "these values were tried before" in script.requests[-1]["messages"][-1]["content"]
    assert found.slots == {"model.train.epochs": 9}


def test_without_a_usable_answer_the_rules_propose() -> None:
    for answers, words in (((500,), "status 500"), (("no",) * 3, "no right answer in 3 tries")):
        found, _ = asked(missed(), *answers)
        assert found.slots == revise(missed(), anything).slots
        assert found.author == "rules"
        assert words in found.note


def test_advice_is_kept_beside_the_rules() -> None:
    found, _ = asked(missed(), answer(advice="label the mails of March anew"))
    assert found.advice == ("label the mails of March anew",)
    assert found.slots == revise(missed(), anything).slots


def test_a_failure_is_told() -> None:
    half = {"model.train.batch_size": {"value": 8, "because": "out of memory"}}
    found, script = asked(made(failure=failed("oom")), answer(half))
    assert found.slots == {"model.train.batch_size": 8}
    assert "the stage `train` failed: TS834" in script.requests[0]["messages"][0]["content"]


def test_a_cap_holds_and_a_transcript_replays(tmp_path: Path) -> None:
    path = tmp_path / "revise.jsonl"
    with serving("no", answer(DROPOUT)) as script:
        first = proposed(missed(), sound, Recording(Metered(connect(base_url=script.url), Limits(tokens=100)), path))
    assert "the cap is 100" in first.note
    assert proposed(missed(), sound, Recorded(path)) == first
    with serving(answer(DROPOUT)) as script:
        second = proposed(missed(), sound, Recording(connect(base_url=script.url), path))
    assert proposed(missed(), sound, Recorded(path)) == second
