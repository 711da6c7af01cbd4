"""What expressions may name: the spec's, the facts', the objectives' and the base model's values, flat."""

from collections.abc import Iterable, Mapping

from trainerspec.backends import estimate
from trainerspec.catalog.licences import Licences
from trainerspec.catalog.model import Card, Task
from trainerspec.catalog.operations import TERMS, total
from trainerspec.ir.decision import Base
from trainerspec.ir.facts import Observed
from trainerspec.ir.json import Json
from trainerspec.ir.spec import Objective, Spec

SIZES = "size.terms"
UNTOLD = "by its card, which does not tell on how much data"
"""Of a quality whose card does not say where it comes from."""


def visible_names(observed: Observed, task: Task) -> dict[str, Json]:
    """Return every name that is known before the first slot is filled."""
    found: dict[str, Json] = {"task.type": task.name, **objectives(observed.spec.objectives)}
    for option, value in observed.spec.options.items():
        parts = value.items() if isinstance(value, Mapping) else [("", value)]
        found.update({f"task.options.{option}.{part}".rstrip("."): one for part, one in parts})
    found.update({f"facts.{name}": fact.value for name, fact in observed.profile.facts.items()})
    labels = observed.spec.labels or observed.profile.labels
    if labels is not None:
        found["task.labels.count"] = len(labels)
    return found


def objectives(wanted: Iterable[Objective]) -> dict[str, Json]:
    """Return the bounds, in base units; of several on one metric, or on one of several classes, the first counts.

    `goal` is the metric to optimise.
    """
    found: dict[str, Json] = {}
    for one in wanted:
        if one.sense != "constrain":
            found["goal"] = one.family or one.metric
        elif one.bound is not None:
            found.setdefault(f"objective.{one.family or one.metric}", one.bound)
        if one.device is not None:
            found.setdefault(f"objective.{one.family or one.metric}.device", one.device)
    return found


def policy(licences: Licences, task: Task, spec: Spec) -> dict[str, Json]:
    """Return the stated use, the licences that are allowed for it, and those of cards that do not permit it."""
    cards = {card.licence for card in task.cards.values()}
    verdicts = {licence: licences.judge(licence, spec.use) for licence in cards}
    allowed = [
        licence for licence in sorted(cards) if verdicts[licence] == "allowed" and licence not in licences.allowed
    ]
    limited: list[Json] = [licence for licence in sorted(cards) if verdicts[licence] in ("forbidden", "unclear")]
    return {
        "policy.licences": [*licences.allowed, *allowed],
        "policy.limited": limited,
        **({"use": spec.use} if spec.use else {}),
    }


def card_facts(card: Card | Base) -> dict[str, Json]:
    """Return a card's names: `card.id`, `card.licence` and its facts; operations are read as `estimate.operations`."""
    facts = card.facts if isinstance(card, Card) else card.card
    told = {f"card.{name}": value for name, value in facts.items() if name not in TERMS}
    return {"card.id": card.id, "card.licence": card.licence, "card.quality.of": UNTOLD, **told}


def judged(card: Card, env: Mapping[str, Json], slack: float) -> dict[str, Json]:
    """Return a candidate's names as bounds judge it: its size by the data, and by which share an estimate may be less.

    `card.slack` is `slack`; `card.size.slack` is 1 where the size is no estimate but that of files.
    """
    told = card_facts(card) | {"card.slack": slack, "card.size.slack": slack if SIZES in card.facts else 1.0}
    size = total(card.facts, SIZES, env)
    return told | {"card.size": size} if size else told


def estimated(card: Card | None, env: Mapping[str, Json]) -> dict[str, Json]:
    """Return what serving will cost as `estimate.*`, by the slots in `env`; nothing when the base is not known yet."""
    return {} if card is None else estimate.names(estimate.about(card.id, card.facts, env))
