"""Specs and data for the tests of observe, decide and pin, made by hand: no other pass is needed."""

from collections.abc import Mapping
from pathlib import Path

from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.ir.document import Document
from trainerspec.ir.facts import Contract, Fact, Observed, Profile
from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.ir.spec import AUTO, Auto, DataSource, Objective, Spec, Split
from trainerspec.language import expression


def text_task() -> Task:
    return tasks()["text-classification"]


def spec(*objectives: str, slots: Mapping[str, Json] | None = None, path: str = "data", task: str = "") -> Spec:
    """Make a spec as `validate` would."""
    chosen = tasks()[task or "text-classification"]
    open_slots: dict[str, Json | Auto] = dict.fromkeys(chosen.slots, AUTO)
    return Spec(
        document=Document(source=Source(name="trainer.yaml", text=""), data={}, keys={}, values={}),
        name="news",
        version="0.1.0",
        request="",
        questions=(),
        task=chosen.name,
        inputs={"text": "text"},
        outputs={"label": "label"},
        labels=None,
        options={},
        source=DataSource(kind="path", value=path, options={}),
        clean=("drop_missing", "drop_duplicates"),
        split=Split(by="stratified", train=0.8, validation=0.1, test=0.1, seed=7),
        objectives=tuple(objective(text, chosen) for text in objectives),
        slots={**open_slots, **(slots or {})},
    )


def objective(text: str, task: Task) -> Objective:
    value = expression.objective(text, task.metrics).value
    assert value is not None
    return value


def observed(*objectives: str, slots: Mapping[str, Json] | None = None, **facts: Json) -> Observed:
    """Observe news-like data; a fact is overridden as `text_chars_p99=...`."""
    found: dict[str, Json] = {
        "layout": "folders",
        "rows": 2225,
        "kept": 2126,
        "text.chars.p50": 1974,
        "text.chars.p90": 3600,
        "text.chars.p99": 6600,
        "text.ascii": 0.999,
        "labels.count": 5,
        "labels.min": 386,
        "labels.imbalance": 1.32,
        "machine.bf16": True,
    }
    found |= {name.replace("_", "."): value for name, value in facts.items()}
    profile = Profile(
        layout=str(found["layout"]),
        facts={name: Fact(value=value, n=2225, exact=True) for name, value in found.items()},
        labels=("business", "entertainment", "politics", "sport", "tech"),
        fingerprint="sha256:0",
        contract=Contract(hard={}, soft={}),
    )
    return Observed(spec=spec(*objectives, slots=slots), profile=profile)


def folders(root: Path, counts: Mapping[str, int]) -> Path:
    """Write `counts` different texts a class into class folders."""
    for label, count in counts.items():
        (root / label).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (root / label / f"{i:04}.txt").write_text(f"This is the text number {i} about {label}. " * (i % 5 + 1))
    return root
