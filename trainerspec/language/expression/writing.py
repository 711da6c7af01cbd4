"""Tree to text: the language itself, and SQL."""

import json
import re

from trainerspec.language.expression.functions import FUNCTIONS, sql_text
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
    Quantity,
)

_KEYWORDS = frozenset({"and", "or", "not", "in", "on", "true", "false", "maximize", "minimize"})
_SQL_OPERATORS = {"==": "=", "!=": "<>", "in": "IN", "not in": "NOT IN"}


def to_text(expression: Expression) -> str:
    """Write an expression in its canonical spelling: `parse(to_text(e)) == e`."""
    match expression:
        case Name(name=name):
            plain = re.fullmatch(r"[^\W\d]\w*(\.\w+)*", name) and name not in _KEYWORDS
            return name if plain else _quoted(name)
        case Quantity(number=number, unit=unit):
            return number + (unit if unit in ("", "%") or unit.startswith("/") else f" {unit}")
        case Constant(value=bool(value)):
            return "true" if value else "false"
        case Constant(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Listing(items=items):
            return f"[{', '.join(_operand(item) for item in items)}]"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(to_text(argument) for argument in arguments)})"
        case Compare(operands=operands, operators=operators):
            words = [_operand(operands[0])]
            for operator, operand in zip(operators, operands[1:], strict=True):
                words += [operator, _operand(operand)]
            return " ".join(words)
        case Not(operand=operand):
            inner = to_text(operand)
            return f"not ({inner})" if isinstance(operand, All | Any) else f"not {inner}"
        case All(operands=operands):
            return " and ".join(f"({to_text(o)})" if isinstance(o, All | Any) else to_text(o) for o in operands)
        case Any(operands=operands):
            return " or ".join(f"({to_text(o)})" if isinstance(o, Any) else to_text(o) for o in operands)


RESERVED = frozenset({"low", "high", "best", "wall"})
"""Last parts of names that stages give to a metric's interval, and to what a crowded machine leaves open."""


def of_class(metric: str, label: str) -> str:
    """Return the name of a metric of one class, as objectives, params.yaml and metrics.json write it.

    >>> of_class("recall", "fraud"), of_class("recall", "not fraud"), of_class("recall", "low")
    ('recall.fraud', 'recall."not fraud"', 'recall."low"')
    """
    plain = re.fullmatch(r"\w+", label) and label not in RESERVED
    return f"{metric}.{label if plain else json.dumps(label, ensure_ascii=False)}"


def _quoted(name: str) -> str:
    """Put a name in backticks; one that holds such comes from a metric of a class, whose label can be quoted."""
    if "`" not in name:
        return f"`{name}`"
    metric, _, label = name.partition(".")
    return f"{metric}.{json.dumps(label, ensure_ascii=False)}"


def _operand(expression: Expression) -> str:
    text = to_text(expression)
    return f"({text})" if isinstance(expression, Compare | Not | All | Any) else text


def to_sql(expression: Expression) -> str:
    """Write a checked filter for `polars.sql_expr`; names are columns.

    A row for which the filter is unknown (NULL) is not kept.
    """
    match expression:
        case Name(name=name):
            return '"' + name.replace('"', '""') + '"'
        case Quantity(value=value):
            return repr(value)
        case Constant(value=bool(value)):
            return "TRUE" if value else "FALSE"
        case Constant(value=value):
            return sql_text(str(value))
        case Listing(items=items):
            return f"({', '.join(to_sql(item) for item in items)})"
        case Call(function=function, arguments=arguments):
            return _call(function, arguments)
        case Compare(operands=operands, operators=operators):
            pairs = [
                _pair(operands[i], _SQL_OPERATORS.get(operator, operator), operands[i + 1])
                for i, operator in enumerate(operators)
            ]
            return pairs[0] if len(pairs) == 1 else " AND ".join(f"({pair})" for pair in pairs)
        case Not(operand=operand):
            return f"NOT ({to_sql(operand)})"
        case All(operands=operands):
            return " AND ".join(f"({to_sql(operand)})" for operand in operands)
        case Any(operands=operands):
            return " OR ".join(f"({to_sql(operand)})" for operand in operands)


def _pair(left: Expression, operator: str, right: Expression) -> str:
    if isinstance(right, Listing) and not right.items:
        return f"{_side(left)} {'<>' if operator == 'IN' else '='} {_side(left)}"
    return f"{_side(left)} {operator} {_side(right)}"


def _side(expression: Expression) -> str:
    sql = to_sql(expression)
    return f"({sql})" if isinstance(expression, Compare | Not | All | Any) else sql


def _call(name: str, arguments: tuple[Expression, ...]) -> str:
    function = FUNCTIONS[name]
    if not function.literal:
        return function.sql(*(to_sql(argument) for argument in arguments))
    last = arguments[-1]
    assert isinstance(last, Constant)
    return function.sql(*(to_sql(argument) for argument in arguments[:-1]), str(last.value))
