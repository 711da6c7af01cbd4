"""What the Server agent decides follows from one estimate, whose latency grows with the operations of the graph."""

from dataclasses import replace

import pytest

from tests.passes.data import observed, text_task
from trainerspec.catalog.model import Card
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Decided, Decision
from trainerspec.ir.json import Json
from trainerspec.passes.decide import decide
from trainerspec.passes.pin import pin
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.sops import sops

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE: dict[str, Json] = {"pretrained": True, "layers": 24, "width": 1024, "inner": 4096, "parameters": 335_000_000}


def decided(*objectives: str, **slots: Json) -> dict[str, Decision]:
    given = {path.replace("__", "."): value for path, value in slots.items()}
    outcome = decide(observed("maximize macro_f1", *objectives, slots=given), text_task(), sops(), Rules())
    assert outcome.value is not None, outcome.diagnostics
    return dict(outcome.value.decisions)


@pytest.mark.parametrize(
    ("objectives", "length", "precision", "batch"),
    [
        ((), 128, "fp32", 32),
        ((), 512, "fp32", 8),
        (("latency.p95 <= 200 ms",), 128, "fp32", 32),
        (("latency.p95 <= 15 ms",), 256, "int8", 32),
    ],
)
def test_the_largest_batch_takes_a_core_a_second_whatever_one_input_may_take(
    objectives: tuple[str, ...], length: int, precision: str, batch: int
) -> None:
    found = decided(*objectives, model__base="minilm-l6", data__max_length=length)
    assert (found["serve.precision"].value, found["serve.max_batch_size"].value) == (precision, batch)


def test_the_reason_and_what_was_read_are_recorded() -> None:
    found = decided("latency.p95 <= 15 ms", model__base="minilm-l6", data__max_length=128)
    batch = found["serve.max_batch_size"]
    assert batch.because.startswith("32 inputs take a core about 328 ms, within 1,000 ms")
    assert batch.facts["estimate.latency"] == pytest.approx(0.01025)
    assert found["serve.memory"].facts["estimate.size"] == pytest.approx(90852864 * 0.27, rel=1e-5)


def test_pods_follow_the_throughput_of_the_decided_length_and_number_format() -> None:
    wanted = "throughput >= 150/s"
    pods = [
        decided(wanted, model__base="minilm-l6", data__max_length=128, serve__precision=precision)["serve.replicas"]
        for precision in ("fp32", "int8")
    ]
    assert [one.value for one in pods] == [5, 3]
    assert "about 97.6 inputs a second" in pods[1].because


class Hub:
    """A hub that tells of one large encoder."""

    def card(self, name: str, revision: str) -> Outcome[Card]:
        card = Card(id=f"hub:{name}@{COMMIT}", title=name, sources=(), licence="MIT", facts=LARGE, files={})
        return Outcome(value=replace(card, facts={**LARGE, "size": 4 * 335_000_000}))


def test_a_base_from_the_hub_is_sized_once_its_layers_are_known() -> None:
    given: dict[str, Json] = {"model.base": "hub:org/large", "data.max_length": 128, "serve.replicas": 3}
    seen = observed("maximize macro_f1", "model.size <= 500 MB", slots=given)
    outcome = decide(seen, text_task(), sops(), Rules())
    assert isinstance(outcome.value, Decided), outcome.diagnostics
    assert outcome.value.decisions["serve.memory"].value == 1024, "nothing is known of it yet"
    pinned = pin(outcome.value, text_task(), sops(), Rules(), Hub()).value
    assert pinned is not None
    assert pinned.values["serve.precision"] == "int8", "1.34 GB as fp32 are more than 500 MB"
    assert pinned.values["serve.memory"] == 2048
    assert pinned.values["serve.max_batch_size"] == 4
    assert pinned.values["serve.replicas"] == 3, "what a person wrote stays"
    operations = pinned.decided.decisions["serve.max_batch_size"].facts["estimate.latency"]
    assert operations == pytest.approx(79e9 / 30e9 / 2, rel=0.02), (
        "24 layers of width 1024 take 79 G operations, as int8 in half of the time"
    )
