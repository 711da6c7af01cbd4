"""Load a grammar of grammar/, prepared: analysing one takes longer than most commands need for all the rest."""

import os
from functools import cache
from pathlib import Path

from lark import Lark

from trainerspec import __version__
from trainerspec.assets import folder


def load(name: str, **options: object) -> Lark:
    """Load grammar/<name> as an LALR parser with Lark's `options`.

    The analysed grammar is kept in the user's cache folder under the digest of grammar, options, Lark and Python; where
    it cannot be written or read, the grammar is analysed each time.
    """
    text = (folder("grammar") / name).read_text(encoding="utf-8")
    place = kept()
    if place is None:
        return Lark(text, parser="lalr", **options)
    return Lark(text, parser="lalr", cache=str(place / f"{name}-{__version__}.bin"), **options)


@cache
def kept() -> Path | None:
    """Return the folder of prepared grammars, for this user only; None where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "trainerspec"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return place if place.stat().st_uid == os.getuid() else None
