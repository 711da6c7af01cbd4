"""The data of a draft: its path from the spec's folder, whether it is here, and fetching it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from trainerspec.diagnostics.model import Diagnostic, Stopped

if TYPE_CHECKING:
    from trainerspec.collecting.wanted import Wanted
    from trainerspec.ir.draft import Draft, Request
    from trainerspec.ir.json import JsonObject


def path_of(spec: "JsonObject") -> str | None:
    """Return the path of the data as it was said; None where it is not a path."""
    data = spec["data"]
    source = data.get("source") if isinstance(data, dict) else None
    path = source.get("path") if isinstance(source, dict) else None
    return path if isinstance(path, str) else None


def relative(spec: "JsonObject", folder: Path) -> "JsonObject":
    """Make the path of the data count from the spec's folder."""
    data, given = spec["data"], path_of(spec)
    if given is None:
        return spec
    moved = given if given.startswith(("/", "~")) or ":" in given else Path(os.path.relpath(given, folder)).as_posix()
    return {**spec, "data": {**data, "source": {"path": moved}}}  # type: ignore[dict-item]


def wanted(spec: "JsonObject", folder: Path) -> "Wanted | None":
    """Return what a draft asks the collectors for; None while it names no source."""
    from trainerspec.collecting.wanted import Wanted

    given = cast("dict[str, dict[str, str]]", spec["data"]).get("source", {})
    kind = next((one for one in ("path", "sql", "hub", "uri") if one in given), "")
    options = {key: value for key, value in given.items() if key != kind}
    return Wanted(kind=kind, value=given[kind], options=options, root=folder) if kind else None


def absent(spec: "JsonObject", said: "JsonObject", folder: Path) -> str:
    """Say that the data is not here, and what to do; empty when it is. `said` has the path as it was said."""
    from trainerspec.collecting.collect import needed
    from trainerspec.workspace.sources import collected

    given, asked = path_of(said), wanted(spec, folder)
    if asked is None or collected(asked):
        return ""
    if given is not None and not Path(given).expanduser().exists():
        return f"`{given}` is not there yet: with the data at hand, `draft` reads columns and classes from it"
    if not needed(asked):
        return ""
    if asked.kind == "path":
        return f"`{given}` is unpacked by `trainerspec collect {folder.as_posix()}`"
    fetched = f"`{asked.shown}` is fetched by `trainerspec collect {folder.as_posix()}`"
    return f"{fetched}; `draft --collect` fetches it at once, and reads columns and classes from it"


def drafted(wish: "Request", made: "Draft", drafting: "Callable[[Request], Draft]", out: Path) -> "Draft":
    """Fetch the data of a draft into its folder, and draft again with a look at it. Raises Stopped."""
    from trainerspec.cli.collect import fetch
    from trainerspec.collecting import snapshot
    from trainerspec.collecting.collect import WORK, finish, needed
    from trainerspec.collecting.wanted import Trouble
    from trainerspec.workspace.writer import writing

    assert made.spec is not None
    folder = out / str(made.spec["name"])
    asked = wanted(relative(made.spec, folder), folder)
    if asked is None or not needed(asked):
        return made
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with writing(folder):
            fetch(asked, folder, refresh=False, err=True)
            finish(folder)
    except Trouble as trouble:
        if new and not any((folder / WORK / "parts").rglob("*.part")):  # nothing that the next try goes on from
            shutil.rmtree(folder)
        raise Stopped((Diagnostic(code=trouble.code, message=trouble.message, hint=trouble.hint),)) from trouble
    taken = snapshot.read(folder / snapshot.FOLDER)
    assert taken is not None
    again = drafting(replace(wish, collected=snapshot.place(folder / snapshot.FOLDER, taken)))
    if again.spec is None:
        return again
    return replace(again, spec={**again.spec, "name": folder.name})
