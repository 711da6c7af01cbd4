"""One line under `objectives` to a typed objective."""

from collections.abc import Mapping
from typing import Literal, Protocol, cast

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.ir.spec import Objective
from trainerspec.language.expression.parser import at, parse_objective
from trainerspec.language.expression.tree import Aim, Bound, Compare, Expression, Name, Place, Quantity, names
from trainerspec.language.expression.types import check
from trainerspec.language.expression.units import Dimension
from trainerspec.language.expression.writing import to_text
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


def objective(text: str, metrics: Mapping[str, Measure], *, task: str = "") -> Outcome[Objective]:
    """Compile one objective; spans of diagnostics count columns from the start of the text.

    `task` is only named in messages. Bounds are converted to base units, `20 ms >= latency.p95` is turned round.
    """
    read = parse_objective(text)
    if read.value is None:
        return Outcome(diagnostics=read.diagnostics)
    if isinstance(read.value, Aim):
        return _aim(read.value, metrics, task)
    return _bound(read.value, metrics, task)


def _error(place: Place, code: str, message: str, hint: str = "", *, warning: bool = False) -> Diagnostic:
    severity: Literal["error", "warning"] = "warning" if warning else "error"
    return Diagnostic(code=code, message=message, hint=hint, span=at(place.start, place.end), severity=severity)


def _unknown(name: Name, metrics: Mapping[str, Measure], task: str) -> list[Diagnostic]:
    if name.name in metrics:
        return []
    of = f" for `{task}`" if task else ""
    return [_error(name.place, "TS204", f"unknown metric `{name.name}`{of}", suggest(name.name, metrics))]


def _device(node: Aim | Bound, metric: str, metrics: Mapping[str, Measure]) -> list[Diagnostic]:
    if node.device is None or node.device_place is None:
        return []
    if metric in metrics and not metrics[metric].device:
        message = f"`{metric}` does not depend on the machine"
        return [_error(node.device_place, "TS312", message, f"drop `on {node.device}`")]
    near = closest(node.device, DEVICES)
    if near is not None and near != node.device:
        return [_error(node.device_place, "TS312", f"unknown device `{node.device}`", f"did you mean `{near}`?")]
    return []


def _aim(aim: Aim, metrics: Mapping[str, Measure], task: str) -> Outcome[Objective]:
    name = aim.metric.name
    found = _unknown(aim.metric, metrics, task) + _device(aim, name, metrics)
    if name in metrics:
        right = "maximize" if metrics[name].better == "higher" else "minimize"
        if aim.sense != right:
            place = Place(start=0, end=len(aim.sense))
            message = f"`{name}` is better when {metrics[name].better}"
            found.append(_error(place, "TS310", message, f"did you mean `{right} {name}`?"))
    if found:
        return Outcome(diagnostics=tuple(found))
    text = f"{aim.sense} {to_text(aim.metric)}" + (f" on {aim.device}" if aim.device else "")
    return Outcome(value=Objective(text=text, sense=aim.sense, metric=name, device=aim.device))


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


def _bound(node: Bound, metrics: Mapping[str, Measure], task: str) -> Outcome[Objective]:
    shape = _shape(node.condition)
    if shape is not None:
        unknown = [d for name in names(node.condition) for d in _unknown(name, metrics, task)]
        return Outcome(diagnostics=(shape, *unknown))
    assert isinstance(node.condition, Compare)
    left, right = node.condition.operands
    op = cast(Op, node.condition.operators[0])
    if isinstance(left, Quantity):
        left, right, op = right, left, _FLIPPED[op]
    assert isinstance(left, Name)
    assert isinstance(right, Quantity)
    found = _unknown(left, metrics, task) + _device(node, left.name, metrics)
    if left.name in metrics:
        metric = metrics[left.name]
        found += check(node.condition, {left.name: metric.unit})
        if not found:
            found += _possible(left.name, metric, op, right)
    text = f"{to_text(left)} {op} {to_text(right)}" + (f" on {node.device}" if node.device else "")
    value = None
    if not any(d.severity == "error" for d in found):
        value = Objective(
            text=text, sense="constrain", metric=left.name, op=op, bound=float(right.value), device=node.device
        )
    return Outcome(value=value, diagnostics=tuple(found))


def _possible(name: str, metric: Measure, op: Op, bound: Quantity) -> list[Diagnostic]:
    value = float(bound.value)
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
