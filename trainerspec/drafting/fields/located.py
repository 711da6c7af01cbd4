"""The source of the data that a request means, of all places that it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.fields.sources import Place, class_folders
from trainerspec.drafting.reading.spans import ends_in

KINDS: Mapping[str, str] = {"path": "path", "uri": "uri", "hub": "hub", "query": "sql"}
READ = re.compile(r"(?:https?|s3|gs|az)://.+", re.IGNORECASE)
"""Addresses that are read."""
SAME = {"gcs": "gs"}
"""Other names of their schemes."""
CONNECTION = re.compile(r"\b(?:[A-Z][A-Z0-9]*_)+(?:URL|URI|DSN|DB|DATABASE|CONNECTION)\b|\bDATABASE_URL\b")
"""What environment variables that hold the address of a database are called."""


PART = re.compile(r"(?:train|test|val|valid|validation|dev|eval|holdout)(?![a-z])", re.IGNORECASE)
"""Names of files and folders that hold a part of the data."""


@dataclass(frozen=True, kw_only=True)
class Located:
    source: Mapping[str, str]
    """`data.source`; empty when nothing reads such an address."""
    quote: str
    """Where the request says it."""


EXPORTED = re.compile(
    r"(?:exported|export|dumped|saved|converted|extracted|exportiert|exportado|exporté|esportato|exportada|geëxporteerd)"
    r"(?:\s+it)?\s+(?:as|to|into|in|als|nach|a|como|en|vers|come|para|naar)\s+[\"'`]?$"
)
"""What stands before the file that the data was brought into: `jobs.db exported to jobs.csv`."""


def located(findings: Findings) -> Located | None:
    """Choose the place of the data; None when the request names none."""
    found = [place for place in findings.places if place.kind in KINDS]
    if not found:
        return None
    text = findings.text
    family = class_folders(found, text.folded)
    if family is not None and family[0] and len(family[1]) == len(found):
        source = _read(family[1][0].kind, family[0])
        return Located(source=source, quote=text.quote(*family[1][0].span)[: len(family[0])])
    parent = _parent(found)
    if parent:
        quote = text.quote(*found[0].span)
        return Located(source={"path": parent}, quote=quote[: len(parent)])
    first = _whole(found, text.folded)
    table = first.kind == "query" and " " not in first.value
    source = _read(first.kind, f"select * from {first.value}" if table else first.value)
    variable = CONNECTION.search(text.raw) if "sql" in source else None
    if variable:
        source["connection"] = variable.group()
    return Located(source=source, quote=text.quote(*first.span))


def _read(kind: str, value: str) -> dict[str, str]:
    """Return the source of a place, under the name that its scheme has in a spec; empty when it is not read.

    >>> _read("uri", "gcs://b/a.csv"), _read("uri", "ftp://host/a.csv"), _read("path", "a.csv")
    ({'uri': 'gs://b/a.csv'}, {}, {'path': 'a.csv'})
    """
    scheme, mark, rest = value.partition("://")
    if kind == "uri":
        value = f"{SAME.get(scheme.lower(), scheme)}{mark}{rest}"
        if not READ.fullmatch(value):
            return {}
    return {KINDS[kind]: value}


def _parent(found: list[Place]) -> str:
    """Return the folder that holds all places where one is a folder, or they are parts: `c/img`, `c/texts.csv`."""
    paths = [place.value.rstrip("/") for place in found if place.kind == "path"]
    parents = {path.rpartition("/")[0] for path in paths}
    if len(set(paths)) < 2 or len(paths) != len(found) or len(parents) != 1:
        return ""
    names = [path.rpartition("/")[2] for path in paths]
    parts = all(PART.match(name) for name in names)
    index = any(name.lower().endswith((".json", ".jsonl")) for name in names)  # it says where its pictures are
    return parents.pop() if parts or (not index and any("." not in name for name in names)) else ""


def _whole(located: list[Place], folded: str) -> Place:
    """Choose the place that holds the others: a folder before its files, the folder that others are `in`."""
    places = [place for place in located if not _is_pattern(place.value)] or located
    exported = [place for place in places if ends_in(EXPORTED, folded, place.span[0])]
    if len(exported) == 1:
        return exported[0]
    folders = [
        place for place in places if place.kind == "path" and "." not in place.value.strip("./").rsplit("/", 1)[-1]
    ]
    plain = all("/" not in place.value for place in places if place not in folders)
    if not folders or not plain:
        return places[0]
    around = [
        place for place in folders if folded[: place.span[0]].rstrip().endswith(("inside", " in", "under", "below"))
    ]
    return around[0] if around else folders[0]


def _is_pattern(value: str) -> bool:
    """Say whether a path is an example of a file's name, not a place: `fresh_001.png`, `stale_*.png`."""
    ending = value.rsplit(".", 1)[-1].lower()
    return "*" in value or (
        "/" not in value and ending in ("png", "jpg", "jpeg", "webp", "txt", "wav", "bmp", "tif", "tiff")
    )
