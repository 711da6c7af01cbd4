"""Change values in a YAML text and leave every comment and all other lines as they are."""

import copy
from collections.abc import Mapping
from typing import Any, cast

from trainerspec.ir.document import Document
from trainerspec.ir.json import Json
from trainerspec.ir.source import Pointer, Source
from trainerspec.language.document import parse_document
from trainerspec.language.places import Lines, escape, unescape
from trainerspec.language.printer import flow_text, print_yaml
from trainerspec.language.scalars import write


def edit(text: str, changes: Mapping[Pointer, Json]) -> str:
    """Set the value at each pointer: replace it, or add it to its mapping or (`/list/-`) list.

    >>> edit("name: a  # ours\\ntags: [x]\\n", {"/name": "b", "/tags/-": "z", "/size": 1})
    'name: b  # ours\\ntags: [x, z]\\nsize: 1\\n'

    Mappings that lack on the way are made. Raises ValueError when the text is not a YAML mapping, or a pointer
    leads through a scalar or out of a list.
    """
    for pointer, value in changes.items():
        text = _set(text, pointer, value)
    return text


def _read(text: str) -> Document:
    outcome = parse_document(Source(name="", text=text))
    if outcome.value is None:
        raise ValueError(f"the text to edit is not a YAML mapping: {outcome.diagnostics[0].message}")
    return outcome.value


def _set(text: str, pointer: Pointer, value: Json) -> str:
    document = _read(text)
    wanted = copy.deepcopy(cast(dict[str, Any], document.data))
    parent, key, rest = _parent(wanted, pointer)
    for part in reversed(rest):
        value = {part: value}
    where = "/".join(pointer.split("/")[: len(pointer.split("/")) - len(rest) - 1])
    exists = key in parent if isinstance(parent, dict) else key != "-" and int(key) < len(parent)
    if isinstance(parent, dict):
        parent[key] = value
    elif exists:
        parent[int(key)] = value
    else:
        parent.append(value)
    if exists:
        place = f"{where}/{escape(key)}"
        candidates = (_replace(document, place, value, flow=False), _replace(document, place, value, flow=True))
    else:
        candidates = (_insert(document, where, key, value), _redo(document, where, parent))
    for candidate in (*candidates, _redo(document, where, parent)):
        if candidate is not None:
            outcome = parse_document(Source(name="", text=candidate))
            if outcome.value is not None and outcome.value.data == wanted:
                return candidate
    return print_yaml(wanted)


def _parent(data: dict[str, Any], pointer: Pointer) -> tuple[dict[str, Any] | list[Any], str, list[str]]:
    """Return the deepest collection on the way, the key to set in it, and the keys of mappings still to make."""
    parts = [unescape(part) for part in pointer.split("/")[1:]]
    if not parts:
        raise ValueError("the whole document cannot be edited")
    parent: Any = data
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if isinstance(parent, dict):
            if last or part not in parent or not isinstance(parent[part], dict | list):
                if not last and part in parent and parent[part] not in (None, "auto"):
                    raise ValueError(f"`{pointer}` leads through a scalar")
                return parent, part, parts[index + 1 :]
            parent = parent[part]
        elif last and (part == "-" or (part.isdigit() and int(part) < len(parent))):
            return parent, part, []
        elif part.isdigit() and int(part) < len(parent) and isinstance(parent[int(part)], dict | list):
            parent = parent[int(part)]
        else:
            raise ValueError(f"`{pointer}` is not in the list")
    raise AssertionError(pointer)


def _bounds(document: Document, pointer: Pointer) -> tuple[Lines, int, int]:
    lines = Lines("", document.source.text)
    span = document.values[pointer]
    return lines, lines.offset(span.line, span.column), lines.offset(span.end_line, span.end_column)


def _replace(document: Document, pointer: Pointer, value: Json, *, flow: bool) -> str | None:
    text = document.source.text
    _, start, end = _bounds(document, pointer)
    old = text[start:end]
    if not flow and old[:1] not in "{[" and "\n" in old and isinstance(value, Mapping | list):
        return None
    new = flow_text(value)
    if not old and start > 0 and not text[start - 1].isspace():
        new = f" {new}"
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip() == "" and line_start > 0 and "\n" in old:
        # a block collection on its own lines moves up behind its key
        start = len(text[:line_start].rstrip("\n"))
        new = f" {new}"
    return text[:start] + new + text[end:]


def _insert(document: Document, pointer: Pointer, key: str, value: Json) -> str | None:
    """Add an entry at the end of the collection at the pointer."""
    text = document.source.text
    if not pointer and not document.data:
        return None
    lines, start, end = _bounds(document, pointer)
    listed = text[start] in "-[" and key == "-"
    entry = flow_text(value) if listed else f"{write(key)}: {flow_text(value)}"
    if text[start] in "{[":
        inside = text[start + 1 : end - 1].rstrip()
        comma = ", " if inside.strip() and not inside.endswith(",") else " " if inside.strip() else ""
        return text[: start + 1 + len(inside)] + comma + entry + text[end - 1 :]
    column = start - lines.starts[lines.span(start, start).line - 1]
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    dash = "- " if listed else ""
    return text[:line_end] + "\n" + " " * column + dash + entry + (text[line_end:] or "\n")


def _redo(document: Document, pointer: Pointer, value: Json) -> str | None:
    """Write the whole collection anew, on one line."""
    return _replace(document, pointer, value, flow=True) if pointer else None
