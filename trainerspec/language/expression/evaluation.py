"""Evaluate with three values: what is not known yet is unknown."""

from collections.abc import Mapping
from enum import Enum
from typing import cast

from trainerspec.ir.json import Json
from trainerspec.language.expression.functions import FUNCTIONS
from trainerspec.language.expression.tree import (
    All,
    Any,
    Call,
    Compare,
    Constant,
    Expression,
    Listing,
    Name,
    Not,
    Operator,
    Quantity,
)


class Unknown(Enum):
    """The value of what is not known yet. It has no truth value: compare with `is`."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


UNKNOWN = Unknown.UNKNOWN


def evaluate(expression: Expression, env: Mapping[str, Json]) -> Json | Unknown:
    """Return the value of an expression. A name that env lacks, or whose value is None, is unknown.

    `and`, `or` and `not` are Kleene's; a comparison with an unknown side is unknown, as in SQL.
    Raises TypeError when values of different kinds are ordered or joined (`"a" < 1`, `1 and true`).
    """
    match expression:
        case Name(name=name):
            value = env.get(name)
            return UNKNOWN if value is None else value
        case Quantity(value=value) | Constant(value=value):
            return value
        case Listing(items=items):
            values = [evaluate(item, env) for item in items]
            return UNKNOWN if UNKNOWN in values else cast(list[Json], values)
        case Call():
            return _call(expression, env)
        case Compare():
            return _compare(expression, env)
        case Not(operand=operand):
            truth = _truth(operand, env)
            return truth if isinstance(truth, Unknown) else not truth
        case All(operands=operands):
            return _join(operands, env, decisive=False)
        case Any(operands=operands):
            return _join(operands, env, decisive=True)


def _truth(expression: Expression, env: Mapping[str, Json]) -> bool | Unknown:
    value = evaluate(expression, env)
    if isinstance(value, bool | Unknown):
        return value
    raise TypeError(f"{value!r} is neither true nor false")


def _join(operands: tuple[Expression, ...], env: Mapping[str, Json], *, decisive: bool) -> bool | Unknown:
    result: bool | Unknown = not decisive
    for operand in operands:
        truth = _truth(operand, env)
        if truth is decisive:
            return decisive
        if isinstance(truth, Unknown):
            result = UNKNOWN
    return result


def _call(call: Call, env: Mapping[str, Json]) -> Json | Unknown:
    arguments = [evaluate(argument, env) for argument in call.arguments]
    if call.function == "known":
        return arguments[0] is not UNKNOWN
    if any(argument is UNKNOWN for argument in arguments):
        return UNKNOWN
    return cast(Json, FUNCTIONS[call.function].apply(*arguments))


def _compare(comparison: Compare, env: Mapping[str, Json]) -> bool | Unknown:
    result: bool | Unknown = True
    for index, operator in enumerate(comparison.operators):
        pair = _pair(comparison.operands[index], operator, comparison.operands[index + 1], env)
        if pair is False:
            return False
        if isinstance(pair, Unknown):
            result = UNKNOWN
    return result


def _pair(left: Expression, operator: Operator, right: Expression, env: Mapping[str, Json]) -> bool | Unknown:
    first = evaluate(left, env)
    if operator in ("in", "not in"):
        found = _member(first, right, env)
        if isinstance(found, Unknown):
            return UNKNOWN
        return found if operator == "in" else not found
    second = evaluate(right, env)
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return UNKNOWN
    return _order(first, operator, second)


def _member(value: Json | Unknown, among: Expression, env: Mapping[str, Json]) -> bool | Unknown:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(among, Listing):
        items = [evaluate(item, env) for item in among.items]
    else:
        held = evaluate(among, env)
        if isinstance(held, Unknown):
            return UNKNOWN
        if isinstance(held, str) or not isinstance(held, list | tuple | Mapping):
            raise TypeError(f"{held!r} is not a list")
        items = list(held)
    if any(item is not UNKNOWN and _same(value, item) for item in items):
        return True
    return UNKNOWN if UNKNOWN in items else False


def _same(first: object, second: object) -> bool:
    return isinstance(first, bool) == isinstance(second, bool) and first == second


def _order(first: Json, operator: Operator, second: Json) -> bool:
    if operator == "==":
        return _same(first, second)
    if operator == "!=":
        return not _same(first, second)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (first, second))
    if not numbers and not (isinstance(first, str) and isinstance(second, str)):
        raise TypeError(f"{first!r} and {second!r} have no order")
    one, two = cast(float, first), cast(float, second)
    if operator == "<":
        return one < two
    if operator == "<=":
        return one <= two
    if operator == ">":
        return one > two
    return one >= two
