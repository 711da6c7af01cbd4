"""The closed table of functions."""

from collections.abc import Callable, Mapping
from typing import Literal

from trainerspec.ir.record import record
from trainerspec.language.expression.units import Dimension
from trainerspec.language.patterns import found

Type = Dimension | Literal["text", "boolean", "list", "any", "numeric"]
"""`numeric` is a number of whatever unit: a column of the data."""


@record(frozen=True, kw_only=True)
class Function:
    about: str
    arguments: tuple[Type, ...]
    result: Type
    variadic: bool = False
    """True when the last argument may be repeated."""
    literal: bool = False
    """True when the last argument must be a quoted text."""
    apply: Callable[..., object]
    """Called with known values only."""
    sql: Callable[..., str]
    """Called with the arguments' SQL; the bare text for a literal argument."""


def sql_text(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def _regex_literal(text: str) -> str:
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$#&-~" else c for c in text)


def _nullable(name: str) -> Callable[..., str]:
    def write(*arguments: str) -> str:
        missing = " OR ".join(f"({argument}) IS NULL" for argument in arguments)
        return f"CASE WHEN {missing} THEN NULL ELSE {name}({', '.join(arguments)}) END"

    return write


FUNCTIONS: Mapping[str, Function] = {
    "length": Function(
        about="characters in a text",
        arguments=("text",),
        result="number",
        apply=len,
        sql=lambda text: f"LENGTH({text})",
    ),
    "lower": Function(
        about="a text in lower case",
        arguments=("text",),
        result="text",
        apply=str.lower,
        sql=lambda text: f"LOWER({text})",
    ),
    "contains": Function(
        about="whether a text holds another",
        arguments=("text", "text"),
        result="boolean",
        literal=True,
        apply=lambda text, part: part in text,
        sql=lambda text, part: f"REGEXP_LIKE({text}, {sql_text(_regex_literal(part))})",
    ),
    "matches": Function(
        about="whether a regular expression is found in a text",
        arguments=("text", "text"),
        result="boolean",
        literal=True,
        apply=lambda text, pattern: found(pattern, text),
        sql=lambda text, pattern: f"REGEXP_LIKE({text}, {sql_text(pattern)})",
    ),
    "abs": Function(
        about="a number without its sign",
        arguments=("number",),
        result="number",
        apply=abs,
        sql=lambda number: f"ABS({number})",
    ),
    "min": Function(
        about="the smallest of several numbers",
        arguments=("number", "number"),
        result="number",
        variadic=True,
        apply=min,
        sql=_nullable("LEAST"),
    ),
    "max": Function(
        about="the largest of several numbers",
        arguments=("number", "number"),
        result="number",
        variadic=True,
        apply=max,
        sql=_nullable("GREATEST"),
    ),
    "known": Function(
        about="whether a value is there",
        arguments=("any",),
        result="boolean",
        apply=lambda _: True,
        sql=lambda value: f"({value}) IS NOT NULL",
    ),
}
"""By name. `known` alone sees unknown values; every other function of an unknown value is unknown."""
