"""An endpoint labels what other methods doubt: structured votes under caps, kept and replayed without it."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.templates import assemble
from tests.templates.test_labelling import labelled, report, written

TRUTH = dict(assemble.sample().examples(60, 0))


class Model:
    """What a model answers, and what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.status = 200
        self.after = 10**9
        """Answers before it begins to refuse."""
        self.content: str | None = None
        self.usage: object = {"total_tokens": 100}
        self.raw: bytes | None = None
        """The whole answer, where it is none of a model."""

    def answer(self, call: dict[str, Any]) -> str:
        text = json.loads(call["messages"][-1]["content"])["text"]
        return self.content or json.dumps({"label": TRUTH[text]})


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """Serve a model on loopback, as OPENAI_BASE_URL says."""
    told = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.calls.append(call)
            told.keys.append(self.headers.get("Authorization"))
            status = told.status if len(told.calls) > told.after or told.status == 200 else 200
            message = {"message": {"content": told.answer(call)}}
            content = told.raw or json.dumps({"choices": [message], "usage": told.usage}).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-a-test")
    yield told
    server.shutdown()
    server.server_close()


def asking(folder: Path, **about: Any) -> Path:
    endpoint = {"model": "m", "base_url": "", "votes": 2, "requests": 1000, "tokens": 100_000} | about
    return written(folder, 30, rows=60, by=["endpoint"], endpoint=endpoint)


def kept(project: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project / "labels/answers.jsonl").read_text().splitlines()]


def test_votes_label_and_are_replayed_without_the_endpoint(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = asking(tmp_path)
    found = labelled(project)
    made = {text: label for text, (label, source, _) in found.items() if source == "endpoint"}
    assert len(made) == 30
    assert made == {text: TRUTH[text] for text in made}
    assert len(model.calls) == 2 * (60 - 6), "two votes for each row but the six examples that the model is shown"
    assert set(model.keys) == {"Bearer key-of-a-test"}
    call = model.calls[0]
    assert call["response_format"]["json_schema"]["schema"]["properties"]["label"]["enum"][-1] == "none of these"
    assert {one["temperature"] for one in model.calls} == {0.0, 0.7}
    assert "key-of-a-test" not in (project / "labels/answers.jsonl").read_text()
    assert report(project)["judged"]["right"] == report(project)["judged"]["labelled"] > 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert labelled(project) == found


def test_the_caps_hold_over_runs_and_people_come_first(tmp_path: Path, model: Model) -> None:
    project = asking(tmp_path, requests=50)
    labelled(project)
    assert len(model.calls) == 50
    labelled(project)
    assert len(model.calls) == 50
    people = {text for index, text in enumerate(TRUTH) if index < 30}
    first = [json.loads(call["messages"][-1]["content"])["text"] for call in model.calls[:44]]
    assert set(first) <= people
    dear = asking(tmp_path / "dear", tokens=1000)
    labelled(dear)
    assert 10 <= len(kept(dear)) <= 13


@pytest.mark.parametrize(("status", "words"), [(401, "it answers 401"), (302, "it answers 302")])
def test_a_refusal_keeps_what_was_answered(tmp_path: Path, model: Model, status: int, words: str) -> None:
    model.status, model.after = status, 20
    project = asking(tmp_path)
    done = assemble.run(project, "label")
    assert done.returncode == 1
    assert "TS854" in done.stderr
    assert words in done.stderr
    assert "key-of-a-test" not in done.stderr
    answers = len(kept(project))
    assert answers == 20
    model.status = 200
    before = len(model.calls)
    with (project / "labels/answers.jsonl").open("a") as file:
        file.write('{"key": "cut off')  # as a kill leaves it
    labelled(project)
    assert len(model.calls) - before == 2 * 54 - answers


def test_answers_of_no_use_are_no_votes(tmp_path: Path, model: Model) -> None:
    model.content = "I think it is about cooking"
    project = asking(tmp_path)
    done = assemble.run(project, "label")
    assert done.returncode == 0, done.stderr
    assert report(project)["rows"]["labelled"] == 0
    assert len(kept(project)) == 108


@pytest.mark.parametrize(
    "usage", [None, {}, {"total_tokens": -(10**9)}, {"total_tokens": "many"}, {"total_tokens": 1e999}]
)
def test_the_cap_on_tokens_holds_where_the_endpoint_does_not_say_what_it_cost(
    tmp_path: Path, model: Model, usage: object
) -> None:
    model.usage = usage
    project = asking(tmp_path, tokens=2000)
    with_lies = json.dumps({"key": "committed", "label": "cooking", "tokens": -(10**9)})
    (project / "labels").mkdir(exist_ok=True)
    (project / "labels/answers.jsonl").write_bytes(b"\xff\n" + b"[" * 100_000 + b"\n" + with_lies.encode() + b"\n")
    labelled(project)
    assert 2 <= len(model.calls) <= 12


@pytest.mark.parametrize(
    "raw", [b"[" * 200_000, b'{"choices": [{"message": {"content": "' + b"[" * 99_999 + b'"}}]}', b"[]"]
)
def test_an_answer_that_is_none_of_a_model_is_no_vote(tmp_path: Path, model: Model, raw: bytes) -> None:
    model.raw = raw
    project = asking(tmp_path, requests=8)
    labelled(project)
    assert report(project)["rows"]["labelled"] == 0
    assert {one["label"] for one in kept(project)} == {None}


def test_what_an_endpoint_says_moves_no_cursor(tmp_path: Path, model: Model) -> None:
    model.status, model.after, model.raw = 401, 0, b"\x1b]0;title\x07\x1b[2Jgone"
    done = assemble.run(asking(tmp_path), "label")
    assert (done.returncode, "it answers 401: <U+001B>]0;title<U+0007>" in done.stderr) == (1, True), done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_an_answer_byte_by_byte_and_one_that_is_cut_off_end_in_time(
    pipeline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time; the whole does not."""
    answers = import_module("pipeline.labelling.answers")
    monkeypatch.setattr(answers, "SECONDS", 0.5)
    monkeypatch.setattr(answers, "PAUSE", 0.0)
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(500 if self.path.startswith("/refuses") else 200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            if self.path.startswith("/cut"):
                self.wfile.write(b"{")
                return
            for _ in range(1000):
                self.wfile.write(b" ")
                if stopped.wait(0.1):
                    return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for path, words in (("slow", "no whole answer"), ("cut", "IncompleteRead"), ("refuses", "it answers 500")):
            began = time.monotonic()
            with pytest.raises(answers.Failure, match=words):
                answers.ask(f"http://127.0.0.1:{server.server_port}/{path}", b"{}", ["a"])
            assert time.monotonic() - began < 10
        stopped.set()
        server.shutdown()


def test_without_an_address_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    done = assemble.run(asking(tmp_path), "label")
    assert done.returncode == 1
    assert "TS854 rows are to be labelled by an endpoint, and no address is named" in done.stderr


def test_only_what_others_doubt_is_asked(tmp_path: Path, model: Model) -> None:
    project = asking(tmp_path)
    values = assemble.read(project / "params.yaml")
    values["data"]["label"] |= {"by": ["endpoint", "prototypes"], "confidence": 0.9}
    assemble.write(project, values)
    found = labelled(project)
    assert 0 < len({row["row"] for row in kept(project)}) < 54
    assert {source for _, source, _ in found.values()} >= {"person", "prototypes"}
