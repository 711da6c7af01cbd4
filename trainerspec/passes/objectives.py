"""What the lines under `objectives` mean, alone and to each other."""

import itertools
from collections.abc import Container
from typing import cast

from trainerspec.catalog.model import Task
from trainerspec.ir.source import Pointer
from trainerspec.ir.spec import Objective
from trainerspec.language import expression
from trainerspec.passes.meaning import Reader


def objectives(
    reader: Reader, task: Task, labels: tuple[str, ...] | None, outputs: Container[str]
) -> tuple[Objective, ...]:
    """Compile the objectives; the task's default aim is added when the author states none.

    `outputs` are the output roles that the spec names: what needs another one cannot be measured.
    """
    lines: list[tuple[Objective, Pointer]] = []
    for index, text in enumerate(reader.texts("/objectives")):
        pointer = f"/objectives/{index}"
        if not reader.sound(pointer):
            continue
        outcome = expression.objective(text, task.metrics, task=task.name, per_class=task.per_class, labels=labels)
        reader.pass_on(outcome.diagnostics, pointer)
        if outcome.value is not None:
            lines.append((outcome.value, pointer))
            _measurable(reader, task, outcome.value, outputs, pointer)
    _one_aim(reader, lines)
    _agree(reader, lines)
    stated = [objective for objective, _ in lines]
    if not any(objective.sense != "constrain" for objective in stated):
        return (*_default_aim(task), *stated)
    return tuple(stated)


def _measurable(reader: Reader, task: Task, one: Objective, outputs: Container[str], pointer: Pointer) -> None:
    """Say that a metric is measured against an optional role that the spec does not name."""
    role = task.metric(one).needs
    if role and role not in outputs:
        message = f"`{one.metric}` is measured on known rows, and `task.outputs.{role}` names no column of them"
        free = ", ".join(f"`{name}`" for name, metric in task.metrics.items() if not metric.needs and not metric.device)
        reader.say("TS315", message, f"name the column, or bound what needs none: {free}", pointer)


def _default_aim(task: Task) -> list[Objective]:
    given = task.defaults.get("objectives")
    for text in given if isinstance(given, list) else ():
        value = expression.objective(str(text), task.metrics).value
        if value is not None and value.sense != "constrain":
            return [value]
    return []


def _one_aim(reader: Reader, lines: list[tuple[Objective, Pointer]]) -> None:
    aims = [(objective, pointer) for objective, pointer in lines if objective.sense != "constrain"]
    for objective, pointer in aims[1:]:
        message = f"`{objective.text}` is a second aim beside `{aims[0][0].text}`"
        hint = f"keep one, and state the other as a bound such as `{objective.metric} >= ...`"
        reader.say("TS313", message, hint, pointer)


def _agree(reader: Reader, lines: list[tuple[Objective, Pointer]]) -> None:
    bounds = [(objective, pointer) for objective, pointer in lines if objective.sense == "constrain"]
    for (first, place), (second, pointer) in itertools.combinations(bounds, 2):
        if first.metric != second.metric or (first.device and second.device and first.device != second.device):
            continue
        span = reader.document.place(place)
        line = f" (line {span.line})" if span else ""
        if not _compatible(first, second):
            message = f"`{second.text}` contradicts `{first.text}`{line}"
            reader.say("TS309", message, "no value meets both; change one", pointer)
        elif first.device == second.device and _covers(first, second):
            weaker, where = _weaker(first, second, place, pointer)
            message = f"`{weaker.text}` adds nothing to `{(second if weaker is first else first).text}`"
            reader.say("TS314", message, "remove it", where, warning=True)


def _interval(objective: Objective) -> tuple[float, bool, float, bool]:
    """Return the lowest and highest value allowed, each with whether it is allowed itself."""
    bound = cast(float, objective.bound)
    low, high = float("-inf"), float("inf")
    if objective.op == "==":
        return bound, True, bound, True
    if objective.op in (">", ">="):
        return bound, objective.op == ">=", high, True
    return low, True, bound, objective.op == "<="


def _compatible(first: Objective, second: Objective) -> bool:
    low_a, in_low_a, high_a, in_high_a = _interval(first)
    low_b, in_low_b, high_b, in_high_b = _interval(second)
    low, in_low = max((low_a, not in_low_a), (low_b, not in_low_b))
    high, in_high = min((high_a, in_high_a), (high_b, in_high_b))
    return low < high or (low == high and not in_low and in_high)


def _covers(first: Objective, second: Objective) -> bool:
    return (first.op or "")[:1] == (second.op or "")[:1]


def _weaker(first: Objective, second: Objective, place: Pointer, pointer: Pointer) -> tuple[Objective, Pointer]:
    low_a, in_low_a, high_a, in_high_a = _interval(first)
    low_b, in_low_b, high_b, in_high_b = _interval(second)
    weaker = (low_a, not in_low_a) < (low_b, not in_low_b) or (high_a, in_high_a) > (high_b, in_high_b)
    return (first, place) if weaker else (second, pointer)
