"""Groups of rows that are nearly the same, and what is said of them."""

from collections.abc import Iterable, Iterator

from ..findings import KEPT, Finding, finding
from ..subject import Subject


def united(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the group of each row that stands in a pair, by the least row of the group (union-find).

    >>> united([(1, 2), (5, 2), (7, 8)])
    {1: 1, 2: 1, 5: 1, 7: 7, 8: 7}
    """
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        while (above := parent.setdefault(row, row)) != row:
            parent[row] = row = parent.setdefault(above, above)
        return row

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {row: root(row) for row in sorted(parent)}


def told(code: str, groups: dict[int, int], column: str, what: str, subject: Subject) -> Iterator[Finding]:
    """Say how many rows are nearly the same, and which groups stand in several parts of the split."""
    if not groups:
        return
    parts: dict[int, set[str]] = {}
    for row, group in groups.items():
        part = subject.parts[row] if subject.parts is not None else None
        parts.setdefault(group, set()).update([str(part)] if part is not None else [])
    across = {row: group for row, group in groups.items() if len(parts[group]) > 1}
    if across:
        message = f"{len(set(across.values()))} groups of {what} in `{column}` stand in several parts of the split"
        yield listed("near-duplicates-across-splits", across, column, message, subject)
    inside = {row: group for row, group in groups.items() if row not in across}
    if inside:
        message = f"{len(inside)} {what} in `{column}`, in {len(set(inside.values()))} groups"
        yield listed(code, inside, column, message, subject)


def listed(code: str, groups: dict[int, int], column: str, message: str, subject: Subject) -> Finding:
    """Return the finding, group by group."""
    chosen = sorted(groups, key=lambda row: (groups[row], row))[:KEPT]
    numbers = {group: number for number, group in enumerate(sorted(set(groups.values())))}
    rows = list(subject.at(chosen, subject.texts, {row: numbers[group] for row, group in groups.items()}))
    return finding(code, message, columns=[column], rows=rows, count=len(groups))
