"""Look for the SOP steps that mend one round: which apply, what they propose, and whether that may be taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath
from trainerspec.language import formula
from trainerspec.language.expression import UNKNOWN
from trainerspec.language.validity import sound
from trainerspec.procedures.procedure import Proposal, Rule
from trainerspec.procedures.reason import render
from trainerspec.revising.evidence import Missed
from trainerspec.revising.history import Round
from trainerspec.revising.revision import OPEN, Case, Change, Faults, Revision

RULES = ("TS502", "TS504")
"""What it is called when a procedure forbids a value."""


class Search:
    """Looks for changes that start from one round."""

    def __init__(self, *, case: Case, start: Round, tried: Sequence[Mapping[SlotPath, Json]], faults: Faults) -> None:
        self.case, self.start, self.tried, self.faults = case, start, tried, faults
        self.slots = {slot: start.slots.get(slot, value) for slot, value in case.now.slots.items()}
        self.changes: dict[SlotPath, Change] = {}
        self.blocked: list[str] = []
        self.advice: list[str] = []

    def revision(self) -> Revision:
        """Return the changes, or why there are none."""
        back = [slot for slot, value in self.case.now.slots.items() if self.slots[slot] != value]
        if all(self.case.ours(slot) for slot in back):
            for events, names in self.matters():
                self.mend(events, names)
        changes = [*(self.taken_back(slot) for slot in back if slot not in self.changes), *self.changes.values()]
        return Revision(
            changes=tuple(changes) if self.changes else (),
            missed=self.case.missed(self.case.now),
            blocked=tuple(self.blocked),
            advice=tuple(self.advice),
        )

    def taken_back(self, slot: SlotPath) -> Change:
        old = self.case.values[slot]
        because = "it made things worse: back to the best round so far"
        return Change(slot=slot, old=old, new=self.slots[slot], because=because, sop="", overrides=False)

    def matters(self) -> Iterator[tuple[Callable[[str], bool], dict[str, Json]]]:
        """Return what is to be mended: which events it is, and the names that hold for it."""
        names = {**self.case.names, **self.start.names}
        failed = self.start.failed
        if failed:
            yield (lambda event: event in failed), names
        for one in () if failed else self.case.missed(self.start):
            metric = one.objective.metric
            told: dict[str, Json] = {"missed.metric": metric, "missed.value": one.value}
            told["missed.family"] = one.objective.family or metric
            told |= better_baseline(one, self.case)
            events = partial(concerns, metric, metric in self.start.quality)
            yield events, {**names, **told, "missed.bound": one.objective.bound}

    def mend(self, events: Callable[[str], bool], names: Mapping[str, Json]) -> None:
        """Take the first step that applies, may be taken, is new and can be built."""
        for step in self.case.sops.proposals(self.case.task):
            if not any(map(events, step.on)):
                continue
            env = _with_lets(step, names)
            if step.when is not None and formula.settle(step.when, env) is not True:
                continue
            if step.advise:
                self.advice.append(render(step.advise, env))
                continue
            new = {slot: value for slot, value in self.proposed(step, env) if value != self.slots[slot]}
            if new and not new.keys() & self.changes.keys() and self.allowed(step, new):
                slots = {**self.slots, **new}
                patch = {slot: value for slot, value in slots.items() if value != self.case.now.slots[slot]}
                if slots in self.tried:
                    continue
                why = self.faults(patch)
                if why:
                    told = ", ".join(f"`{slot}: {_word(value)}`" for slot, value in new.items())
                    self.blocked += [f"{told} might help, but {one}" for one in why if one.startswith(RULES)][:1]
                else:
                    self.slots = slots
                    self.changes |= {slot: self.change(slot, value, step, env) for slot, value in new.items()}
                    return

    def allowed(self, step: Proposal, new: Mapping[SlotPath, Json]) -> bool:
        """Tell whether a step may change these slots: what a person wrote stands unless the step says otherwise."""
        stated = [slot for slot in new if self.case.stated(slot)]
        if stated and not step.override:
            told = ", ".join(f"`{slot}: {_word(new[slot])}`" for slot in stated)
            self.blocked.append(f"{told} might help, but trainer.yaml states it")
        return not stated or step.override

    def change(self, slot: SlotPath, value: Json, step: Proposal, env: Mapping[str, Json]) -> Change:
        old = self.start.names.get(slot, self.case.values[slot])
        because = render(step.because, env)
        return Change(slot=slot, old=old, new=value, because=because, sop=step.id, overrides=self.case.stated(slot))

    def proposed(self, step: Proposal, env: Mapping[str, Json]) -> list[tuple[SlotPath, Json]]:
        """Work out a step's values; nothing when one of them does not fit its slot or changes nothing."""
        found: list[tuple[SlotPath, Json]] = []
        for slot, rule in step.propose.items():
            if slot not in self.case.task.slots:
                if rule.choose == OPEN:
                    continue
                return []
            value = self.worked_out(slot, rule, env)
            schema = self.case.task.slots[slot].schema
            if value is None or (value != OPEN and not sound(value, schema)):
                return []
            if value != env.get(slot):
                found.append((slot, value))
        return found

    def worked_out(self, slot: SlotPath, rule: Rule, env: Mapping[str, Json]) -> Json:
        if rule.rank is not None:
            return self.ranked(rule.rank[0], rule.rank[1].removeprefix("card."), env)
        if rule.compute is None:
            return rule.choose
        value = formula.evaluate(rule.compute, env)
        return None if value is UNKNOWN else fitted(value, self.case.task.slots[slot].schema)

    def ranked(self, sense: str, fact: str, env: Mapping[str, Json]) -> Json:
        """Return the card that is best in a fact, among those whose licence is allowed; None unless it is better."""
        judge, use = self.case.sops.licences.judge, self.case.spec.use
        sign = 1 if sense == "highest" else -1
        known = {
            card.id: sign * float(value)
            for card in self.case.task.cards.values()
            if judge(card.licence, use) == "allowed" and isinstance(value := card.facts.get(fact), int | float)
        }
        best = max(known, key=lambda one: known[one], default=None)
        have = env.get(f"card.{fact}")
        if best is None or (isinstance(have, int | float) and known[best] <= sign * have):
            return None
        return best


def better_baseline(one: Missed, case: Case) -> dict[str, Json]:
    """Name the simple model that scores better than ours on the same rows, and its score; nothing where none does."""
    metric = one.objective.metric
    sign = -1 if case.task.metric(one.objective).better == "lower" else 1
    scores = {name: found[metric] for name, found in case.evidence.baselines().items() if metric in found}
    name = max(scores, key=lambda each: sign * scores[each], default="")
    ours = case.evidence.measured.get(metric)
    if not name or ours is None or sign * scores[name] <= sign * ours:
        return {}
    return {"missed.baseline": name, "missed.baseline.value": scores[name]}


def concerns(metric: str, quality: bool, event: str) -> bool:
    """Tell whether a missed metric is what a step is for.

    >>> concerns("latency.p95", False, "objective.latency"), concerns("accuracy", True, "objective.quality")
    (True, True)
    """
    return f"objective.{metric}.".startswith(f"{event}.") or (quality and event == "objective.quality")


def fitted(value: Json, schema: JsonObject) -> Json:
    """Bring a number that was worked out into its slot's range, whole where the slot is whole.

    >>> fitted(7.5, {"type": "integer"}), fitted(900, {"type": "integer", "maximum": 640, "multipleOf": 32})
    (7, 640)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    for key, limit in (("minimum", max), ("maximum", min)):
        bound = schema.get(key)
        value = limit(value, bound) if isinstance(bound, int | float) else value
    if schema.get("type") != "integer":
        return float(f"{value:.3g}")
    step = schema.get("multipleOf", 1)
    assert isinstance(step, int)
    return int(value // step) * step


def _with_lets(step: Proposal, names: Mapping[str, Json]) -> dict[str, Json]:
    found = dict(names)
    for name, one in step.let.items():
        value = formula.evaluate(one, found)
        if value is not UNKNOWN:
            found[name] = value
    return found


def _word(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
