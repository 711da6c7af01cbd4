"""One line under `objectives` to a typed objective."""

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, Protocol, cast

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.record import record
from trainerspec.ir.spec import Objective
from trainerspec.language.expression.parsing import parse_objective
from trainerspec.language.expression.tree import Aim, Bound, Compare, Expression, Name, Place, Quantity, at, names
from trainerspec.language.expression.types import check
from trainerspec.language.expression.units import Dimension
from trainerspec.language.expression.writing import of_class, to_text
from trainerspec.language.suggest import closest, suggest

Op = Literal["<", "<=", ">", ">=", "=="]
_FLIPPED: dict[str, Op] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
DEVICES = ("cpu", "gpu")
"""Devices that every machine may have; other names (`t4`, `a100`) mean a machine of that name."""


class Measure(Protocol):
    """What has to be known of a metric to check an objective on it."""

    @property
    def unit(self) -> Dimension: ...
    @property
    def better(self) -> Literal["higher", "lower"]: ...
    @property
    def device(self) -> bool: ...
    @property
    def also(self) -> tuple[str, ...]: ...


@record(frozen=True, kw_only=True)
class Known:
    """The metrics that objectives may name."""

    metrics: Mapping[str, Measure]
    per_class: Mapping[str, Measure] = field(default_factory=dict)
    """Metrics of one class: `recall` of `recall.fraud`."""
    labels: tuple[str, ...] | None = None
    """The classes, when they are known."""
    task: str = ""
    """Only named in messages."""

    def find(self, name: str) -> "Found | None":
        """Return the metric of a name: one of all classes, or of one class whose label follows the metric's name."""
        own = (
            name
            if name in self.metrics
            else next((one for one, known in self.metrics.items() if name in known.also), "")
        )
        if own:
            return Found(measure=self.metrics[own], metric=own)
        for family, measure in self.per_class.items():
            label = name.removeprefix(f"{family}.")
            if label not in ("", name) and (self.labels is None or label in self.labels):
                return Found(measure=measure, metric=of_class(family, label), family=family, label=label)
        return None

    def unknown(self, name: str) -> tuple[str, str]:
        """Say what is wrong with a name that is none of a metric, and what may be meant."""
        family, _, label = name.partition(".")
        if label and family in self.per_class and self.labels:
            near = closest(label, self.labels) or self.labels[0]
            told = ", ".join(f"`{one}`" for one in self.labels[:12])
            return (
                f"`{family}` has no class `{label}`",
                f"did you mean `{of_class(family, near)}`? the classes are {told}",
            )
        of = f" for `{self.task}`" if self.task else ""
        if name in self.per_class:
            example = of_class(name, self.labels[0]) if self.labels else f"{name}.<class>"
            hint = f"of one class it is `{example}`" + (f"; {near}" if (near := suggest(name, self.metrics)) else "")
            return f"`{name}`{of} is a metric of one class", hint
        return f"unknown metric `{name}`{of}", suggest(name, self.metrics)


@record(frozen=True, kw_only=True)
class Found:
    """A metric that an objective names."""

    measure: Measure
    metric: str
    """Its canonical name."""
    family: str = ""
    label: str = ""


def objective(
    text: str,
    metrics: Mapping[str, Measure],
    *,
    task: str = "",
    per_class: Mapping[str, Measure] | None = None,
    labels: tuple[str, ...] | None = None,
) -> Outcome[Objective]:
    """Compile one objective; spans of diagnostics count columns from the start of the text.

    `per_class` are metrics of one class (`recall.fraud`) and `labels` the classes, when they are known. `task` is only
    named in messages. Bounds are converted to base units, `20 ms >= latency.p95` is turned round.
    """
    known = Known(metrics=metrics, per_class=per_class or {}, labels=labels, task=task)
    read = parse_objective(text)
    if read.value is None:
        return Outcome(diagnostics=read.diagnostics)
    return _aim(read.value, known) if isinstance(read.value, Aim) else _bound(read.value, known)


def _error(place: Place, code: str, message: str, hint: str = "", *, warning: bool = False) -> Diagnostic:
    severity: Literal["error", "warning"] = "warning" if warning else "error"
    return Diagnostic(code=code, message=message, hint=hint, span=at(place.start, place.end), severity=severity)


def _unknown(name: Name, known: Known) -> list[Diagnostic]:
    return [] if known.find(name.name) else [_error(name.place, "TS204", *known.unknown(name.name))]


def _device(node: Aim | Bound, found: Found | None) -> list[Diagnostic]:
    if node.device is None or node.device_place is None:
        return []
    if found is not None and not found.measure.device:
        message = f"`{found.metric}` does not depend on the machine"
        return [_error(node.device_place, "TS312", message, f"drop `on {node.device}`")]
    near = closest(node.device, DEVICES)
    if near is not None and near != node.device:
        return [_error(node.device_place, "TS312", f"unknown device `{node.device}`", f"did you mean `{near}`?")]
    return []


def _aim(aim: Aim, known: Known) -> Outcome[Objective]:
    found = known.find(aim.metric.name)
    problems = _unknown(aim.metric, known) + _device(aim, found)
    if found is not None:
        right = "maximize" if found.measure.better == "higher" else "minimize"
        if aim.sense != right:
            place = Place(start=0, end=len(aim.sense))
            message = f"`{found.metric}` is better when {found.measure.better}"
            problems.append(_error(place, "TS310", message, f"did you mean `{right} {found.metric}`?"))
    if found is None or problems:
        return Outcome(diagnostics=tuple(problems))
    text = f"{aim.sense} {found.metric}" + (f" on {aim.device}" if aim.device else "")
    value = Objective(
        text=text, sense=aim.sense, metric=found.metric, family=found.family, label=found.label, device=aim.device
    )
    return Outcome(value=value)


def _shape(condition: Expression) -> Diagnostic | None:
    whole = condition.place
    if not isinstance(condition, Compare):
        hint = "write one comparison a line, such as `accuracy >= 95%`, or `maximize macro_f1`"
        return _error(whole, "TS305", "an objective compares one metric with one bound", hint)
    if len(condition.operators) > 1:
        return _error(whole, "TS305", "an objective has one bound", "write two lines, one for each bound")
    operator = condition.operators[0]
    if operator not in _FLIPPED:
        return _error(whole, "TS305", f"`{operator}` makes no objective", "use one of <, <=, >, >=, ==")
    kinds = [type(operand) for operand in condition.operands]
    if kinds not in ([Name, Quantity], [Quantity, Name]):
        hint = "put the metric on one side and a number on the other: `accuracy >= 95%`"
        return _error(whole, "TS305", "an objective compares one metric with one bound", hint)
    return None


def _bound(node: Bound, known: Known) -> Outcome[Objective]:
    shape = _shape(node.condition)
    if shape is not None:
        unknown = [d for name in names(node.condition) for d in _unknown(name, known)]
        return Outcome(diagnostics=(shape, *unknown))
    assert isinstance(node.condition, Compare)
    left, right = node.condition.operands
    op = cast(Op, node.condition.operators[0])
    if isinstance(left, Quantity):
        left, right, op = right, left, _FLIPPED[op]
    assert isinstance(left, Name)
    assert isinstance(right, Quantity)
    found = known.find(left.name)
    problems = _unknown(left, known) + _device(node, found)
    if found is not None:
        problems += check(node.condition, {left.name: found.measure.unit})
        problems += [] if problems else _possible(found.metric, found.measure, op, right)
    if found is None or any(d.severity == "error" for d in problems):
        return Outcome(diagnostics=tuple(problems))
    text = f"{found.metric} {op} {to_text(right)}" + (f" on {node.device}" if node.device else "")
    value = Objective(
        text=text,
        sense="constrain",
        metric=found.metric,
        family=found.family,
        label=found.label,
        op=op,
        bound=float(right.value),
        device=node.device,
    )
    return Outcome(value=value, diagnostics=tuple(problems))


def _possible(name: str, metric: Measure, op: Op, bound: Quantity) -> list[Diagnostic]:
    value = float(bound.value)
    if not math.isfinite(value):
        return [_error(bound.place, "TS308", "no finite number is this large", "write the bound that is meant")]
    top = 1.0 if metric.unit == "ratio" else float("inf")
    bottom = 0.0 if metric.unit != "number" else float("-inf")
    percent = to_text(bound)
    if value > top or (value == top and op == ">"):
        hint = f"did you mean `{percent}%`?" if not bound.unit and value <= 100 else "a ratio is at most 100%"
        return [
            _error(
                bound.place,
                "TS308",
                f"`{name}` cannot be {'above' if value == top else ''} {percent}".replace("  ", " "),
                hint,
            )
        ]
    if value < bottom or (value == bottom and op == "<"):
        below = "below " if value == bottom else ""
        return [_error(bound.place, "TS308", f"`{name}` cannot be {below}{percent}", "use a bound above 0")]
    if (op in ("<", "<=") and metric.better == "higher") or (op in (">", ">=") and metric.better == "lower"):
        hint = f"did you mean `{name} {_FLIPPED[op]} {percent}`?"
        message = f"`{name}` is better when {metric.better}, and this bound forbids good values"
        return [_error(bound.place, "TS311", message, hint, warning=True)]
    return []
