"""Where the data of a request is: its source in the spec, and a look at it where it is at hand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import target
from trainerspec.ir.draft import Question

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

QUERY = re.compile(r"(?:select|with)\s", re.IGNORECASE)
HUB = "hub:"
CONNECTION = "Which environment variable holds the address of the database, as in NEWS_DB_URL?"
MOST_TABLES = 20
"""Tables of a folder whose columns are looked at."""
ABSENT = frozenset({"TS401", "TS402"})
"""Codes of data that is not there."""


def source(place: str) -> dict[str, str]:
    """Return the source that a text means: a query, an address, a data set of the hub, or a path.

    >>> source("select a from t"), source("s3://b/a.csv"), source("hub:org/name@main"), source("a.csv")
    ({'sql': 'select a from t'}, {'uri': 's3://b/a.csv'}, {'hub': 'org/name', 'revision': 'main'}, {'path': 'a.csv'})
    """
    if QUERY.match(place):
        return {"sql": place}
    if place.startswith(HUB):
        name, _, revision = place.removeprefix(HUB).partition("@")
        return {"hub": name, "revision": revision} if revision else {"hub": name}
    return {"uri": place} if "://" in place else {"path": place}


def keep(sheet: Sheet, place: str, connection: str) -> None:
    """Set the source to the place that was given apart from the request; `connection` names the address of a query."""
    if place:
        sheet.spec["data"]["source"] = source(place)
        _tell(sheet, "/data/source", "given as --data")
    found = sheet.spec["data"].get("source", {})
    if "sql" not in found:
        sheet.questions = [one for one in sheet.questions if one.path != "/data/source/connection"]
    elif connection:
        sheet.spec["data"]["source"] = {**found, "connection": connection}
        _tell(sheet, "/data/source/connection", "given as --connection")
    elif "/data/source/connection" not in {one.path for one in sheet.questions}:
        sheet.ask("/data/source/connection", CONNECTION)


def _tell(sheet: Sheet, path: str, why: str) -> None:
    sheet.evidence = [one for one in sheet.evidence if one.path != path]
    sheet.tell(path, "inferred", "", why)
    sheet.questions = [one for one in sheet.questions if one.path != path]


def unread(sheet: Sheet, problem: str) -> None:
    """Ask for data that cannot be seen, or that has to be mended first."""
    sheet.questions = [
        *(one for one in sheet.questions if one.path != "/data/source"),
        Question(path="/data/source", question=problem),
    ]


def seen(place: str, folder: Path, request: str = "", wanted: Sequence[str] = ()) -> tuple["Look | None", str]:
    """Look at a path, also into an archive there; returns what is there, or why nothing could be seen.

    Of several tables of different columns the one is meant that alone has the column of which the `request` speaks;
    annotations that can be read in several ways are read for the columns that are `wanted`.
    """
    from trainerspec.collecting.collect import needed
    from trainerspec.collecting.wanted import Wanted

    if (folder / place).is_file() and needed(Wanted(kind="path", value=place, root=folder)):
        return unpacked(folder / place)
    found, problem = looked(folder / place, wanted)
    if found is None and request and (folder / place).is_dir() and (named := _spoken(folder / place, request)):
        return looked(folder / place, (named,))
    return found, problem


def _spoken(folder: Path, request: str) -> str:
    """Return the column that a request asks for of the tables of a folder; empty where that is not clear."""
    from trainerspec.reading import table
    from trainerspec.reading.notes import Unreadable

    columns: dict[str, None] = {}
    names = table.names(folder)
    for name in names if 1 < len(names) <= MOST_TABLES else ():
        try:
            columns.update(dict.fromkeys(table.read_one(folder / name)[0].columns))
        except Unreadable:
            return ""
    return target.spoken(request, columns, [folder.name, *names]) or "" if columns else ""


def collected(path: Path, given: Mapping[str, str]) -> tuple["Look | None", str]:
    """Look at what was fetched from a source, and call it as the source is called."""
    found, problem = looked(path)
    place = next((given[kind] for kind in ("path", "uri", "hub") if kind in given), "")
    name = "the query" if "sql" in given else place.partition("?")[0].rstrip("/").rpartition("/")[2]
    return (replace(found, path=Path(name)) if found and name else found), problem


def unpacked(archive: Path) -> tuple["Look | None", str]:
    """Look into an archive, which is unpacked for that alone."""
    from trainerspec.collecting.archives import unpack
    from trainerspec.collecting.wanted import Trouble

    with TemporaryDirectory() as place:
        inside = Path(place) / archive.name
        inside.mkdir()
        try:
            unpack(archive, inside, lambda line: None)
        except Trouble as trouble:
            return None, f"{trouble.message}. Where is the data?"
        return looked(inside)


def looked(path: Path, needed: Sequence[str] = ()) -> tuple["Look | None", str]:
    """Look at a file or folder; returns what is there, or why nothing could be seen."""
    from trainerspec.workspace.inspect_data import (
        inspect_data,  # polars takes a quarter of a second, which only this pays for
    )

    found = inspect_data(path, needed=needed)
    wrong = next((one for one in found.diagnostics if one.severity == "error"), None)
    if wrong is None:
        return found.value, ""
    if wrong.code in ABSENT or not wrong.hint:
        guess = f" ({wrong.hint})" if wrong.hint.startswith("did you mean") else ""
        return found.value, f"{wrong.message}{guess}. Where is the data?"
    return found.value, f"{wrong.message}. {wrong.hint[0].upper()}{wrong.hint[1:]}; or which data is meant?"
