"""The bearer token, as the environment has it and a header carries it (RFC 6750)."""

import os
import re

from pipeline.base.failure import Failure

TOKEN = re.compile(r"[\x21-\x7e]+")
"""Visible ASCII: in other letters a header has no one encoding, and senders and servers take different ones."""


def token(name: str) -> str | None:
    """Read the token from a variable of the environment, without the space around it; None where none is asked for.

    Raises Failure TS864 when the variable is not set, or holds nothing that a header can carry.
    """
    if not name:
        return None
    found = os.environ.get(name, "").strip()
    if not found:
        raise Failure("TS864", f"the environment has no `{name}`", hint="set it, or leave out --token-env")
    if not TOKEN.fullmatch(found):
        hint = "write the token in letters, digits and signs of ASCII, without a space"
        raise Failure("TS864", f"`{name}` holds a token that no header can carry", hint=hint)
    return found
