"""Small sums for SOPs: the expression language has no arithmetic, so SOPs state it as data under `let`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from trainerspec.diagnostics.model import Diagnostic, Outcome, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.record import record
from trainerspec.language import expression
from trainerspec.language.expression import UNKNOWN, Expression, Unknown

Operation = Literal["sum", "product", "quotient", "smallest", "largest", "first", "ceiling", "floor"]
LARGEST = 1e30
"""Numbers beyond it are none that an SOP decides by."""
OPERATIONS: tuple[Operation, ...] = get_args(Operation)


@record(frozen=True, kw_only=True)
class Formula:
    """`{product: [facts.kept, 2]}`, or a bare expression when `operation` is empty."""

    operation: Operation | None = None
    parts: tuple["Formula", ...] = ()
    expression: Expression | None = None

    def names(self) -> Iterator[str]:
        """Return every name that the formula reads."""
        if self.expression is not None:
            yield from (one.name for one in expression.names(self.expression))
        for part in self.parts:
            yield from part.names()


def parse(data: Json) -> Outcome[Formula]:
    """Read a formula: a number, an expression's text, or a mapping of one operation to its parts.

    >>> parse({"product": ["facts.rows", 2]}).value.operation
    'product'
    """
    if isinstance(data, Mapping):
        (operation, items), *others = data.items()
        if others or operation not in OPERATIONS or not isinstance(items, list):
            message = f"a formula has one of {', '.join(f'`{one}`' for one in OPERATIONS)}, with a list"
            return Outcome(diagnostics=(Diagnostic(code="TS551", message=message),))
        parts = [parse(item) for item in items]
        problems = tuple(problem for part in parts for problem in part.diagnostics)
        if problems:
            return Outcome(diagnostics=problems)
        found = tuple(part.value for part in parts if part.value is not None)
        return Outcome(value=Formula(operation=operation, parts=found))
    outcome = condition(str(data), truth=False)
    return Outcome(
        value=None if outcome.value is None else Formula(expression=outcome.value), diagnostics=outcome.diagnostics
    )


def condition(text: str, *, truth: bool = True) -> Outcome[Expression]:
    """Read an expression over any names; an unknown function or impossible comparison is a diagnostic."""
    outcome = expression.parse(text)
    if outcome.value is None:
        return outcome

    problems = expression.check(outcome.value, {}, condition=truth)
    return Outcome(value=None if problems else outcome.value, diagnostics=problems)


def settle(condition: Expression, env: Mapping[str, Json]) -> Json | Unknown:
    """Evaluate an expression of an SOP.

    Raises Stopped with TS551 when it compares unlike things, which only shows with values.
    """
    try:
        return expression.evaluate(condition, env)
    except TypeError as error:
        message = f"in an SOP's `{expression.to_text(condition)}`: {error}"
        raise Stopped((Diagnostic(code="TS551", message=message, hint="correct the SOP"),)) from error


def evaluate(formula: Formula, env: Mapping[str, Json]) -> Json | Unknown:
    """Work a formula out; unknown when a part is, but for `first`, which takes the first known part.

    >>> evaluate(parse({"first": ["objective.train.time", 240]}).value, {})
    240
    >>> evaluate(parse({"product": ["facts.rows", 2]}).value, {"facts.rows": 4})
    8
    >>> evaluate(parse({"ceiling": [692, 256]}).value, {}), evaluate(parse({"floor": [1.9]}).value, {})
    (768, 1)
    """
    if formula.expression is not None:
        return settle(formula.expression, env)
    values = [evaluate(part, env) for part in formula.parts]
    if formula.operation == "first":
        return next((value for value in values if not isinstance(value, Unknown)), UNKNOWN)
    numbers = [value for value in values if isinstance(value, int | float)]
    if not numbers or len(numbers) < len(values):
        return UNKNOWN
    try:
        result = _work_out(formula.operation, numbers)
        if not math.isfinite(result):
            raise ValueError("the result is not a finite number")
    except (ArithmeticError, ValueError) as error:
        message = f"in an SOP's `{formula.operation}` of {', '.join(str(one)[:20] for one in numbers)}: {error}"
        raise Stopped((Diagnostic(code="TS551", message=message, hint="correct the SOP"),)) from error
    return result


def _work_out(operation: Operation | None, numbers: Sequence[float]) -> float:
    """Apply an operation to finite numbers. Raises ArithmeticError and ValueError where there is no result."""
    if not all(-LARGEST <= number <= LARGEST for number in numbers):
        raise ValueError("a number is infinite or too large")
    match operation:
        case "sum":
            return _short(sum(numbers))
        case "product":
            return _short(math.prod(numbers))
        case "quotient":
            return _short(numbers[0] / math.prod(numbers[1:]))
        case "ceiling" | "floor":
            whole = math.ceil if operation == "ceiling" else math.floor
            value, step = numbers[0], numbers[1] if len(numbers) > 1 else 1
            return whole(_short(value / step)) * step
        case "smallest":
            return min(numbers)
        case _:
            return max(numbers)


def _short(value: float) -> float:
    """Round to six digits: what is recorded shows no noise of binary fractions."""
    return value if isinstance(value, int) else float(f"{value:.6g}")
