"""Estimates before training are within a factor of two of what the examples' runs measured (metrics/*.json)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from trainerspec.backends.estimate import SPREAD, about
from trainerspec.backends.run_estimate import about_run, training
from trainerspec.catalog.load import tasks
from trainerspec.catalog.operations import CLASSES
from trainerspec.ir.json import Json

METRICS = Path(__file__).parents[2] / "metrics"
RECORDS = {path.stem: json.loads(path.read_text()) for path in sorted(METRICS.glob("*.json"))}
DECIDED = "decided."
RUNS = [name for name, record in RECORDS.items() if f"{DECIDED}model.base" in record]
EARLIER: dict[str, tuple[str, str, dict[str, Json]]] = {
    "news": (
        "text-classification",
        "minilm-l6",
        {
            "model.train.strategy": "fine-tune",
            "model.train.epochs": 2,
            "data.max_length": 128,
            "facts.kept": 2124,
            "facts.text.chars.p99": 5854,
        },
    ),
    "cats-and-dogs": (
        "image-classification",
        "scratch-resnet",
        {
            "model.train.strategy": "from-scratch",
            "model.train.epochs": 50,
            "data.image_size": 28,
            "data.augment": ["flip", "affine", "colour"],
            "facts.kept": 2079,
        },
    ),
}
"""Earlier runs that recorded the time of training, not what was decided: what is decided now."""
CORES = 2
"""Of the machine of the earlier runs: beside a higher load a time tells little."""


def values(record: Mapping[str, Json]) -> dict[str, Json]:
    """Return the slots, facts and classes of a recorded run, as estimates read them."""
    found: dict[str, Json] = {CLASSES: record["classes"]}
    for name, value in record.items():
        if name.startswith(DECIDED):
            listed = isinstance(value, str) and value.startswith(("[", "{"))
            found[name.removeprefix(DECIDED)] = json.loads(str(value)) if listed else value
        elif name.startswith("facts."):
            found[name] = value
    return found


def compared(record: Mapping[str, Json]) -> Iterator[tuple[str, float, float]]:
    """Return the name, the estimate and the measured value of all that was estimated."""
    slots = values(record)
    card = tasks()[str(record["task"])].cards[str(slots["model.base"])]
    served = about(card.id, card.facts, slots)
    assert served is not None
    run = about_run(card.facts, slots, served.latency)
    measured = {name: float(str(record[name])) for name in record if isinstance(record[name], int | float)}
    yield "training", run.training, measured["train.time"]
    yield "all stages", run.total, measured["seconds.total"] - measured["seconds.build"]
    yield "memory of the run", run.memory, measured["memory.run"]
    yield "disk", run.disk, measured["disk"]
    yield "operations", served.operations, measured["operations"]
    yield "size", served.size, measured["model.size"]
    yield "latency", served.latency, measured["latency.p95"]
    yield "memory of serving", served.memory, measured["memory.peak"]
    yield "largest batch", served.batches[-1].throughput, measured["throughput"]


@pytest.mark.parametrize("name", RUNS)
def test_every_estimate_of_a_measured_run_is_within_its_range(name: str) -> None:
    wrong = {
        what: f"estimated {estimate:.4g}, measured {measured:.4g}"
        for what, estimate, measured in compared(RECORDS[name])
        if not estimate / SPREAD <= measured <= estimate * SPREAD
    }
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(EARLIER))
def test_the_time_of_training_of_earlier_runs_is_within_its_range(name: str) -> None:
    task, base, slots = EARLIER[name]
    estimate = training(tasks()[task].cards[base].facts, slots)
    assert estimate / SPREAD <= RECORDS[name]["train.time"] <= estimate * SPREAD


def test_no_recorded_time_of_training_is_left_out() -> None:
    timed = {name: record for name, record in RECORDS.items() if "train.time" in record}
    earlier = {name for name in timed if name not in RUNS and timed[name].get("measured.load", 0) <= CORES}
    assert set(RUNS) <= set(timed)
    assert earlier == set(EARLIER)
