"""All checks, in the order of what they look at. Start here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from .classes import classes
from .columns import columns
from .findings import Acknowledged, Finding, Report, Scope, acknowledge, ordered
from .leaks import leaks
from .marks import marks
from .personal import personal
from .pictures import pictures
from .splits import splits
from .subject import Subject
from .texts import texts
from .values import values

Check: TypeAlias = Callable[[Subject], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    columns, values, leaks, classes, splits, texts, personal, marks, pictures,
)  # fmt: skip


def check(
    subject: Subject,
    accepted: Iterable[Acknowledged] = (),
    *,
    rows: int | None = None,
    deep: Sequence[Check] | None = None,
) -> Report:
    """Return what is wrong with the data, the worst first; what the author accepts is marked.

    `rows` tells how many there are where `subject` holds only some; `deep` are further checks, which fit models.
    """
    looked = subject.frame.height
    chosen = (*CHECKS, *(deep or ())) if looked else ()
    found = ordered(found for one in chosen for found in one(subject))
    total = looked if rows is None else rows
    scope: Scope = "quick" if deep is None else "deep"
    return Report(findings=acknowledge(found, accepted), rows=total, looked=looked, scope=scope)
