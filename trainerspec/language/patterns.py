"""Regular expressions of files: matched in linear time by RE2, where `$` is the end of the text and nothing else.

Python's `re` takes exponential time on nested repeats, and its `$` matches before a last line break too.
"""

from functools import lru_cache
from typing import Protocol, cast

LONGEST = 1000
"""Characters of a pattern."""
MEMORY = 2**20
"""Bytes that a compiled pattern may take; more is TS307."""


class Compiled(Protocol):
    """A compiled pattern."""

    def search(self, text: str, /) -> object: ...


def found(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text. Raises ValueError when it is no pattern of RE2's syntax.

    >>> found("^[a-z]+$", "news"), found("^[a-z]+$", "news\\n"), found("(a+)+$", "a" * 50 + "b")
    (True, False, False)
    """
    return compiled(pattern).search(text) is not None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> "Compiled":
    """Compile a pattern. Raises ValueError, with the reason, when RE2 does not understand it or it is too large.

    >>> compiled("(?=a)")
    Traceback (most recent call last):
    ValueError: invalid perl operator: (?=
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    import re2  # which few commands need

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        return cast(Compiled, re2.compile(pattern, options))
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
