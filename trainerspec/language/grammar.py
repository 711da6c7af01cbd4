"""Load a grammar of grammar/, prepared: analysing one takes longer than most commands need for all the rest."""

import os
import stat
import sys
from hashlib import sha256
from pathlib import Path

import lark
from lark import Lark

from trainerspec import __version__
from trainerspec.assets import folder

KIND = f"{__version__}-lark-{lark.__version__}-python-{sys.version_info.major}.{sys.version_info.minor}"
"""What a prepared grammar holds for."""
_keeping = False
"""Whether grammars that are analysed are kept."""


def keep() -> None:
    """Keep from now on what is analysed; a command that writes nothing does not ask for it."""
    global _keeping
    _keeping = True


def load(name: str, **options: object) -> Lark:
    """Load grammar/<name> as an LALR parser with Lark's `options`.

    The analysed grammar is read from the user's cache folder, where a command that may write has kept it under the
    digest of grammar, options, Lark and Python; where there is none, the grammar is analysed.
    """
    text = (folder("grammar") / name).read_text(encoding="utf-8")
    place = kept()
    file = f"{name}-{sha256(text.encode()).hexdigest()[:12]}-{KIND}.bin"
    if place is None or not (_keeping or (place / file).is_file()):
        return Lark(text, parser="lalr", **options)
    return Lark(text, parser="lalr", cache=str(place / file), **options)


def kept() -> Path | None:
    """Return the folder of prepared grammars, which nobody else can write; None where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(base) / "trainerspec"
    try:
        if _keeping:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.lstat()
    except OSError:
        return None
    own = about.st_uid == os.getuid() and stat.S_ISDIR(about.st_mode) and not about.st_mode & 0o022
    return place if own else None
