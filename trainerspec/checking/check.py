"""All checks, in the order of what they look at. Start here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from .findings import Acknowledged, Finding, Report, Scope, acknowledge, ordered
from .pictures.pictures import pictures
from .subject import Subject
from .tables.classes import classes
from .tables.columns import columns
from .tables.leaks import leaks
from .tables.splits import splits
from .tables.values import values
from .texts.marks import marks
from .texts.personal import personal
from .texts.texts import texts

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
