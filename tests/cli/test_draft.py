"""draft on the command line: what is written, printed, asked and refused, and a language model beside the rules."""

import io
import json

import pytest

from tests.agents.test_assist import MAILS, answer
from tests.llm.server import serving

GOOD = answer(objectives=[{"objective": "accuracy >= 95%", "quote": "5 stray ones per hundred"}])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_corrects_the_draft_and_the_transcript_replays_it(here, trainerspec, monkeypatch):
    with serving(GOOD) as script:
        monkeypatch.setenv("OPENAI_BASE_URL", script.url)
        status, out, _ = trainerspec("draft", MAILS, "--json", "--llm", "auto")
    made = json.loads(out)
    assert status == 0
    assert made["author"] == "openai:scripted-1"
    assert made["usage"]["completion_tokens"] == 10
    assert "accuracy >= 95%" in made["spec"]["objectives"]
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    status, again, _ = trainerspec("draft", MAILS, "--json", "--replay", ".trainerspec/agents/draft.jsonl")
    assert (status, json.loads(again)) == (0, made)


def test_the_model_stands_in_what_people_read(here, trainerspec, monkeypatch):
    with serving(GOOD) as script:
        monkeypatch.setenv("OPENAI_BASE_URL", script.url)
        status, out, _ = trainerspec("draft", MAILS, "--llm", "auto")
    assert status == 0
    assert '# stated: "5 stray ones per hundred"' in out
    assert "corrected by openai:scripted-1: 100 + 10 tokens" in out


def test_without_a_model_the_rules_draft_and_say_so(here, trainerspec, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    status, out, errors = trainerspec("draft", MAILS, "--json", "--replay", "nowhere.jsonl")
    assert status == 0
    assert "no language model" in json.loads(out)["usage"]["fallback"]
    assert "warning: the rules drafted alone" in errors


@pytest.mark.parametrize("limit", ["tokens", "tokens=many", "money=3", "cost=1", "tokens=-1"])
def test_a_wrong_cap_is_wrong_usage(limit, trainerspec):
    assert trainerspec("draft", MAILS, "--llm-limit", limit)[0] == 2


def test_a_batch_is_one_answer_a_line(here, trainerspec, monkeypatch):
    lines = [{"id": 1, "request": MAILS}, {"id": "b", "request": "Translate manuals into French"}]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*map(json.dumps, lines), ""])))
    status, out, _ = trainerspec("draft", "--batch")
    made = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(one["id"], one["outcome"]) for one in made] == [(1, "draft"), ("b", "unsupported")]
    keys = {"id", "outcome", "task", "spec", "evidence", "questions", "reasons", "author", "usage"}
    assert all(set(one) == keys for one in made)
