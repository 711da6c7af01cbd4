"""Load a grammar of grammar/, prepared: analysing one takes longer than most commands need for all the rest."""

import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import lark
from lark import Lark

from trainerspec import __version__, prepared
from trainerspec.assets import folder

KIND = f"{__version__}-lark-{lark.__version__}-python-{sys.version_info.major}.{sys.version_info.minor}"
"""What a prepared grammar holds for."""


def load(name: str, **options: object) -> Lark:
    """Load grammar/<name> as an LALR parser with Lark's `options`.

    The analysed grammar is read from the user's cache folder, where a command that may write has kept it under the
    digest of grammar, options, Lark and Python, or from where it ships; where there is none, the grammar is analysed.
    """
    text = (folder("grammar") / name).read_text(encoding="utf-8")
    file = _file(name, text, options)
    places = [place for place in (prepared.folder(), prepared.SHIPPED) if place is not None]
    there = next((place / file for place in places if (place / file).is_file()), None)
    if there is None and prepared.keeping() and len(places) > 1:
        there = places[0] / file
    if there is None:
        return Lark(text, parser="lalr", **options)
    return Lark(text, parser="lalr", cache=str(there), **options)


def ship(name: str, place: Path, **options: object) -> None:
    """Write the analysed grammar into the folder `place`, where `load` finds it. Raises OSError."""
    text = (folder("grammar") / name).read_text(encoding="utf-8")
    Lark(text, parser="lalr", cache=str(place / _file(name, text, options)), **options)


def _file(name: str, text: str, options: Mapping[str, object]) -> str:
    digest = sha256(f"{text}{sorted(options.items())}".encode()).hexdigest()
    return f"{name}-{digest[:12]}-{KIND}.bin"
