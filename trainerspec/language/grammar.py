"""Load a grammar of grammar/, prepared: analysing one takes longer than most commands need for all the rest."""

import sys
from hashlib import sha256

import lark
from lark import Lark

from trainerspec import __version__, prepared
from trainerspec.assets import folder

KIND = f"{__version__}-lark-{lark.__version__}-python-{sys.version_info.major}.{sys.version_info.minor}"
"""What a prepared grammar holds for."""


def load(name: str, **options: object) -> Lark:
    """Load grammar/<name> as an LALR parser with Lark's `options`.

    The analysed grammar is read from the user's cache folder, where a command that may write has kept it under the
    digest of grammar, options, Lark and Python; where there is none, the grammar is analysed.
    """
    text = (folder("grammar") / name).read_text(encoding="utf-8")
    place = prepared.folder()
    file = f"{name}-{sha256(text.encode()).hexdigest()[:12]}-{KIND}.bin"
    if place is None or not (prepared.keeping() or (place / file).is_file()):
        return Lark(text, parser="lalr", **options)
    return Lark(text, parser="lalr", cache=str(place / file), **options)
