"""Plain data to canonical YAML, with a comment per field; and edits that keep an author's comments."""

from collections.abc import Mapping
from typing import cast

from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.source import Pointer
from trainerspec.language.places import escape
from trainerspec.language.scalars import is_block, write

WIDTH = 100
"""Columns up to which a short collection stays on one line."""
ORDER: Mapping[Pointer, tuple[str, ...]] = {
    "": (
        "trainerspec",
        "name",
        "version",
        "request",
        "use",
        "questions",
        "held",
        "task",
        "data",
        "model",
        "objectives",
        "search",
        "compute",
        "serve",
    ),
    "/task": ("type", "inputs", "outputs", "labels", "options"),
    "/data": (
        *("source", "layout", "exclude", "audit", "clean", "checks"),
        *("label", "split", "max_length", "augment", "reduce"),
    ),
    "/data/split": ("train", "validation", "test", "by", "seed"),
    "/model": ("base", "train"),
    "/search": ("trials", "time", "sampler", "pruner", "space"),
    "/compute": ("train", "threads"),
    "/serve": ("runtime", "engine", "precision"),
}
"""The order in which people read a spec; other keys follow as they come."""
_BLOCK = frozenset({"", "/task", "/data", "/model", "/objectives", "/questions", "/held"})
"""Collections that get a line for each entry however short they are."""
SCHEMA_LINE = "# yaml-language-server: $schema=.trainerspec/trainerspec.schema.json"


def print_spec(data: JsonObject, comments: Mapping[Pointer, str] | None = None, *, head: str = SCHEMA_LINE) -> str:
    """Write a trainer.yaml: canonical order and style, each comment at the end of its field's first line.

    >>> print(print_spec({"name": "news", "trainerspec": 1}, {"/name": 'stated: "news"'}, head=""), end="")
    trainerspec: 1
    name: news                  # stated: "news"
    """
    return print_yaml(data, comments, head=head, order=ORDER, block=_BLOCK)


def print_yaml(
    data: JsonObject,
    comments: Mapping[Pointer, str] | None = None,
    *,
    head: str = "",
    order: Mapping[Pointer, tuple[str, ...]] | None = None,
    block: frozenset[Pointer] = frozenset({""}),
) -> str:
    """Write any plain data as block YAML; short collections of scalars stay on one line.

    `parse(print_yaml(data))` gives the data back. Raises ValueError for infinite numbers.
    """
    notes = {pointer: " ".join(text.split()) for pointer, text in (comments or {}).items() if text.strip()}
    writer = _Writer(notes, order or {}, block)
    lines = [head] if head else []
    if "" in notes:
        lines.append(f"# {notes['']}")
    lines += writer.mapping(data, "", 0) if data else ["{}"]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(
        self, comments: Mapping[Pointer, str], order: Mapping[Pointer, tuple[str, ...]], block: frozenset[Pointer]
    ) -> None:
        self.comments = comments
        self.order = order
        self.block = block

    def mapping(self, data: JsonObject, pointer: Pointer, indent: int) -> list[str]:
        lines: list[str] = []
        for key in self.sorted(data, pointer):
            lines += self.entry(f"{write(key)}:", data[key], f"{pointer}/{escape(key)}", indent, indent + 2)
        return lines

    def sequence(self, items: list[Json], pointer: Pointer, indent: int) -> list[str]:
        lines: list[str] = []
        for index, item in enumerate(items):
            lines += self.entry("-", item, f"{pointer}/{index}", indent, indent + 2)
        return lines

    def entry(self, lead: str, value: Json, pointer: Pointer, indent: int, inner: int) -> list[str]:
        """Write one key or dash with its value."""
        start = " " * indent + lead
        if isinstance(value, str) and self.literal(value, pointer, len(start)):
            return self.literal_lines(start, value, pointer, inner)
        flow = flow_text(value) if not self.spread(value, pointer) else None
        if flow is not None and (not isinstance(value, Mapping | list) or len(start) + 1 + len(flow) <= WIDTH):
            return [self.noted(f"{start} {flow}", pointer)]
        if isinstance(value, Mapping):
            body = self.mapping(value, pointer, inner)
        else:
            body = self.sequence(list(cast(list[Json], value)), pointer, inner)
        if lead == "-" and pointer not in self.comments:
            return [f"{start} {body[0].lstrip()}", *body[1:]]
        return [self.noted(start, pointer), *body]

    def spread(self, value: Json, pointer: Pointer) -> bool:
        """Tell whether a collection must have a line for each entry."""
        if not isinstance(value, Mapping | list) or not value:
            return False
        if pointer in self.block or any(held.startswith(f"{pointer}/") for held in self.comments):
            return True
        inner = value.values() if isinstance(value, Mapping) else value
        if any(isinstance(item, str) and "\n" in item for item in inner):
            return True
        if isinstance(value, list):
            return any(isinstance(item, Mapping | list) and not _small(item) for item in value)
        return any(isinstance(item, Mapping | list) and item for item in inner)

    def literal(self, text: str, pointer: Pointer, start: int) -> bool:
        long = "\n" in text or pointer == "/request"
        return long and is_block(text)

    def literal_lines(self, start: str, text: str, pointer: Pointer, inner: int) -> list[str]:
        body = text.rstrip("\n")
        ending = len(text) - len(body)
        style = ("|-", "|")[ending] if ending < 2 else "|+"
        lines = body.split("\n") + [""] * max(0, ending - 1)
        return [self.noted(f"{start} {style}", pointer), *(" " * inner + line if line else "" for line in lines)]

    def noted(self, line: str, pointer: Pointer) -> str:
        comment = self.comments.get(pointer)
        return f"{line:<28}# {comment}" if comment and len(line) < 27 else f"{line}  # {comment}" if comment else line

    def sorted(self, data: JsonObject, pointer: Pointer) -> list[str]:
        first = self.order.get(pointer, ())
        return [*(key for key in first if key in data), *(key for key in data if key not in first)]


def _small(item: Json) -> bool:
    return isinstance(item, Mapping) and len(item) == 1 and not isinstance(next(iter(item.values())), Mapping | list)


def flow_text(value: Json) -> str:
    """Write a value on one line.

    >>> flow_text({"where": "a >= 1", "in": ["a", "b"]})
    '{where: a >= 1, in: [a, b]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{write(key)}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    return write(cast("str | int | float | bool | None", value))
