"""pin: revisions, licences, and every `must` again with the facts of the base."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.passes.data import observed, text_task
from trainerspec.backends.estimate import RATE, estimate
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Pinned
from trainerspec.ir.json import Json
from trainerspec.passes.decide import decide
from trainerspec.passes.pin import pin
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.sops import sops
from trainerspec.workspace.hub import HuggingFace

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OFFLINE = HuggingFace(offline=True)


@pytest.fixture
def hub() -> Iterator[HuggingFace]:
    """Be a hub of `org/tiny` (MIT, 64 positions), `org/closed` (gpl-3.0), a pipeline and a DistilBERT."""
    licences = {"org/tiny": "mit", "org/closed": "gpl-3.0", "org/painter": "mit", "org/distilled": "mit"}
    distilled = {"max_position_embeddings": 64, "dim": 32, "hidden_dim": 64, "n_layers": 2, "vocab_size": 99}
    parts = {"unet": {"sample_size": 64}, "vae": {"block_out_channels": [128, 256, 512, 512]}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = "/".join(self.path.removeprefix("/api/models").split("/")[1:3])
            answer: Json = None
            if name in licences and self.path.startswith("/api/models/"):
                answer = {"sha": COMMIT, "cardData": {"license": licences[name]}, "safetensors": {"total": 1000}}
                if name == "org/painter":
                    answer["siblings"] = [{"rfilename": "model_index.json"}]
            elif name == "org/painter":
                answer = parts.get(self.path.split("/")[-2])
            elif name == "org/distilled":
                answer = distilled
            elif name in licences:
                answer = {"max_position_embeddings": 64, "hidden_size": 32}
            self.send_response(404 if answer is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield HuggingFace(endpoint=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def run(hub: HuggingFace, **slots: Json) -> Outcome[Pinned]:
    given = {path.replace("__", "."): value for path, value in slots.items()}
    decided = decide(observed("maximize macro_f1", slots=given), text_task(), sops(), Rules())
    assert decided.value is not None, decided.diagnostics
    return pin(decided.value, text_task(), sops(), Rules(), hub)


def test_a_catalog_base_brings_its_revisions() -> None:
    pinned = run(OFFLINE).value
    assert pinned is not None
    assert pinned.base.id == "minilm-l6"
    assert {one.kind for one in pinned.base.sources} == {"package", "hub"}
    assert all(one.revision for one in pinned.base.sources)
    assert pinned.values.keys() == text_task().slots.keys()
    assert list(pinned.values) == list(text_task().slots)
    assert pinned.labels == ("business", "entertainment", "politics", "sport", "tech")


def test_a_hub_base_gets_its_commit_and_reopens_what_does_not_fit(hub: HuggingFace) -> None:
    pinned = run(hub, model__base="hub:org/tiny").value
    assert pinned is not None
    assert pinned.base.sources[0].revision == COMMIT
    assert pinned.base.licence == "MIT"
    assert pinned.base.card["max_positions"] == 64
    reopened = pinned.decided.decisions["data.max_length"]
    assert (pinned.values["data.max_length"], reopened.value, reopened.author) == (64, 64, "rules")
    assert "reads no more than 64 tokens" in reopened.because


def test_what_a_person_wrote_is_checked_against_the_hubs_facts(hub: HuggingFace) -> None:
    problems = run(hub, model__base="hub:org/tiny", data__max_length=128).diagnostics
    assert [one.code for one in problems] == ["TS504"]
    assert "`card.max_positions` is 64" in problems[0].message


def test_a_pipeline_of_several_models_says_how_large_its_pictures_are(hub: HuggingFace) -> None:
    card = hub.card("org/painter", "").value
    assert card is not None
    assert card.facts == {"pretrained": True, "picture": 512}


def test_what_a_base_costs_follows_from_its_layers(hub: HuggingFace) -> None:
    pinned = run(hub, model__base="hub:org/distilled").value
    assert pinned is not None
    found = estimate(pinned)
    assert found is not None
    token, pair = 2 * (8 * 32**2 + 4 * 32 * 64), 2 * 4 * 32
    assert found.operations == 64 * token + 64**2 * pair
    assert found.latency == found.operations / RATE
    assert pinned.decided.decisions["serve.max_batch_size"].facts["estimate.latency"] > 0


def test_a_licence_outside_the_policy_is_an_error(hub: HuggingFace) -> None:
    problems = run(hub, model__base="hub:org/closed").diagnostics
    assert "TS507" in [one.code for one in problems]


def test_a_name_that_the_hub_does_not_know(hub: HuggingFace) -> None:
    assert [one.code for one in run(hub, model__base="hub:org/nothing").diagnostics] == ["TS506"]


def test_without_network_a_commit_is_asked_for() -> None:
    problems = run(OFFLINE, model__base="hub:org/tiny").diagnostics
    assert [one.code for one in problems] == ["TS506"]
    assert "hub:org/tiny@" in problems[0].hint


def test_without_network_a_commit_is_taken_with_a_warning() -> None:
    outcome = run(OFFLINE, model__base=f"hub:org/tiny@{COMMIT}")
    assert outcome.value is not None
    assert [(one.code, one.severity) for one in outcome.diagnostics] == [("TS508", "warning")]
    assert outcome.value.base.sources[0].revision == COMMIT
