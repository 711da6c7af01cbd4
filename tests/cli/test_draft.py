"""draft on the command line: what is written, printed, asked and refused, and a language model beside the rules."""

import io
import json

import pytest

from tests.drafting.test_assist import MAILS, answer
from tests.llm.server import serving

GOOD = answer(objectives=[{"objective": "accuracy >= 95%", "quote": "5 stray ones per hundred"}])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
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


def test_an_endpoint_that_is_configured_is_used_by_default(here, trainerspec, monkeypatch):
    with serving(GOOD, GOOD) as script:
        monkeypatch.setenv("OPENAI_BASE_URL", script.url)
        asked = json.loads(trainerspec("draft", MAILS, "--json")[1])
        alone = json.loads(trainerspec("draft", MAILS, "--json", "--no-llm")[1])
        monkeypatch.setattr("sys.stdin", piped(json.dumps({"id": 1, "request": MAILS}).encode()))
        batch = json.loads(trainerspec("draft", "--batch", "--llm", "auto")[1])
    assert [one["author"] for one in (asked, alone, batch)] == ["openai:scripted-1", "rules", "openai:scripted-1"]
    assert trainerspec("draft", MAILS, "--llm", "auto", "--no-llm")[0] == 2


def test_an_endpoint_that_does_not_answer_is_told(here, trainerspec, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    status, out, errors = trainerspec("draft", MAILS, "--json")
    assert (status, json.loads(out)["author"]) == (0, "rules")
    assert "warning: the rules drafted alone: no language model" in errors


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
    monkeypatch.setattr("sys.stdin", piped("\n".join([*map(json.dumps, lines), ""]).encode()))
    status, out, _ = trainerspec("draft", "--batch")
    made = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(one["id"], one["outcome"]) for one in made] == [(1, "draft"), ("b", "unsupported")]
    keys = {"id", "outcome", "task", "spec", "evidence", "questions", "reasons", "author", "usage"}
    assert all(set(one) == keys for one in made)


@pytest.fixture
def churn(here):
    """Write a table with two columns of few values."""
    rows = "".join(f"{number},{'ab'[number % 2]},{'yes' if number % 3 else 'no'}\n" for number in range(30))
    (here / "churn.csv").write_text("age,plan,Churned\n" + rows)
    return here


def test_interactive_looks_at_the_data_and_asks_again_where_it_is_not(churn, trainerspec, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("nowhere.csv\nchurn.csv\n"))
    status, out, errors = trainerspec("draft", "Which customers churn?", "--interactive", "--json")
    made = json.loads(out[out.index('{"outcome"') :])
    assert status == 0
    assert "`nowhere.csv` does not exist" in out + errors
    assert made["questions"] == []
    assert made["spec"]["data"]["source"] == {"path": "churn.csv"}
    assert made["spec"]["task"]["outputs"] == {"label": "Churned"}
    told = {one["path"]: one for one in made["evidence"]}
    assert told["/data/source"]["why"] == "answered in the terminal"
    assert "churn.csv has the columns" in told["/task/outputs/label"]["why"]


def test_a_column_is_asked_for_where_several_could_be_meant(churn, trainerspec):
    status, out, _ = trainerspec("draft", "Which customers leave?", "--data", "churn.csv")
    assert status == 0
    assert "Which column of churn.csv holds the label: plan, Churned?" in out
    assert "outputs:" not in (churn / "customers-leave" / "trainer.yaml").read_text()


def test_data_that_is_not_there_is_a_question(here, trainerspec):
    status, out, _ = trainerspec("draft", "Which customers churn?", "--data", "nowhere.csv", "--json")
    assert status == 0
    asked = {one["path"]: one["question"] for one in json.loads(out)["questions"]}
    assert "`nowhere.csv` does not exist" in asked["/data/source"]


def test_a_table_of_a_database_becomes_a_query_whose_address_is_asked(here, trainerspec):
    request = "Classify tickets by team; they are in the postgres table support.tickets, columns body and team"
    made = json.loads(trainerspec("draft", request, "--json")[1])
    assert made["spec"]["data"]["source"] == {"sql": "select * from support.tickets"}
    assert [one["path"] for one in made["questions"]] == ["/data/source/connection"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("Score every citizen by behaviour", "TS022"),
        ("Translate manuals into French", "the nearest task that is supported is `text-classification`"),
        ("what is a good name for a cat?", "TS051"),
    ],
)
def test_a_refusal_names_its_rule_and_writes_nothing(request_, words, here, trainerspec):
    status, out, errors = trainerspec("draft", request_)
    assert (status, out) == (3, "")
    assert words in errors
    assert list(here.iterdir()) == []


def test_a_spec_that_is_there_is_not_written_over(here, trainerspec):
    assert trainerspec("draft", MAILS)[0] == 0
    assert trainerspec("draft", MAILS)[0] == 2
    assert trainerspec("draft", MAILS, "--force")[0] == 0


def piped(lines: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8")


def test_a_broken_line_is_answered_and_the_rest_goes_on(here, trainerspec, monkeypatch):
    good = json.dumps({"id": 9, "request": MAILS}).encode()
    broken = [
        b"nonsense",
        b"[1]",
        b'{"id": 1}',
        b'{"id": 2, "request": 3}',
        b'{"id": 3, "request": " "}',
        b'{"id": 4, "request": "a \\ud800 b"}',
        b"\xff",
        b'{"id": 5, "request": "x", "data": 1}',
        b'{"id": 6, "request": "' + b"word " * 50_000 + b'"}',
        b"[" * 100_000,
    ]
    monkeypatch.setattr("sys.stdin", piped(b"\n".join([good, *broken, good, b""])))
    status, out, _ = trainerspec("draft", "--batch")
    made = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert [one["id"] for one in made] == [9, None, None, 1, 2, 3, 4, None, 5, 6, None, 9]
    assert all(one["error"].startswith(f"line {number}: ") for number, one in enumerate(made[1:-1], 2))
    assert (made[0]["outcome"], made[-1]["outcome"]) == ("draft", "draft")


def test_a_request_that_is_too_long_is_wrong_usage(here, trainerspec):
    status, _, errors = trainerspec("draft", "Sort mails. " * 20_000)
    assert status == 2
    assert "at most 200,000" in errors


def test_a_comparison_is_no_list_of_classes(here, trainerspec):
    request = (
        "Mails in Rechnung und Sonstiges sortieren. Genauigkeit ist wichtiger als Tempo, nicht mehr als 5 % Fehler"
    )
    spec = json.loads(trainerspec("draft", request, "--json")[1])["spec"]
    assert spec["task"]["labels"] == ["Rechnung", "Sonstiges"]
    assert spec["objectives"] == ["accuracy >= 95%", "maximize accuracy"]


def test_data_that_is_not_there_is_told_and_classes_are_read_behind_its_name(here, trainerspec):
    status, out, _ = trainerspec("draft", "Sort tickets.csv into billing, tech and other, accuracy above 90%")
    assert status == 0
    assert "labels: [billing, tech, other]" in out
    assert "`tickets.csv` is not there yet" in out
    assert "answer the question in it, then" in out


def test_a_path_with_a_typo_is_asked_about_with_a_guess(here, trainerspec):
    (here / "tickets").mkdir()
    status, out, _ = trainerspec("draft", "Sort our tickets into billing, tech and other", "--data", "tikcets")
    assert status == 0
    assert "the data `tikcets` does not exist (did you mean `tickets`?). Where is the data?" in out
