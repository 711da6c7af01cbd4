"""Find mistakes of kind and unit before anything is evaluated."""

import re
from collections.abc import Mapping

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.language.expression.functions import FUNCTIONS, Type
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
    at,
)
from trainerspec.language.expression.units import UNITS, dimension
from trainerspec.language.patterns import compiled
from trainerspec.language.suggest import suggest

WORDS: Mapping[Type, str] = {
    "number": "a plain number",
    "ratio": "a ratio (%)",
    "seconds": "a time",
    "bytes": "a size",
    "per_second": "a rate",
    "text": "a text",
    "boolean": "true or false",
    "list": "a list",
    "any": "any value",
    "numeric": "a number",
}
_NUMERIC = ("number", "ratio", "seconds", "bytes", "per_second", "numeric")
_OTHER_ENGINES = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]|\(\?P=|\(\?>|\(\?\(|[*+?}]\+")


def check(expression: Expression, names: Mapping[str, Type], *, condition: bool = True) -> tuple[Diagnostic, ...]:
    """Check kinds and units; a name that is not in `names` may hold anything.

    With `condition`, the whole must be true or false. Spans count columns from the start of the expression.
    """
    found: list[Diagnostic] = []
    kind = _infer(expression, names, found)
    if condition and kind not in ("boolean", "any"):
        hint = "compare it with something, such as `... >= 1`"
        found.append(_problem(expression, f"this is {WORDS[kind]}, not a condition", hint))
    return tuple(found)


def _problem(node: Expression, message: str, hint: str = "", code: str = "TS303") -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, span=at(node.place.start, node.place.end))


def _infer(node: Expression, names: Mapping[str, Type], found: list[Diagnostic]) -> Type:
    match node:
        case Name(name=name):
            return names.get(name, "any")
        case Quantity(unit=unit):
            return dimension(unit)
        case Constant(value=value):
            return "boolean" if isinstance(value, bool) else "text"
        case Listing(items=items):
            for item in items:
                _infer(item, names, found)
            return "list"
        case Call():
            return _call(node, names, found)
        case Compare():
            _compare(node, names, found)
            return "boolean"
        case Not(operand=operand):
            _truth(operand, names, found)
            return "boolean"
        case All(operands=operands) | Any(operands=operands):
            for operand in operands:
                _truth(operand, names, found)
            return "boolean"


def _truth(node: Expression, names: Mapping[str, Type], found: list[Diagnostic]) -> None:
    kind = _infer(node, names, found)
    if kind not in ("boolean", "any"):
        found.append(_problem(node, f"this is {WORDS[kind]}, not a condition", "compare it with something"))


def _call(call: Call, names: Mapping[str, Type], found: list[Diagnostic]) -> Type:
    function = FUNCTIONS.get(call.function)
    kinds = [_infer(argument, names, found) for argument in call.arguments]
    if function is None:
        hint = suggest(call.function, FUNCTIONS)
        found.append(_problem(call, f"unknown function `{call.function}`", hint, "TS302"))
        return "any"
    wanted = len(function.arguments)
    if len(kinds) < wanted or (len(kinds) > wanted and not function.variadic):
        number = f"at least {wanted}" if function.variadic else str(wanted)
        plural = "" if number == "1" else "s"
        message = f"`{call.function}` takes {number} argument{plural}, not {len(kinds)}"
        found.append(_problem(call, message, f"it gives {function.about}", "TS302"))
        return function.result
    for index, kind in enumerate(kinds):
        expected = function.arguments[min(index, wanted - 1)]
        fits = kind in _NUMERIC if expected == "number" else kind == expected
        if "any" not in (kind, expected) and not fits:
            message = f"`{call.function}` takes {WORDS[expected]} here, not {WORDS[kind]}"
            found.append(_problem(call.arguments[index], message))
    if function.literal:
        _pattern(call, found)
    if function.arguments[0] != "number":
        return function.result
    return next((kind for kind in kinds if kind in _NUMERIC), "any")


def _pattern(call: Call, found: list[Diagnostic]) -> None:
    last = call.arguments[-1]
    if not isinstance(last, Constant) or not isinstance(last.value, str):
        if isinstance(last, Name):
            found.append(_problem(last, f"`{call.function}` takes a text in quotes here"))
        return
    if call.function != "matches":
        return
    if _OTHER_ENGINES.search(last.value):
        message = "look-around, back references and possessive repeats are not understood"
        found.append(_problem(last, message, "use a plain regular expression (RE2 syntax)", "TS307"))
        return
    try:
        compiled(last.value)
    except ValueError as error:
        found.append(_problem(last, f"bad regular expression: {error}", "use RE2's syntax", "TS307"))


def _compare(node: Compare, names: Mapping[str, Type], found: list[Diagnostic]) -> None:
    kinds = [_infer(operand, names, found) for operand in node.operands]
    for index, operator in enumerate(node.operators):
        left, right = node.operands[index], node.operands[index + 1]
        if operator in ("in", "not in"):
            _membership(left, kinds[index], right, kinds[index + 1], found)
        else:
            mismatch(left, kinds[index], right, kinds[index + 1], found)
            if operator not in ("==", "!="):
                _ordered(left, kinds[index], found)
                _ordered(right, kinds[index + 1], found)


def _membership(left: Expression, kind: Type, right: Expression, among: Type, found: list[Diagnostic]) -> None:
    if among not in ("list", "any"):
        hint = 'write a list: `["a", "b"]`' + ("; or use `contains(text, part)`" if among == "text" else "")
        found.append(_problem(right, f"`in` needs a list, not {WORDS[among]}", hint))
    if isinstance(right, Listing):
        for item in right.items:
            mismatch(left, kind, item, _infer(item, {}, []), found)


def _ordered(node: Expression, kind: Type, found: list[Diagnostic]) -> None:
    if kind in ("boolean", "list"):
        found.append(_problem(node, f"{WORDS[kind]} has no order", "use `==` or `!=`"))


def mismatch(left: Expression, first: Type, right: Expression, second: Type, found: list[Diagnostic]) -> None:
    """Report two sides that cannot be compared, at the written value rather than at the name."""
    if "any" in (first, second) or first == second or ("numeric" in (first, second) and {first, second} <= {*_NUMERIC}):
        return
    name, wanted, value, kind = (left, first, right, second)
    if isinstance(left, Quantity | Constant) and not isinstance(right, Quantity | Constant):
        name, wanted, value, kind = (right, second, left, first)
    bare = isinstance(value, Quantity) and not value.unit
    if bare and isinstance(value, Quantity) and (wanted == "ratio" or (value.value == 0 and wanted in _NUMERIC)):
        return
    subject = f"`{name.name}`" if isinstance(name, Name) else "the other side"
    if bare and wanted in _NUMERIC:
        units = ", ".join(unit for unit in UNITS if dimension(unit) == wanted)
        hint = f"add a unit: {units}"
        found.append(_problem(value, f"{subject} is {WORDS[wanted]}; this number has no unit", hint, "TS304"))
        return
    message = f"{subject} is {WORDS[wanted]}; this is {WORDS[kind]}"
    hint = ""
    if wanted in _NUMERIC and wanted not in ("number", "numeric"):
        hint = f"units of {WORDS[wanted].removeprefix('a ')}: {', '.join(u for u in UNITS if dimension(u) == wanted)}"
    found.append(_problem(value, message, hint))
