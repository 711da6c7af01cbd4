"""Tags of words and spans of texts: whether they begin, are known, and fit what they mark."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import polars as pl

from ..findings import KEPT, Finding, finding
from ..subject import Subject

PREFIXED = re.compile(r"([BILESUMbilesum])[-_](.+)", re.DOTALL)
OUTSIDE = frozenset({"O", "o", "OUT", "_", ""})
BEGINS, GOES_ON = "BSU", "IMLE"
NAMES = {
    "start": ("start", "start_offset", "begin", "start_char", "from"),
    "end": ("end", "end_offset", "stop", "end_char", "to"),
    "label": ("label", "entity", "type", "tag", "entity_group", "labels", "entity_type"),
}
"""How the parts of a span are called by the tools that write them."""
ODD = 0.2
"""Share of tags of no known form up to which they are faults, and not a scheme of their own."""
Odd: TypeAlias = dict[int, str]
"""The number of a row, and what is odd in it."""


def marks(subject: Subject) -> Iterator[Finding]:
    """Look at the tags or spans of every row."""
    found = tag_column(subject)
    name = subject.roles.spans
    if found is not None:
        tags = [parsed(one) for one in found.to_list()]
        listed = [[str(tag) for tag in one] if isinstance(one, list) else [] for one in tags]
        yield from tagged(name, listed, subject)
    elif name in subject.schema:
        yield from spans(name, [parsed(one) for one in subject.frame[name].to_list()], subject)


def tag_column(subject: Subject) -> pl.Series | None:
    """Return the column of tags: that of the role, or the last one with prefixes of a file of columns."""
    name = subject.roles.spans
    if not name:
        return None
    lists = [one for one in subject.schema if subject.schema[one] == pl.List(pl.String)]
    for one in [name, *(["tags"] if name not in subject.schema or name not in lists else []), *lists[::-1]]:
        if one not in subject.schema:
            continue
        values = [parsed(value) for value in subject.frame[one].drop_nulls().head(200).to_list()]
        flat = [tag for value in values if isinstance(value, list) for tag in value]
        if flat and all(isinstance(tag, str) for tag in flat) and any(PREFIXED.fullmatch(tag) for tag in flat):
            return subject.frame[one]
    return None


def parsed(value: object) -> object:
    """Read a list that a table holds as text: JSON, or words."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return re.findall(r"'((?:[^'\\]|\\.)*)'", value)
    return value.split()


def tagged(name: str, rows: Sequence[Sequence[str]], subject: Subject) -> Iterator[Finding]:
    """Look at tags with prefixes."""
    begun = any(tag[:1].upper() in BEGINS and PREFIXED.fullmatch(tag) for tags in rows for tag in tags)
    count = sum(len(tags) for tags in rows)
    loose: Odd = {}
    unknown: Odd = {}
    for index, tags in enumerate(rows):
        before = ""
        for tag in tags:
            match = PREFIXED.fullmatch(tag)
            if tag not in OUTSIDE and (match is None or (subject.labels and match[2] not in subject.labels)):
                unknown.setdefault(index, tag)
            if match and begun and match[1].upper() in GOES_ON and not goes_on(before, match[2]):
                loose.setdefault(index, f"{before or 'the beginning'} before {tag}")
            before = tag
    if len(unknown) <= ODD * max(1, count):
        yield from said("unknown-tag", unknown, f"hold tags of no known form or type in `{name}`", subject)
    yield from said("tag-without-begin", loose, f"hold a tag in `{name}` that continues nothing", subject)
    yield from lengths(name, rows, subject)


def goes_on(before: str, kind: str) -> bool:
    """Tell whether a tag may continue the one before.

    >>> goes_on("B-PER", "PER"), goes_on("O", "PER"), goes_on("B-LOC", "PER")
    (True, False, False)
    """
    match = PREFIXED.fullmatch(before)
    return match is not None and match[2] == kind and match[1].upper() not in "LESU"


def lengths(name: str, rows: Sequence[Sequence[str]], subject: Subject) -> Iterator[Finding]:
    """Say where there are more or fewer tags than tokens."""
    text = subject.roles.text if subject.roles.text in subject.schema else "tokens"
    if text not in subject.schema or subject.schema[text] != pl.List(pl.String):
        return
    tokens = subject.frame[text].list.len().to_list()
    odd = {
        index: f"{count} words, {len(tags)} tags"
        for index, (count, tags) in enumerate(zip(tokens, rows, strict=True))
        if count is not None and count != len(tags)
    }
    yield from said("tags-do-not-fit", odd, f"have more or fewer tags in `{name}` than words", subject)


def spans(name: str, rows: Sequence[object], subject: Subject) -> Iterator[Finding]:
    """Look at spans of characters: inside their text, not reversed, of a known type, none over another."""
    texts = subject.frame[subject.roles.text].to_list() if subject.roles.text in subject.schema else []
    outside: Odd = {}
    unknown: Odd = {}
    for index, value in enumerate(rows):
        value = value.get("entities", value.get("spans")) if isinstance(value, Mapping) else value
        text = texts[index] if index < len(texts) else None
        if not isinstance(value, list) or not isinstance(text, str):
            continue
        kept: list[tuple[int, int]] = []
        for start, end, label in filter(None, map(given, value)):
            if subject.labels and label not in subject.labels:
                unknown.setdefault(index, label)
            if not 0 <= start < end <= len(text) or not text[start:end].strip():
                outside.setdefault(index, f"{start} to {end} of {len(text)} characters ({label})")
            elif any(start < other and first < end for first, other in kept):
                outside.setdefault(index, f"{start} to {end} lies over another span ({label})")
            else:
                kept.append((start, end))
    yield from said("span-does-not-fit", outside, f"hold spans in `{name}` outside their text or over others", subject)
    yield from said("unknown-tag", unknown, f"hold spans in `{name}` of a type not in `task.labels`", subject)


def given(one: object) -> tuple[int, int, str] | None:
    """Return start, end and label of a span: a record, or a list of three."""
    if isinstance(one, Mapping):
        values = [next((one[name] for name in names if one.get(name) is not None), None) for names in NAMES.values()]
    else:
        values = list(one)[:3] if isinstance(one, list | tuple) else []
    try:
        label = values[2][0] if isinstance(values[2], list) else values[2]
        return int(str(values[0])), int(str(values[1])), str(label)
    except (IndexError, TypeError, ValueError):
        return None


def said(code: str, odd: Odd, message: str, subject: Subject) -> Iterator[Finding]:
    """Return a finding about rows, with what is odd in each; none where there are none."""
    if odd:
        chosen = sorted(odd)[:KEPT]
        shown = pl.Series([odd.get(index, "") for index in range(chosen[-1] + 1)])
        rows = list(subject.at(chosen, shown))
        columns = [subject.roles.spans or subject.roles.box]
        yield finding(code, f"{len(odd)} rows {message}", columns=columns, rows=rows, count=len(odd))
