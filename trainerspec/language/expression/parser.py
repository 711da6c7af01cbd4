"""Text to tree, with every mistake at its column."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.tree import Meta
from lark.visitors import v_args

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.language.expression.tree import (
    Aim,
    All,
    Any,
    Bound,
    Call,
    Compare,
    Constant,
    Expression,
    Listing,
    Name,
    Not,
    Operator,
    Place,
    Quantity,
    at,
)
from trainerspec.language.expression.units import UNITS, base_value, split
from trainerspec.language.grammar import load
from trainerspec.language.suggest import did_you_mean

GRAMMAR = "expression.lark"
OPTIONS: Mapping[str, object] = {
    "start": ["start", "objective"],
    "propagate_positions": True,
    "maybe_placeholders": True,
}
"""How Lark reads the grammar."""
LONGEST = 4000
"""Characters in one expression."""
DEEPEST = 60
"""Parentheses, brackets and `not` in one expression."""

_OPERATORS: dict[str, Operator] = {"≤": "<=", "≥": ">=", "≠": "!="}
_KEYWORDS = ("and", "or", "not", "in", "on", "maximize", "minimize")
_INSTEAD = {"&&": "and", "||": "or", "=>": ">=", "=<": "<=", "<>": "!=", "=": "==", "!": "not", "~": "matches(...)"}


@v_args(meta=True)
class _Build(Transformer[Token, Expression]):
    def _place(self, meta: Meta) -> Place:
        return Place(start=meta.start_pos, end=meta.end_pos) if not meta.empty else Place(start=0, end=0)

    def name(self, meta: Meta, parts: list[Token]) -> Name:
        return Name(name=spelled(parts[0]), place=self._place(meta))

    def quantity(self, meta: Meta, parts: list[Token]) -> Quantity:
        number, unit = split(str(parts[0]))
        return Quantity(value=base_value(number, unit), number=number, unit=unit, place=self._place(meta))

    def text(self, meta: Meta, parts: list[Token]) -> Constant:
        return Constant(value=unquote(str(parts[0])), place=self._place(meta))

    def yes(self, meta: Meta, _: list[Token]) -> Constant:
        return Constant(value=True, place=self._place(meta))

    def no(self, meta: Meta, _: list[Token]) -> Constant:
        return Constant(value=False, place=self._place(meta))

    def listing(self, meta: Meta, items: list[Expression | None]) -> Listing:
        return Listing(items=tuple(item for item in items if item is not None), place=self._place(meta))

    def call(self, meta: Meta, parts: list[Token | Expression | None]) -> Call:
        arguments = tuple(cast(Expression, part) for part in parts[1:] if part is not None)
        return Call(function=str(parts[0]), arguments=arguments, place=self._place(meta))

    def operator(self, _: Meta, parts: list[Token]) -> Operator:
        written = " ".join(str(parts[0]).split())
        return _OPERATORS.get(written, cast(Operator, written))

    def compare(self, meta: Meta, parts: list[Expression | Operator]) -> Compare:
        operands = cast(list[Expression], parts[::2])
        operators = cast(list[Operator], parts[1::2])
        return Compare(operands=tuple(operands), operators=tuple(operators), place=self._place(meta))

    def negate(self, meta: Meta, parts: list[Expression]) -> Not:
        return Not(operand=parts[0], place=self._place(meta))

    def all_of(self, meta: Meta, parts: list[Expression]) -> All:
        return All(operands=tuple(parts), place=self._place(meta))

    def any_of(self, meta: Meta, parts: list[Expression]) -> Any:
        return Any(operands=tuple(parts), place=self._place(meta))

    def start(self, _: Meta, parts: list[Expression]) -> Expression:
        return parts[0]

    def aim(self, _: Meta, parts: list[Token | Name | None]) -> Aim:
        sense, metric, device = parts
        return Aim(
            sense=cast(Literal["maximize", "minimize"], str(sense)),
            metric=cast(Name, metric),
            device=None if device is None else str(device).lower(),
            device_place=_token_place(device),
        )

    def bound(self, _: Meta, parts: list[Token | Expression | None]) -> Bound:
        condition, device = parts
        return Bound(
            condition=cast(Expression, condition),
            device=None if device is None else str(device).lower(),
            device_place=_token_place(device),
        )


def _token_place(token: object) -> Place | None:
    if not isinstance(token, Token) or token.start_pos is None or token.end_pos is None:
        return None
    return Place(start=token.start_pos, end=token.end_pos)


def spelled(token: Token) -> str:
    """Return the name that a token stands for, without the quotes of the whole or of its last part.

    >>> spelled(Token("OF_CLASS", 'recall."not fraud"')), spelled(Token("QUOTED", "`my column`"))
    ('recall.not fraud', 'my column')
    """
    text = str(token)
    if token.type != "OF_CLASS":
        return text.strip("`")
    start = min(text.index(quote) for quote in "\"'`" if quote in text)
    last = text[start + 1 : -1] if text[start] == "`" else unquote(text[start:])
    return text[:start] + last


def unquote(literal: str) -> str:
    """Return the text that a quoted literal stands for; escapes are JSON's."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    if literal[0] == "'":
        body = body.replace("\\'", "'").replace('"', '\\"')
    return str(json.loads(f'"{body}"'))


@cache
def _grammar() -> Lark:
    return load(GRAMMAR, **OPTIONS)


Start = Literal["start", "objective"]


def read(text: str, start: Start) -> Outcome[object]:
    """Read a condition (`start`) or one line under `objectives` (`objective`), with every mistake at its column."""
    limit = _limit(text)
    if limit is not None:
        return Outcome(diagnostics=(limit,))
    try:
        tree = _grammar().parse(text, start=start)
    except UnexpectedInput as error:
        return Outcome(diagnostics=(_explain(text, error),))
    bad = _bad_string(text)
    if bad is not None:
        return Outcome(diagnostics=(bad,))
    return Outcome(value=_Build().transform(tree))


def _limit(text: str) -> Diagnostic | None:
    if len(text) > LONGEST:
        message = f"the expression has {len(text)} characters; the limit is {LONGEST}"
        return Diagnostic(code="TS306", message=message, hint="split it into several lines", span=at(0, len(text)))
    if len(re.findall(r"[(\[]|\bnot\b", re.sub(r'"[^"]*"', "", text))) > DEEPEST:
        message = f"the expression nests too much; at most {DEEPEST} of `(`, `[` and `not` are read"
        return Diagnostic(code="TS306", message=message, hint="split it into several lines", span=at(0, len(text)))
    return None


def _bad_string(text: str) -> Diagnostic | None:
    for match in re.finditer(r'"([^"\\\n]|\\.)*"|\'([^\'\\\n]|\\.)*\'|`[^`\n]+`', text):
        if match[0][0] == "`":
            continue
        try:
            unquote(match[0])
        except ValueError:
            hint = r"write a backslash as `\\`"
            return Diagnostic(code="TS301", message="bad escape in a text", hint=hint, span=at(*match.span()))
    return None


def _explain(text: str, error: UnexpectedInput) -> Diagnostic:
    start = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if isinstance(error, UnexpectedToken):
        token = error.token
        if token.type == "$END":
            end = len(text.rstrip())
            hint = "something is missing after this" if text.strip() else "write a condition, such as `rows >= 100`"
            return Diagnostic(code="TS301", message="the expression ends too early", hint=hint, span=at(end, end + 1))
        found, end = str(token), token.end_pos or start + 1
    elif isinstance(error, UnexpectedCharacters):
        operator = re.match(r"[=!<>&|~]+", text[start:])
        found = operator[0] if operator else text[start : start + 1]
        end = start + len(found)
    else:
        found, end = text[start:], len(text)
    return Diagnostic(
        code="TS301",
        message=f"`{found}` is not expected here",
        hint=_advise(text, start, found),
        span=at(start, end),
    )


def _advise(text: str, start: int, found: str) -> str:
    before = text[:start].rstrip()
    word = re.search(r"[A-Za-z]+$", before)
    meant = word[0].lower().replace("ise", "ize") if word else ""
    if word and meant in _KEYWORDS and meant != word[0]:
        return f"did you mean `{meant}`?"
    if re.search(r"\d$", before) and re.fullmatch(r"[^\W\d]\w*|/.*", found):
        return did_you_mean(found, UNITS) or f"known units: {', '.join(UNITS)}"
    if found in ('"', "'"):
        return "the text is not closed"
    if found[0] in _INSTEAD or found in _INSTEAD:
        return f"did you mean `{_INSTEAD.get(found) or _INSTEAD[found[0]]}`?"
    if found.lower() in _KEYWORDS and found != found.lower():
        return f"did you mean `{found.lower()}`?"
    if found in ("maximize", "minimize"):
        return "it stands at the start of an objective, before one metric"
    if found == "-" or (found[0] in "+*/" and re.search(r"[\w)]$", before)):
        return "there is no arithmetic; put a name with such a character in `backticks`"
    return "put a name with special characters in `backticks`" if re.search(r"\w$", before) else ""
