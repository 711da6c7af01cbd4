"""decide: every slot is filled, with its author, reason, facts and candidates; what a person wrote is checked."""

import textwrap
from pathlib import Path

import pytest

from tests.passes.data import observed, text_task
from trainerspec.diagnostics.model import Outcome, Stopped
from trainerspec.ir.decision import Decided
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.passes.decide import decide
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.sops import Sops, sops

TWEETS: dict[str, Json] = {
    "rows": 38158,
    "kept": 37800,
    "text_chars_p50": 90,
    "text_chars_p90": 138,
    "text_chars_p99": 148,
}


def run(seen: Observed, all_sops: Sops | None = None) -> Outcome[Decided]:
    return decide(seen, text_task(), all_sops or sops(), Rules())


def values(seen: Observed) -> dict[str, Json]:
    decided = run(seen).value
    assert decided is not None
    return {slot: one.value for slot, one in decided.decisions.items()}


def test_every_slot_is_filled_and_says_why() -> None:
    decided = run(observed("maximize macro_f1")).value
    assert decided is not None
    assert decided.decisions.keys() == text_task().slots.keys()
    for one in decided.decisions.values():
        assert one.author == "rules"
        assert one.sop.partition("#")[0] in sops().by_id
        assert one.because
        assert "{" not in one.because
        assert "unknown" not in one.because


@pytest.mark.parametrize(
    ("objectives", "facts", "wanted"),
    [
        (
            ["maximize macro_f1"],
            {},
            {"model.base": "minilm-l6", "model.train.strategy": "fine-tune", "data.max_length": 128},
        ),
        (["train.time <= 20 min"], {}, {"model.train.strategy": "fine-tune", "data.max_length": 256}),
        (["maximize macro_f1"], TWEETS, {"model.train.strategy": "frozen-features", "data.max_length": 64}),
        (
            ["maximize macro_f1"],
            {"kept": 120},
            {"model.train.strategy": "frozen-features", "model.train.batch_size": 32},
        ),
        (["latency.p95 <= 20 ms on cpu"], {}, {"model.base": "minilm-l6", "serve.precision": "int8"}),
        (["latency.p95 <= 20 ms on cpu"], {}, {"serve.alternatives": ["fp16", "fp32"]}),
        (["latency.p95 <= 200 ms on cpu"], {}, {"serve.precision": "fp32", "serve.alternatives": []}),
        (["latency.p95 <= 40 ms on cpu"], {}, {"serve.precision": "fp32", "serve.alternatives": ["int8"]}),
        (["model.size <= 100 MB"], {}, {"serve.precision": "fp32", "serve.alternatives": ["fp16"]}),
        (
            ["latency.p95 <= 2 ms on cpu"],
            {},
            {"model.base": "tfidf-linear", "model.train.strategy": "linear", "data.max_length": 2048},
        ),
        (["latency.p95 <= 2 ms on gpu"], {}, {"serve.engine": "tensorrt", "serve.precision": "fp16"}),
        (["latency.p95 <= 2 ms on nvidia-t4"], {}, {"serve.engine": "tensorrt", "serve.precision": "fp16"}),
        (["latency.p95 <= 2 ms on nvidia-t4"], {}, {"serve.alternatives": ["fp32"]}),
        (["maximize macro_f1"], {}, {"serve.memory": 1024, "serve.replicas": 1}),
        (["throughput >= 120 /s on cpu"], {}, {"model.base": "minilm-l6", "serve.replicas": 4}),
        (["model.size <= 30 MB"], {}, {"model.base": "minilm-l6", "serve.precision": "int8"}),
        (["model.size <= 10 MB"], {}, {"model.base": "tfidf-linear", "serve.precision": "fp32"}),
        (["train.time <= 10 s"], {}, {"model.base": "tfidf-linear"}),
        (["minimize model.size"], {}, {"model.base": "tfidf-linear"}),
        (["maximize macro_f1"], {"text_ascii": 0.4}, {"model.base": "tfidf-linear"}),
        (["maximize macro_f1"], {"labels_imbalance": 4.0}, {"model.train.class_weights": "balanced"}),
        (["maximize accuracy"], {"labels_imbalance": 4.0}, {"model.train.class_weights": "none"}),
        (["maximize macro_f1"], {"machine_bf16": False}, {"model.train.precision": "fp32"}),
    ],
)
def test_the_rules_follow_facts_and_objectives(
    objectives: list[str], facts: dict[str, Json], wanted: dict[str, Json]
) -> None:
    found = values(observed(*objectives, **facts))
    assert {slot: found[slot] for slot in wanted} == wanted


def test_a_dropped_candidate_says_why() -> None:
    decided = run(observed("latency.p95 <= 2 ms on cpu")).value
    assert decided is not None
    base = decided.decisions["model.base"]
    kept = [("minilm-l6", False), ("scratch-cnn", True), ("tfidf-linear", True)]
    assert [(one.value, one.kept) for one in base.candidates] == kept
    assert "more than 2 ms" in base.candidates[0].because
    assert base.facts["goal" if "goal" in base.facts else "card.quality"] is not None


def test_a_reason_and_its_facts_carry_the_values() -> None:
    decided = run(observed("maximize macro_f1", **TWEETS)).value
    assert decided is not None
    one = decided.decisions["data.max_length"]
    assert one.because.startswith("99% of the texts have at most 148 characters")
    assert one.facts["facts.text.chars.p99"] == 148


def test_when_nothing_fits_all_reasons_are_told() -> None:
    problems = run(observed("model.size <= 1 MB")).diagnostics
    assert [one.code for one in problems] == ["TS502"]
    assert "`minilm-l6`: it has" in problems[0].message
    assert "`scratch-cnn`: it has" in problems[0].message
    assert "`tfidf-linear`: it has 1.5 MB, more than 1 MB, and int8 makes it no smaller" in problems[0].message


@pytest.mark.parametrize(
    ("slots", "codes", "words"),
    [
        ({"model.base": "minilm"}, ["TS503"], "minilm"),
        ({"model.train.strategy": "from-scratch"}, ["TS504"], "from-scratch"),
    ],
)
def test_what_a_person_wrote_is_checked(slots: dict[str, Json], codes: list[str], words: str) -> None:
    problems = run(observed("maximize macro_f1", slots=slots)).diagnostics
    assert [one.code for one in problems] == codes
    assert words in problems[0].message


def test_what_a_person_wrote_stands_with_a_warning() -> None:
    outcome = run(observed("latency.p95 <= 2 ms on cpu", slots={"model.base": "minilm-l6"}))
    assert outcome.value is not None
    assert [(one.code, one.severity) for one in outcome.diagnostics] == [("TS505", "warning")]
    base = outcome.value.decisions["model.base"]
    assert (base.value, base.author, base.sop) == ("minilm-l6", "spec", "")


def test_all_values_may_be_written() -> None:
    given = values(observed("maximize macro_f1"))
    decided = run(observed("maximize macro_f1", slots=given)).value
    assert decided is not None
    assert {one.author for one in decided.decisions.values()} == {"spec"}
    assert {slot: one.value for slot, one in decided.decisions.items()} == given


def test_a_must_that_fails_gives_way_to_the_next_rule(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        sop: ours/mine
        agent: data
        steps:
          - decide: data.max_length
            needs: [card]
            ask: How many?
            rules:
              - {choose: 512, because: all of it}
              - {choose: 100, because: "fits {card.id}"}
            must: value <= 200
        """,
    )
    decided = run(observed("maximize macro_f1"), sops(tmp_path)).value
    assert decided is not None
    one = decided.decisions["data.max_length"]
    assert (one.value, one.because, one.sop) == (100, "fits minilm-l6", "ours/mine#1")
    assert [(c.value, c.kept) for c in one.candidates] == [(512, False)]
    assert "`value <= 200` does not hold" in one.candidates[0].because


def test_an_sop_that_compares_unlike_things_is_told(tmp_path: Path) -> None:
    rule = "{when: facts.layout > 3, choose: none, because: a}"
    write(
        tmp_path,
        f"{{sop: ours/a, agent: data, steps: [{{decide: data.augment, needs: [facts], ask: a, rules: [{rule}]}}]}}",
    )
    with pytest.raises(Stopped) as stopped:
        run(observed("maximize macro_f1"), sops(tmp_path))
    assert [one.code for one in stopped.value.diagnostics] == ["TS551"]
    assert "`facts.layout > 3`" in stopped.value.diagnostics[0].message


def write(folder: Path, text: str) -> None:
    (folder / "mine.yaml").write_text(textwrap.dedent(text))
