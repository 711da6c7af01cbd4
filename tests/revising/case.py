"""A case for revise: a spec, what was decided, and what was measured."""

from trainerspec.catalog.load import tasks
from trainerspec.diagnostics.model import Log
from trainerspec.ir.source import Source
from trainerspec.language.document import parse_document
from trainerspec.passes.validate import validate
from trainerspec.procedures.sops import sops
from trainerspec.procedures.visible_names import objectives
from trainerspec.revising.evidence import Evidence, Failure
from trainerspec.revising.revision import Case

SPEC = """\
trainerspec: 1
name: notes  # ours
task: {type: text-classification, inputs: {text: text}, outputs: {label: label}}
data: {source: {path: notes}}
objectives: [maximize macro_f1, accuracy >= 90%, latency.p95 <= 10 ms on cpu]
"""
VALUES = {
    "data.layout": "folders",
    "data.max_length": 128,
    "data.augment": "none",
    "model.base": "minilm-l6",
    "model.train.strategy": "frozen-features",
    "model.train.epochs": 5,
    "model.train.batch_size": 32,
    "model.train.learning_rate": 0.001,
    "model.train.weight_decay": 0.01,
    "model.train.warmup": 0.1,
    "model.train.patience": 6,
    "model.train.dropout": 0.3,
    "model.train.label_smoothing": 0.0,
    "model.train.class_weights": "none",
    "model.train.precision": "fp32",
    "model.train.seed": 7,
    "compute.train": "cpu",
    "compute.threads": 1,
    "serve.runtime": "triton",
    "serve.engine": "onnx",
    "serve.precision": "fp32",
    "serve.alternatives": [],
    "serve.max_batch_size": 32,
    "serve.instances": 1,
    "serve.memory": 1024,
    "serve.replicas": 1,
}
GOOD = {"accuracy": 0.95, "macro_f1": 0.95, "latency.p95": 0.004, "model.size": 9e7, "train.time": 30.0}
LEARNED = {
    "curve.loss.first": 1.4,
    "curve.loss.last": 0.2,
    "curve.epochs": 5,
    "curve.best_at": 5,
    "curve.best_share": 1.0,
}


def anything(slots) -> tuple[str, ...]:
    return ()


def made(text=SPEC, *, values=None, measured=None, names=None, failure=None, history=()) -> Case:
    """Return a case: a spec, what was decided, and what was measured."""
    source = Source(name="trainer.yaml", text=text)
    spec = Log(source).take(validate(Log(source).take(parse_document(source)), tasks()))
    task = tasks()[spec.task]
    card = task.cards[(values or {}).get("model.base", "minilm-l6")]
    facts = {f"card.{name}": value for name, value in card.facts.items()}
    found = {} if failure else {**GOOD, **(measured or {})}
    seen = {f"measured.{name}": value for name, value in found.items()}
    shipped = {
        "measured.parity.precision": (values or VALUES).get("serve.precision", "fp32"),
        "measured.parity.lost": [],
    }
    return Case(
        spec=spec,
        task=task,
        sops=sops(),
        values={**VALUES, **(values or {})},
        data="sha",
        names={"task.type": spec.task, "card.id": card.id, "facts.kept": 2000, **objectives(spec.objectives), **facts},
        evidence=Evidence(
            measured=found,
            quality=frozenset({"accuracy", "macro_f1"}) if found else frozenset(),
            device="cpu",
            names={**seen, **shipped, **LEARNED, **(names or {})},
            failure=failure,
            verdict="",
        ),
        history=tuple(history),
    )


def failed(kind: str, code: str = "TS834") -> Failure:
    return Failure(kind=kind, code=code, stage="train", message="it failed")
