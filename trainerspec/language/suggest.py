"""Guess what a misspelt word was meant to be."""

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word nearest to a misspelt one, or None when none is near.

    >>> closest("acuracy", ["accuracy", "macro_f1"])
    'accuracy'
    """
    words = [str(candidate) for candidate in known]
    folded = {_fold(candidate): candidate for candidate in reversed(words)}
    if _fold(word) in folded:
        return folded[_fold(word)]
    from difflib import get_close_matches  # only a mistake needs it

    found = get_close_matches(_fold(word), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _fold(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question ``did you mean `x`?``, or nothing when no known word is near."""
    word = closest(word, known) or ""
    return f"did you mean `{word}`?" if word else ""


def choices(known: Iterable[str], most: int = 12) -> str:
    """List what is allowed, cut after some.

    >>> choices(["a", "b"])
    'a, b'
    """
    words = list(known)
    return ", ".join(words[:most]) + (f", ... ({len(words)} in all)" if len(words) > most else "")


def suggest(word: str, known: Iterable[str]) -> str:
    """Return the question and the list: ``did you mean `a`? (a, b)``, or ``known: a, b``."""
    words = list(known)
    question = did_you_mean(word, words)
    if not words:
        return ""
    return f"{question} ({choices(words)})" if question else f"known: {choices(words)}"
