"""A text-classification project as the passes before `plan` would hand it over, made by hand."""

from dataclasses import replace

from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.ir.decision import Base, Candidate, Decided, Decision, Pinned
from trainerspec.ir.document import Document
from trainerspec.ir.facts import Contract, Fact, Observed, Profile
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.ir.project import Project
from trainerspec.ir.source import Source
from trainerspec.ir.spec import AUTO, DataSource, Filter, Objective, Spec, Split
from trainerspec.passes.emit import emit
from trainerspec.passes.plan import plan
from trainerspec.workspace.lock import Origins

LABELS = ("business", "no", "sport")
ORIGINS = Origins(
    version="0", compiler="c" * 64, grammar="g" * 64, templates={"_shared": "1" * 64}, sops={"trainerspec": "2" * 64}
)
VALUES: JsonObject = {
    "data.layout": "folders",
    "data.max_length": 128,
    "data.augment": "none",
    "data.reduce": "none",
    "model.base": "minilm-l6",
    "model.train.strategy": "fine-tune",
    "model.train.epochs": 2,
    "model.train.batch_size": 16,
    "model.train.accumulate": 1,
    "model.train.learning_rate": 0.00005,
    "model.train.weight_decay": 0.01,
    "model.train.warmup": 0.1,
    "model.train.patience": 2,
    "model.train.dropout": 0.1,
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
    "serve.examples": "typical",
    "serve.instances": 1,
    "serve.memory": 1024,
    "serve.replicas": 1,
}


def task() -> Task:
    return tasks()["text-classification"]


def spec() -> Spec:
    data: JsonObject = {"trainerspec": 1, "name": "news-desk", "task": {"type": "text-classification"}}
    document = Document(source=Source(name="trainer.yaml", text=""), data=data, keys={}, values={})
    return Spec(
        document=document,
        name="news-desk",
        version="0.1.0",
        request="Sort our news articles into three topics, 95% accurate,\nunder 20 ms on CPU\n",
        questions=(),
        task="text-classification",
        inputs={"text": "text"},
        outputs={"label": "topic"},
        labels=LABELS,
        options={},
        source=DataSource(kind="path", value="data/articles", options={}),
        clean=("drop_missing", "drop_duplicates", Filter(text="length(text) >= 20", sql="length(text) >= 20")),
        split=Split(by="stratified", train=0.8, validation=0.1, test=0.1, seed=7),
        objectives=(
            Objective(text="maximize macro_f1", sense="maximize", metric="macro_f1"),
            Objective(text="accuracy >= 95%", sense="constrain", metric="accuracy", op=">=", bound=0.95),
            Objective(
                text="latency.p95 <= 20 ms on cpu",
                sense="constrain",
                metric="latency.p95",
                op="<=",
                bound=0.02,
                device="cpu",
            ),
        ),
        slots=dict.fromkeys(task().slots, AUTO),
    )


def pinned(**changes: Json) -> Pinned:
    """Pin the handmade spec; `changes` are slots with `_` for `.` at the last place (`model.base` is `base`)."""
    values = dict(VALUES)
    for path in values:
        values[path] = changes.get(path.rpartition(".")[2], values[path])
    profile = Profile(
        layout="folders",
        facts={"rows": Fact(value=300, n=300, exact=True), "text.chars.p99": Fact(value=812.5, n=200, exact=False)},
        labels=LABELS,
        fingerprint="f" * 64,
        contract=Contract(hard={"columns": {"text": "text"}, "labels": list(LABELS)}, soft={"text.chars.p99": 812.5}),
    )
    decisions = {
        path: Decision(
            slot=path,
            value=value,
            author="spec" if path == "serve.engine" else "rules",
            sop="" if path == "serve.engine" else "model/base#1",
            because="written in trainer.yaml" if path == "serve.engine" else "99% of the texts | fit",
            facts={"facts.rows": 300},
            candidates=(
                Candidate(value="minilm-l6", kept=True, because="keeps every bound"),
                Candidate(value="scratch-cnn", kept=False, because="not good enough"),
            )
            if path == "model.base"
            else (),
        )
        for path, value in values.items()
    }
    card = task().cards[str(values["model.base"])]
    return Pinned(
        decided=Decided(observed=Observed(spec=spec(), profile=profile), decisions=decisions),
        labels=LABELS,
        base=Base(id=card.id, sources=card.sources, licence=card.licence, card=card.facts),
        values=values,
    )


def planned(custom: dict[str, bytes] | None = None, **changes: Json) -> Plan:
    outcome = plan(pinned(**changes), task(), custom or {})
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def project(custom: dict[str, bytes] | None = None, **changes: Json) -> Project:
    outcome = emit(planned(custom, **changes), task(), custom or {}, ORIGINS)
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def with_task(**changes: object) -> Task:
    return replace(task(), **changes)  # type: ignore[arg-type]
