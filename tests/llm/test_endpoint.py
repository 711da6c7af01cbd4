"""The real `openai` client against a scripted server: structured output, retries, caps, transcript, fall back."""

from pathlib import Path

import pytest

from tests.llm.server import serving
from tests.passes.data import observed, text_task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Decided
from trainerspec.llm.ask import ask
from trainerspec.llm.endpoint import connect
from trainerspec.llm.limits import Limits, Metered
from trainerspec.llm.model import Call, Exhausted, Message, Model, Unavailable
from trainerspec.llm.replay import Recorded, Recording, Scripted
from trainerspec.passes.decide import decide
from trainerspec.procedures.language_model import Language
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Choice, Filler, SlotContext
from trainerspec.procedures.sops import sops

SCHEMA = {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]}
CALL = Call(messages=(Message(role="user", content="How many?"),), schema=SCHEMA, title="fill")


def test_the_schema_goes_out_and_the_answer_comes_back() -> None:
    with serving('{"value": 3}') as script:
        answer = ask(connect(base_url=script.url), CALL, lambda _: ())
    assert answer.value == {"value": 3}
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (100, 10)
    sent = script.requests[0]
    assert sent["model"] == "scripted-1"
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "fill", "schema": SCHEMA, "strict": True},
    }


def test_diagnostics_are_fed_back() -> None:
    with serving("three", '{"value": "3"}', '{"value": 9}', '{"value": 4}') as script:
        answer = ask(
            connect(base_url=script.url),
            CALL,
            lambda v: () if v["value"] == 4 else ("`value <= 5` does not hold",),
            tries=4,
        )
    assert answer.value == {"value": 4}
    assert [attempt.text for attempt in answer.attempts] == ["three", '{"value": "3"}', '{"value": 9}']
    told = [message["content"] for message in script.requests[-1]["messages"] if message["role"] == "user"]
    assert "not JSON" in told[1]
    assert "'3' is not of type 'integer'" in told[2]
    assert "`value <= 5` does not hold" in told[3]


def test_the_client_retries_an_overloaded_endpoint() -> None:
    with serving(503, '{"value": 3}') as script:
        assert ask(connect(base_url=script.url), CALL, lambda _: ()).value == {"value": 3}


def test_a_model_that_takes_no_temperature_is_asked_without() -> None:
    with serving(400, '{"value": 3}') as script:
        assert ask(connect(base_url=script.url), CALL, lambda _: ()).value == {"value": 3}
    assert ["temperature" in request for request in script.requests] == [True, False]


def test_a_slow_endpoint_is_given_up() -> None:
    with serving(2.0) as script:
        answer = ask(connect(base_url=script.url, retries=0), CALL, lambda _: (), seconds=0.1)
    assert answer.trouble == "the endpoint did not answer in time"


def test_an_endpoint_that_is_not_there() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        connect(base_url="http://127.0.0.1:9/v1", retries=0)
    with serving() as script:
        script.models = ()
        with pytest.raises(Unavailable, match="lists no model"):
            connect(base_url=script.url)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(tokens=100), "110 tokens are used; the cap is 100"),
        (Limits(cost=0.001, prompt_price=10.0, completion_price=30.0), "0.0013 is spent; the cap is 0.0010"),
        (Limits(seconds=0.0), "the cap is 0 s"),
    ],
)
def test_caps(limits: Limits, words: str) -> None:
    with serving('{"value": 3}', '{"value": 4}') as script:
        model = Metered(connect(base_url=script.url), limits)
        if limits.seconds:
            assert ask(model, CALL, lambda _: ()).value == {"value": 3}
            assert model.usage.tokens == 110
        with pytest.raises(Exhausted, match=words):
            model.reply(CALL, 60.0)


class Some:
    """Lets a mind fill a few slots, and the rules all others."""

    def __init__(self, mind: Filler, *slots: str) -> None:
        self.mind, self.slots = mind, slots

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        return (self.mind if context.slot.path in self.slots else Rules()).fill(context)


def decisions(model: Model) -> Decided:
    """Decide with a model that is asked for the seed first, then for the threads and the epochs."""
    mind = Some(Language(model, tries=2), "model.train.seed", "compute.threads", "model.train.epochs")
    decided = decide(observed("maximize macro_f1"), text_task(), sops(), mind)
    assert decided.value is not None
    return decided.value


def test_a_whole_decision_falls_back_where_it_must_and_replays_offline(tmp_path: Path) -> None:
    path = tmp_path / "llm" / "transcript.jsonl"
    with serving('{"value": 42, "because": "any will do"}', "no idea", "no idea", 500) as script:
        model = Recording(connect(base_url=script.url, retries=0), path)
        first = decisions(model)
    seed, threads, epochs = (
        first.decisions[slot] for slot in ("model.train.seed", "compute.threads", "model.train.epochs")
    )
    assert (seed.value, seed.author, seed.because) == (42, "openai:scripted-1", "any will do")
    assert (threads.author, epochs.author) == ("rules", "rules")
    assert "the rule decided: openai:scripted-1 gave no usable answer: no right answer in 2 tries" in threads.because
    assert "status 500" in epochs.because
    again = decisions(Recorded(path))
    assert again.decisions == first.decisions


def test_a_transcript_replays_its_last_session(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    for answer in ({"value": 1}, {"value": 2}):
        ask(Recording(Scripted([answer]), path), CALL, lambda _: ())
    replay = Recorded(path)
    assert replay.name == "scripted"
    assert ask(replay, CALL, lambda _: ()).value == {"value": 2}
    assert ask(replay, CALL, lambda _: ()).trouble == "the transcript does not hold this question"


@pytest.mark.parametrize("text", ["no json", "{}", '{"key": "a", "reply": {}}', "[]"])
def test_what_is_no_transcript(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(Unavailable, match="line 1 of the transcript"):
        Recorded(tmp_path / "t.jsonl")


def test_the_key_goes_without_tls_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test")
    for address in ("http://models.example/v1", "http://127.0.0.1.example/v1", "http://10.0.0.7:8000/v1"):
        with pytest.raises(Unavailable, match=r"is not sent to .* without TLS"):
            connect("m", base_url=address)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://models.example/v1")
    with pytest.raises(Unavailable, match=r"is not sent to models\.example without TLS"):
        connect("m")
    assert connect("m", base_url="http://127.0.0.1:8000/v1").name == "m"
    monkeypatch.delenv("OPENAI_API_KEY")
    assert connect("m").name == "m"
