"""What an unquoted YAML 1.2 word stands for (the core schema), and how a text must be written to stay one."""

import json
import math
import re

from trainerspec.ir.json import Scalar

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN = re.compile(r"[A-Za-z0-9_./%<>=+()@*$&~^;'\"\\ :#,\-\[\]{}!?|`À-ɏ]+", re.ASCII)
_OLD = re.compile(
    r"(?i)y|n|yes|no|on|off|=|<<|[-+]?[0-9][0-9_,]*(\.[0-9_]*)?|[-+]?\.[0-9_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?.*"
)
"""Words that YAML 1.1 readers do not take for texts."""


def resolve(word: str) -> Scalar:
    """Return the value of a plain scalar.

    >>> resolve("1e-3"), resolve("yes"), resolve("80%"), resolve("0x10"), resolve("~")
    (0.001, 'yes', '80%', 16, None)

    Raises ValueError for infinite numbers and those too long to read: plain data cannot hold them.
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if _INTEGER.fullmatch(word):
        if len(word) > 300:
            raise ValueError("the number is too long")
        return int(word)
    if _OCTAL.fullmatch(word):
        return int(word, 0)
    if _HEXADECIMAL.fullmatch(word):
        return int(word, 0)
    if _FLOAT.fullmatch(word):
        value = float(word)
        if not math.isfinite(value):
            raise ValueError("the number is too large")
        return value
    if _INFINITE.fullmatch(word):
        raise ValueError(f"`{word}` is not a number that can be used here")
    return word


def write(value: Scalar) -> str:
    """Write a scalar on one line so that `resolve` or a YAML reader gives it back.

    >>> write("accuracy >= 95%"), write("yes"), write("a: b"), write(1e-05), write(None)
    ('accuracy >= 95%', '"yes"', '"a: b"', '1.0e-05', 'null')
    """
    if isinstance(value, str):
        return value if _is_plain(value) else _quote(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written")
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}" if e else text


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or text != text.strip() or _OLD.fullmatch(text):
        return False
    if text[0] in "-?:,[]{}#&*!|>'\"%@`" or text.startswith(("---", "...")) or "`" in text:
        return False
    if any(mark in text for mark in (": ", " #", ",", "[", "]", "{", "}")) or text.endswith(":"):
        return False
    try:
        return isinstance(resolve(text), str)
    except ValueError:
        return False


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if _printable(c) else _escape(c) for c in quoted)


def _printable(c: str) -> bool:
    return (
        " " <= c <= "~"
        or ("\xa0" <= c <= "\ud7ff" and c not in "\u2028\u2029")
        or ("\ue000" <= c <= "\ufffd" and c != "\ufeff")
        or "\U00010000" <= c <= "\U0010ffff"
    )


def _escape(c: str) -> str:
    return f"\\u{ord(c):04x}"


def is_block(text: str) -> bool:
    """Tell whether a text can be written as a literal block (`|`) without loss."""
    return (
        bool(text.strip())
        and all(_printable(c) or c == "\n" for c in text)
        and not text.startswith((" ", "\n"))
        and not any(line != line.rstrip() for line in text.split("\n"))
    )
