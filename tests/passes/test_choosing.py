"""Choosing the base model: hard limits, licences and the stated use, each said of the candidate that it drops."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.passes.data import observed, text_task
from trainerspec.catalog.licences import Licences
from trainerspec.catalog.model import Card, Task
from trainerspec.diagnostics.model import Outcome
from trainerspec.ir.decision import Candidate, Decided, Pinned
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.passes.decide import decide
from trainerspec.passes.pin import pin
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.sops import sops
from trainerspec.workspace.hub import HuggingFace

SMALL: Mapping[str, Json] = {"quality": 0.9, "size": 9_000_000, "latency.cpu": 0.002, "max_positions": 512, "width": 8}
BEST: Mapping[str, Json] = {"quality": 0.99, "size": 900_000_000, "latency.cpu": 0.3, "max_positions": 512, "width": 8}


def task(**licences: str) -> Task:
    """Return the task with two cards: `small`, and `best`, which is large, slow and good."""
    facts = {"small": SMALL, "best": BEST}
    cards = {
        name: Card(id=name, title=name, sources=(), licence=licences.get(name, "MIT"), facts=facts[name], files={})
        for name in facts
    }
    return replace(text_task(), cards=cards)


def used(seen: Observed, use: str) -> Observed:
    return replace(seen, spec=replace(seen.spec, use=use))


def run(seen: Observed, chosen: Task) -> Outcome[Decided]:
    return decide(seen, chosen, sops(), Rules())


def candidates(outcome: Outcome[Decided]) -> dict[str, Candidate]:
    assert outcome.value is not None, outcome.diagnostics
    return {str(one.value): one for one in outcome.value.decisions["model.base"].candidates}


def pinned(seen: Observed, chosen: Task) -> Outcome[Pinned]:
    decided = run(seen, chosen)
    assert decided.value is not None, decided.diagnostics
    return pin(decided.value, chosen, sops(), Rules(), HuggingFace(offline=True))


def test_a_kept_candidate_says_how_it_compares() -> None:
    found = candidates(run(observed("maximize macro_f1"), task()))
    assert found["best"].because == "keeps every bound"
    assert found["small"].because == "keeps every bound, but its quality is 0.9, that of `best` 0.99"


@pytest.mark.parametrize(
    ("objective", "because"),
    [
        ("latency.p95 <= 20 ms on cpu", "a request takes at least 67.5 ms even as int8, more than 20 ms"),
        ("model.size <= 100 MB", "it has 243 MB even as int8, more than 100 MB"),
        ("memory.peak <= 300 MB", "serving takes at least 308 MB of memory, more than 300 MB"),
    ],
)
def test_what_breaks_a_hard_limit_is_dropped_with_its_reason(objective: str, because: str) -> None:
    chosen = task()
    metrics = {**chosen.metrics}
    assert {"latency.p95", "model.size", "memory.peak"} <= metrics.keys()
    found = candidates(run(observed("maximize macro_f1", objective), chosen))
    assert (found["best"].kept, found["best"].because) == (False, because)
    assert found["small"].kept


@pytest.mark.parametrize(
    ("use", "because"),
    [
        ("commercial", "its licence CC-BY-NC-4.0 forbids commercial use"),
        ("", "its licence CC-BY-NC-4.0 permits some uses only, and `use` does not say what the model is for"),
        ("research", "keeps every bound"),
    ],
)
def test_a_licence_for_some_uses(use: str, because: str) -> None:
    outcome = run(used(observed("maximize macro_f1"), use), task(best="CC-BY-NC-4.0"))
    assert candidates(outcome)["best"].because == because
    assert outcome.value is not None
    assert outcome.value.decisions["model.base"].value == ("best" if use == "research" else "small")


@pytest.mark.parametrize(
    ("licence", "use", "codes"),
    [
        ("CC-BY-NC-4.0", "commercial", ["TS507"]),
        ("cc-by-nc-sa-4.0", "", ["TS509"]),
        ("CC-BY-NC-4.0", "non-commercial", []),
        ("LicenseRef-research-only", "non-commercial", ["TS507"]),
        ("GPL-3.0-only", "research", ["TS507"]),
        ("MIT", "commercial", []),
    ],
)
def test_a_base_that_a_person_wrote_is_refused_where_its_licence_forbids_the_use(
    licence: str, use: str, codes: list[str]
) -> None:
    seen = used(observed("maximize macro_f1", slots={"model.base": "best"}), use)
    outcome = pinned(seen, task(best=licence))
    assert [one.code for one in outcome.diagnostics] == codes
    assert (outcome.value is None) == ("TS507" in codes), "a doubt is a warning, a forbidden use an error"


def test_a_bound_within_the_range_of_the_last_estimate_is_tried() -> None:
    slow = replace(task(), cards={"best": task().cards["best"]})
    found = candidates(run(observed("latency.p95 <= 40 ms on cpu"), slow))
    assert (found["best"].kept, found["best"].because[:20]) == (True, "may keep every bound")
    refused = run(observed("latency.p95 <= 30 ms on cpu"), slow)
    assert [one.code for one in refused.diagnostics] == ["TS502"]
    assert "a request takes at least 33.8 ms even as int8" in refused.diagnostics[0].message


def test_a_bound_on_size_is_judged_by_the_vocabulary_of_the_data() -> None:
    cards = {"scratch-cnn": text_task().cards["scratch-cnn"]}
    few: dict[str, Json] = {"kept": 120, "text_chars_p50": 59}
    found = candidates(run(observed("model.size <= 2 MB", **few), replace(text_task(), cards=cards)))
    assert found["scratch-cnn"].because == "keeps every bound"


def test_a_quality_says_on_how_much_data_it_was_measured() -> None:
    decided = run(observed("maximize macro_f1"), text_task()).value
    assert decided is not None
    assert "(0.977 on 2,124 news articles)" in decided.decisions["model.base"].because


def test_only_limited_licences_leave_nothing_to_choose() -> None:
    outcome = run(used(observed("maximize macro_f1"), "commercial"), task(small="CC-BY-NC-4.0", best="CC-BY-NC-4.0"))
    assert [one.code for one in outcome.diagnostics] == ["TS502"]
    assert "forbids commercial use" in outcome.diagnostics[0].message


def test_an_organisations_policy_replaces_the_one_that_ships() -> None:
    assert sops().licences.judge("CC-BY-NC-4.0", "research") == "allowed"
    assert Licences(allowed=("MIT",)).judge("CC-BY-NC-4.0", "research") == "unlisted"
