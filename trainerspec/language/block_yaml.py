"""Write simple data as block YAML: what ruamel.yaml writes for it, byte by byte, in a thirtieth of the time.

Simple is what most documents of a project hold throughout: words and sentences in ASCII, numbers, truth values, lists
and mappings. For anything else (a text of several lines, other alphabets, long keys) `block` has no answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from trainerspec.ir.json import Json

LONGEST_KEY = 100
"""Characters of a key; ruamel.yaml writes very long ones in another form."""
_SIMPLE = re.compile(r"[ -~]*")
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"'})


class _NotSimple(Exception):
    """Raised for data that is left to the library."""


def block(data: Json, plain: Callable[[str], bool], number: Callable[[float], str]) -> str | None:
    """Write a list or mapping; None when it is not simple. `plain` tells which texts stand without quotes.

    >>> print(block({"a": ["b", {"c": 1, "d": []}]}, str.isalpha, repr), end="")
    a:
      - b
      - c: 1
        d: []
    """
    writer = _Writer(plain, number)
    try:
        if not data or not isinstance(data, Mapping | list):
            return None
        return "".join(f"{line}\n" for line in writer.lines(data, ""))
    except _NotSimple:
        return None


class _Writer:
    def __init__(self, plain: Callable[[str], bool], number: Callable[[float], str]) -> None:
        self.plain = plain
        self.number = number

    def lines(self, node: Json, pad: str) -> Iterator[str]:
        """Write what does not fit on a line: keys at `pad`, items two columns to the right."""
        if isinstance(node, Mapping):
            for key, value in node.items():
                start = f"{pad}{self.key(key)}:"
                if isinstance(value, Mapping | list) and value:
                    yield start
                    yield from self.lines(value, pad if isinstance(value, list) else f"{pad}  ")
                else:
                    yield f"{start} {self.scalar(value)}"
        elif isinstance(node, list):
            for value in node:
                if isinstance(value, Mapping | list) and value:
                    first, *rest = self.lines(value, f"{pad}    ")
                    yield f"{pad}  - {first[len(pad) + 4 :]}"
                    yield from rest
                else:
                    yield f"{pad}  - {self.scalar(value)}"

    def key(self, key: object) -> str:
        if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
            raise _NotSimple
        return self.text(key)

    def scalar(self, value: Json) -> str:
        match value:
            case None:
                return "null"
            case str():
                return self.text(value)
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case float():
                return self.number(value)
            case Mapping() | list() if not value:
                return "{}" if isinstance(value, Mapping) else "[]"
            case _:
                raise _NotSimple

    def text(self, text: str) -> str:
        if self.plain(text):
            return text
        if not _SIMPLE.fullmatch(text):
            raise _NotSimple
        return f'"{text.translate(_ESCAPED)}"'
