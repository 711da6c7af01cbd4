"""What an expression is made of. Places are character offsets into the expression's text."""

from collections.abc import Iterator
from dataclasses import field
from typing import Literal, TypeAlias

from trainerspec.ir.record import record
from trainerspec.ir.source import Span

Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not in"]


@record(frozen=True, kw_only=True)
class Place:
    start: int
    end: int


NOWHERE = Place(start=0, end=0)


def at(start: int, end: int) -> Span:
    """Return the span of characters start to end of an expression that stands alone on line 1."""
    return Span(file="", line=1, column=start + 1, end_line=1, end_column=max(end, start + 1) + 1)


@record(frozen=True, kw_only=True)
class Name:
    name: str
    """Dotted (`facts.rows`), or any text when it was written in backticks."""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Quantity:
    value: float | int
    """In the base unit: ratio, seconds, bytes, 1/s, or a plain number."""
    number: str
    """The digits as written: `95`."""
    unit: str
    """Canonical spelling (`ms`); empty for a plain number."""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Constant:
    value: str | bool
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Listing:
    items: tuple["Expression", ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Call:
    function: str
    arguments: tuple["Expression", ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Compare:
    operands: tuple["Expression", ...]
    """One more than operators: `a < b <= c` has three."""
    operators: tuple[Operator, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Not:
    operand: "Expression"
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class All:
    operands: tuple["Expression", ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@record(frozen=True, kw_only=True)
class Any:
    operands: tuple["Expression", ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


Expression: TypeAlias = Name | Quantity | Constant | Listing | Call | Compare | Not | All | Any


@record(frozen=True, kw_only=True)
class Aim:
    """`maximize macro_f1`."""

    sense: Literal["maximize", "minimize"]
    metric: Name
    device: str | None
    device_place: Place | None = None


@record(frozen=True, kw_only=True)
class Bound:
    """A condition on one line under `objectives`: `latency.p95 <= 20 ms on cpu`."""

    condition: Expression
    device: str | None
    device_place: Place | None = None


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions right below a node."""
    match node:
        case Listing(items=items):
            return items
        case Call(arguments=arguments):
            return arguments
        case Compare(operands=operands) | All(operands=operands) | Any(operands=operands):
            return operands
        case Not(operand=operand):
            return (operand,)
        case _:
            return ()


def names(node: Expression) -> Iterator[Name]:
    """Return every name in reading order, repeated ones too."""
    if isinstance(node, Name):
        yield node
    for child in children(node):
        yield from names(child)
