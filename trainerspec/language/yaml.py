"""Serialise plain data as block YAML that YAML 1.1 and 1.2 readers understand alike."""

import copy
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from math import inf

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from trainerspec.ir.json import Json
from trainerspec.language.block_yaml import block
from trainerspec.prepared import Remembered

_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "~"])
LARGEST = 2**25
"""Bytes of a file that is read."""
DEEPEST = 60
"""Nested lists and mappings."""
STACK = 5000
"""Nested lists and mappings that libyaml's reader puts on the stack of the process without harm."""
_OPENS = re.compile(r"[\[{]|[-?:][ \t]+(?=[-?:][ \t])")
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ ,()%<=>+-]*[A-Za-z0-9_/)%]|[A-Za-z_/]")
_BLOCK = re.compile(r"[^\n\t\r ][^\t\r]*\n")


_WRITTEN: Remembered[bytes] = Remembered("yaml")
_READ: Remembered[Json] = Remembered("yaml-read")


class _Representer(RoundTripRepresenter):
    """Writes no anchors: equal values are written twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_float(self, data: float) -> ScalarNode:
        """Write `1.0e-05`, for YAML 1.1 takes `1e-05` for a string."""
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:float", _number(data))
        return node


_Representer.add_representer(float, _Representer.represent_float)


def dump(data: Json, *, heading: str = "") -> bytes:
    """Write block YAML in UTF-8, keys in their given order, under comment lines made of `heading`.

    >>> print(dump({"labels": ["no", "sport"], "rate": 1e-05}, heading="two labels").decode(), end="")
    # two labels
    labels:
      - "no"
      - sport
    rate: 1.0e-05
    """
    return _WRITTEN.get(repr((data, heading)), lambda: _dump(data, heading))


def _dump(data: Json, heading: str) -> bytes:
    comment = "".join(f"# {line}".rstrip() + "\n" for line in heading.splitlines())
    written = block(data, _is_plain, _number)
    return (comment + (by_library(data) if written is None else written)).encode()


def by_library(data: Json) -> str:
    """Write any data with ruamel.yaml."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1_000_000
    yaml.allow_unicode = True
    out = StringIO()
    yaml.dump(_plain(data), out)
    return out.getvalue()


def _number(value: float) -> str:
    text = {inf: ".inf", -inf: "-.inf"}.get(value, ".nan" if value != value else repr(float(value)))
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS


def load(content: bytes) -> Json:
    """Read YAML 1.2 that `dump` wrote.

    Raises ValueError when it is not YAML, and when it is larger or deeper than anything that was written so.
    """
    if len(content) > LARGEST:
        raise ValueError(f"it has {len(content)} bytes; the limit is {LARGEST}")
    return copy.deepcopy(_READ.get(repr(content), lambda: _load(content)))


def _load(content: bytes) -> Json:
    try:
        data = parse(content.decode())
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    check_tree(data)
    return data


def parse(text: str) -> Json:
    """Read YAML 1.2 as plain data. Raises YAMLError and RecursionError."""
    if len(_OPENS.findall(text)) > STACK and _depth(text) > STACK:
        raise RecursionError(f"values nest more than {STACK} deep")
    try:
        data: Json = YAML(typ="safe").load(text)
    except YAMLError:
        # libyaml is fast, but knows YAML 1.1: a `?` inside a flow mapping, for one, is an error to it only
        data = YAML(typ="safe", pure=True).load(text)
    return data


def _depth(text: str) -> int:
    """Count how deep the values of a text nest, up to STACK and one, by its events: they need no stack."""
    depth = deepest = 0
    for event in YAML(typ="safe").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        deepest = max(deepest, depth)
        if deepest > STACK:
            break
    return deepest


def check_tree(data: object) -> None:
    """Raise ValueError for a list or mapping in two places (an alias: it may unfold without end), or nested too deep.

    >>> check_tree([[1], [1]])
    >>> shared = [1]
    >>> check_tree([shared, shared])
    Traceback (most recent call last):
    ValueError: aliases are not read: write the value out
    """
    seen: set[int] = set()
    left: list[tuple[object, int]] = [(data, 0)]
    while left:
        node, depth = left.pop()
        if not isinstance(node, Mapping | list):
            continue
        if id(node) in seen:
            raise ValueError("aliases are not read: write the value out")
        if depth > DEEPEST:
            raise ValueError(f"values nest more than {DEEPEST} deep")
        seen.add(id(node))
        left.extend((inner, depth + 1) for inner in (node.values() if isinstance(node, Mapping) else node))


def _plain(data: Json) -> Json:
    """Copy into plain lists and dicts, with strings quoted where a reader could mistake them."""
    if isinstance(data, str):
        return _text(data)
    if isinstance(data, Mapping):
        return {_text(key): _plain(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [_plain(item) for item in data]
    return data


def _text(text: str) -> str:
    shows = all(c.isprintable() or c == "\n" for c in text)
    if shows and _BLOCK.fullmatch(text) and not any(line.endswith(" ") for line in text.splitlines()):
        block: str = LiteralScalarString(text)
        return block
    if _is_plain(text):
        return text
    quoted: str = DoubleQuotedScalarString(text)
    return quoted
