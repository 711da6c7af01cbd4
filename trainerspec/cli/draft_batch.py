"""Requests as JSON Lines: each answered in a line of its own, as a draft or as what is wrong with it."""

import json
import sys
from typing import TYPE_CHECKING

from trainerspec.cli.say import say_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from trainerspec.ir.draft import Draft, Request
    from trainerspec.ir.json import Json, JsonObject

MOST = 200_000
"""Characters of a request."""


def answer_lines(drafting: "Callable[[Request], Draft]") -> bool:
    """Answer each line of standard input; a line that is no request is answered with what is wrong with it.

    Returns whether every line was one.
    """
    import gc

    sound = True
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        name, found = _entry(line)
        if isinstance(found, str):
            sound, answer = False, {"id": name, "error": f"line {number}: {found}"}
        else:
            answer = {"id": name, **plain(drafting(found))}
        say_json(answer, indent=None)
        if number == 1:
            gc.freeze()  # the vocabulary stays: no collection needs to walk it again
    return sound


def _entry(line: bytes) -> "tuple[Json, Request | str]":
    """Read one line: its id, and the request or what is wrong with it."""
    from trainerspec.ir.draft import Request

    try:
        entry = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return None, f"not JSON in UTF-8: {error}"
    if not isinstance(entry, dict) or not isinstance(entry.get("request"), str):
        name = entry.get("id") if isinstance(entry, dict) else None
        return _sound(name), "not a JSON object with a text under `request`"
    name, text, place = _sound(entry.get("id")), entry["request"], entry.get("data")
    if why := unfit(text):
        return name, why
    if place is not None and (not isinstance(place, str) or not place.isprintable()):
        return name, "`data` is not a path or a URI"
    return name, Request(text=text, data=place)


def _sound(name: "Json") -> "Json":
    """Return an id that can be written as UTF-8; None in the place of another."""
    return name if json.dumps(name, ensure_ascii=False).isprintable() else None


def unfit(text: str) -> str:
    """Say why a text cannot be read as a request; nothing when it can."""
    if not text.strip():
        return "the request is empty"
    if len(text) > MOST:
        return f"the request has {len(text):,} characters; at most {MOST:,} are read"
    broken = next((at for at, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)
    if broken is not None:
        return f"character {broken + 1} of the request is half of a surrogate pair (`\\u{ord(text[broken]):04x}`)"
    return ""


def plain(made: "Draft") -> "JsonObject":
    """Return a draft as `--json` prints it: what holds it stands first among the questions."""
    from dataclasses import asdict

    asked = [{**asdict(one), "blocking": one in made.held} for one in (*made.held, *made.questions)]
    return {key: value for key, value in asdict(made).items() if key != "held"} | {"questions": asked}
