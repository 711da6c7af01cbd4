"""revise: what is proposed after which results, and what is left alone."""

from dataclasses import replace

import pytest

from tests.revising.case import LEARNED, SPEC, anything, failed, made
from trainerspec.catalog.load import tasks
from trainerspec.procedures.sops import sops
from trainerspec.revising.revise import apply, diff, revise
from trainerspec.revising.revision import Case


def test_training_that_was_not_finished_gets_more_epochs():
    found = revise(made(measured={"accuracy": 0.8}), anything)
    assert found.slots == {"model.train.epochs": 20}
    assert "underfitting" in found.changes[0].because
    assert found.changes[0].sop.startswith("model/revise#")
    assert [one.objective.metric for one in found.missed] == ["accuracy"]


def test_training_that_overfits_gets_dropout():
    names = {"curve.epochs": 6, "curve.best_at": 2, "curve.best_share": 0.33}
    case = made(measured={"accuracy": 0.8}, names=names, values={"model.train.strategy": "fine-tune"})
    assert revise(case, anything).slots["model.train.dropout"] == 0.5


def test_settings_that_taught_nothing_go_back_to_the_sops():
    text = SPEC + "model: {train: {learning_rate: 1.0e-06}}\n"
    names = {"curve.loss.last": 1.39}
    case = made(text, measured={"accuracy": 0.3}, names=names, values={"model.train.learning_rate": 1e-6})
    found = revise(case, anything)
    assert found.slots == {"model.train.learning_rate": "auto"}
    assert found.changes[0].overrides


def test_a_rare_class_counts_more():
    text = SPEC.replace("accuracy >= 90%", "min_f1 >= 80%")
    names = {"facts.labels.imbalance": 9, "curve.best_at": 3, "curve.best_share": 0.6, "min_f1": 0.4}
    case = made(text, measured={"min_f1": 0.4}, names=names)
    case = replace(case, evidence=replace(case.evidence, quality=frozenset({"min_f1"})))
    assert revise(case, anything).slots == {"model.train.class_weights": "balanced"}


def test_a_little_too_slow_is_quantised_and_much_too_slow_is_another_base():
    assert revise(made(measured={"latency.p95": 0.018}), anything).slots == {"serve.precision": "int8"}
    found = revise(made(measured={"latency.p95": 0.1}), anything)
    assert found.slots["model.base"] == "scratch-cnn"


def test_too_big_is_quantised():
    text = SPEC.replace("accuracy >= 90%", "model.size <= 30 MB")
    assert revise(made(text), anything).slots == {"serve.precision": "int8"}


def test_the_format_that_shipped_counts_not_the_preferred_one():
    text = SPEC.replace("accuracy >= 90%", "model.size <= 30 MB")
    lost = {"measured.parity.lost": ["int8"]}
    assert revise(made(text, names=lost), anything).slots == {"serve.precision": "fp16"}
    shipped = {"measured.parity.precision": "int8"}
    assert "serve.precision" not in revise(made(measured={"latency.p95": 0.018}, names=shipped), anything).slots
    loses = {"measured.parity.drop": 0.01, "measured.parity.precision": "int8"}
    quick = SPEC.replace(", latency.p95 <= 10 ms on cpu", "")
    case = made(quick, measured={"accuracy": 0.8}, names=loses, values={"serve.precision": "int8"})
    assert revise(case, anything).slots == {"serve.precision": "fp32"}
    unlike = made(
        quick,
        measured={"accuracy": 0.8},
        names={**loses, "measured.parity.precision": "fp32"},
        values={"serve.precision": "int8"},
    )
    assert "serve.precision" not in revise(unlike, anything).slots


def test_a_metric_of_another_device_is_left_to_the_gate():
    text = SPEC.replace("on cpu", "on gpu")
    assert made(text, measured={"latency.p95": 5.0}).evidence.missed(made(text).spec.objectives) == ()


@pytest.mark.parametrize(
    ("kind", "code", "slots"),
    [
        ("oom", "TS834", {"model.train.batch_size": 16}),
        ("killed", "TS806", {"model.train.batch_size": 16}),
        ("diverged", "TS832", {"model.train.learning_rate": 0.0001}),
        ("", "TS835", {"serve.precision": "fp32"}),
        ("", "TS831", {"compute.train": "cpu"}),
    ],
)
def test_each_failure_has_its_remedy(kind, code, slots):
    values = {"TS835": {"serve.precision": "int8"}, "TS831": {"compute.train": "gpu"}}.get(code, {})
    assert revise(made(failure=failed(kind, code), values=values), anything).slots == slots


@pytest.mark.parametrize(
    ("strategy", "parts", "stage", "slots"),
    [
        ("fine-tune", 1, "train", {"model.train.accumulate": 2}),
        ("from-scratch", 8, "train", {"model.train.accumulate": 16}),
        ("fine-tune", 32, "train", {"model.train.batch_size": 16}),
        ("fine-tune", 1, "evaluate", {"model.train.batch_size": 16}),
        ("frozen-features", 1, "train", {"model.train.batch_size": 16}),
    ],
)
def test_a_batch_that_does_not_fit_goes_through_in_parts(strategy, parts, stage, slots):
    values = {"model.train.strategy": strategy, "model.train.accumulate": parts}
    broken = replace(failed("oom"), stage=stage)
    found = revise(made(failure=broken, values=values, names={"failure.stage": stage}), anything)
    assert found.slots == slots


def test_what_a_person_wrote_stands_where_the_step_may_not_change_it():
    text = SPEC + "model: {base: minilm-l6}\n"
    found = revise(made(text, measured={"latency.p95": 0.1}, values={"serve.precision": "int8"}), anything)
    assert found.changes == ()
    assert "`model.base: scratch-cnn` might help, but trainer.yaml states it" in found.blocked


def test_two_missed_objectives_are_mended_together():
    found = revise(made(measured={"accuracy": 0.8, "latency.p95": 0.018}), anything)
    assert found.slots == {"model.train.epochs": 20, "serve.precision": "int8"}


def test_what_was_tried_is_not_proposed_again_and_what_made_it_worse_is_taken_back():
    first = made(measured={"accuracy": 0.8})
    proposed = revise(first, anything).slots
    before = replace(first.now, proposed=proposed)
    text = apply(SPEC, proposed)
    second = made(text, measured={"accuracy": 0.7}, values={"model.train.epochs": 20}, history=[before])
    found = revise(second, anything)
    assert found.changes
    assert {**second.now.slots, **found.slots} not in (first.now.slots, second.now.slots)
    assert found.slots["model.train.epochs"] != 20
    assert "accuracy" in text


def test_what_cannot_be_built_is_not_proposed():
    found = revise(
        made(measured={"accuracy": 0.8}), lambda slots: ("TS502 no",) if "model.train.epochs" in slots else ()
    )
    assert "model.train.epochs" not in found.slots


def test_no_rule_left_says_what_a_person_could_do():
    found = revise(
        made(measured={"accuracy": 0.8}, names={"facts.labels.min": 12, "facts.kept": 60}), lambda _: ("TS501 no",)
    )
    assert found.changes == ()
    assert found.missed[0].gap == pytest.approx(0.1 / 0.9)
    assert any("smallest class has 12" in one for one in found.advice)


def test_the_patch_keeps_comments_and_objectives():
    text = apply(SPEC, {"model.train.epochs": 20, "serve.precision": "int8"})
    assert "name: notes  # ours" in text
    assert text.startswith(SPEC)
    assert diff(SPEC, text).splitlines()[:2] == ["--- a/trainer.yaml", "+++ b/trainer.yaml"]


def test_every_proposal_names_slots_of_some_task():
    slots = {slot for task in tasks().values() for slot in task.slots}
    for task in tasks().values():
        for one in sops().proposals(task):
            assert set(one.propose) <= slots, one.id


TABLE = """\
trainerspec: 1
name: churn
task: {type: tabular-classification, outputs: {label: churned}}
data: {source: {path: churn.csv}}
objectives: [maximize auroc, auroc >= 90%, latency.p95 <= 10 ms on cpu]
"""
TREES = {
    "model.base": "boosted-trees",
    "model.train.strategy": "boosted-trees",
    "model.train.members": 4,
    "model.train.leaves": 16,
    "model.train.least_rows": 20,
}


def tabular(**parts) -> Case:
    """Return a case of a table whose ranking misses its bound."""
    case = made(TABLE, values=TREES, **parts)
    return replace(case, evidence=replace(case.evidence, quality=frozenset({"auroc"})))


@pytest.mark.parametrize(
    ("parts", "slots"),
    [
        (
            {"measured": {"auroc": 0.8}, "names": {"curve.best_at": 3, "curve.epochs": 30, "curve.best_share": 0.1}},
            {"model.train.leaves": 8, "model.train.least_rows": 40},
        ),
        (
            {"measured": {"auroc": 0.8}, "names": {"curve.best_at": 2, "curve.epochs": 3, "curve.best_share": 0.7}},
            {"model.train.members": 8},
        ),
        ({"measured": {"auroc": 0.95, "latency.p95": 0.03}}, {"model.train.members": 1}),
    ],
)
def test_a_table_has_remedies_of_its_own(parts, slots):
    assert revise(tabular(**parts), anything).slots == slots


def test_other_trees_than_these_are_tried_when_nothing_else_is_left():
    names = {"curve.best_at": 2, "curve.epochs": 3, "curve.best_share": 0.7}
    case = tabular(measured={"auroc": 0.8}, names=names)
    found = revise(replace(case, values={**case.values, "model.train.members": 8}), anything)
    assert found.slots == {"model.base": "table-network"}


def test_a_rule_of_the_organisation_is_named_as_the_obstacle():
    why = "TS504 `model.train.epochs: 20` breaks `value <= 5` of acme/short#1"
    found = revise(made(measured={"accuracy": 0.8}), lambda slots: (why,))
    assert not found.changes
    assert f"`model.train.epochs: 20` might help, but {why}" in found.blocked


def test_a_latency_miss_tries_threads_before_it_reads_less():
    lost = {"measured.parity.lost": ["int8"], "facts.text.chars.p50": 900, "facts.text.chars.p99": 900}
    measured = {"latency.p95": 0.018, "latency.p50": 0.017}
    assert "data.max_length" in revise(made(measured=measured, names=lost), anything).slots
    cores = {**lost, "machine.cores": 2}
    assert revise(made(measured=measured, names=cores), anything).slots == {"compute.threads": 2}
    stated = made(SPEC + "compute: {threads: 1}\n", measured=measured, names=cores)
    assert "compute.threads" not in revise(stated, anything).slots, "a person's choice stands"


def nothing(*, measured=None, names=None):
    """Return what is advised when no change can be built."""
    case = made(measured={"accuracy": 0.8, **(measured or {})}, names=names)
    return " ".join(revise(case, lambda slots: ("TS501 no",)).advice)


def test_obstacles_are_named():
    learnt = {"curve.loss.first": 1.4, "curve.loss.last": 0.05, "curve.best_share": 0.2, "curve.best_at": 1}
    assert "some labels may be wrong" in nothing(names=learnt)
    assert "some labels" not in nothing()
    assert "validation rows tell little" in nothing(names={"validation.rows": 6})
    assert "the simple model `tfidf` reached 0.94" in nothing(measured={"baseline.tfidf.accuracy": 0.94})
    assert "simple model" not in nothing(measured={"baseline.tfidf.accuracy": 0.7})


def test_a_simple_model_that_is_better_becomes_the_base():
    found = revise(made(measured={"accuracy": 0.8, "baseline.tfidf.accuracy": 0.94}), anything)
    assert found.slots["model.base"] == "tfidf-linear"
    worse = revise(made(measured={"accuracy": 0.8, "baseline.tfidf.accuracy": 0.7}, names=LEARNED), anything)
    assert "model.base" not in worse.slots


def test_a_class_that_is_never_answered_rightly_counts_more_whatever_is_missed():
    names = {"classes.worst": "rare", "classes.worst.f1": 0, "facts.labels.min": 30, "curve.best_at": 3}
    case = made(measured={"accuracy": 0.8}, names={**names, "curve.best_share": 0.6})
    assert revise(case, anything).slots == {"model.train.class_weights": "balanced"}


@pytest.mark.parametrize(("latency", "size"), [(0.011, 196), (0.022, 135)])
def test_pictures_shrink_in_proportion_to_the_miss(latency, size):
    text = SPEC.replace("text-classification", "image-classification").replace("{text: text}", "{image: image}")
    values = {"model.base": "efficientnet-lite0", "data.image_size": 224, "compute.threads": 1}
    names = {"measured.parity.lost": ["int8"]}
    found = revise(made(text, values=values, measured={"latency.p95": latency}, names=names), anything)
    assert found.slots == {"data.image_size": size}
    assert (size / 224) ** 2 <= 0.01 / latency, "time grows with the pixels"
