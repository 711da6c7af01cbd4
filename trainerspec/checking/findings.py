"""What a check has found: a code, its rows and what to do; written as checks.json and read back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .catalogue import CATALOGUE, Severity

VERSION = 1
SHOWN = 5
"""Rows that a message or a table shows of each finding."""
KEPT = 50
"""Rows that checks.json keeps of each finding; `count` counts all."""
LONGEST = 80
"""Characters of a value that is shown."""
ORDER: Mapping[str, int] = {"error": 0, "warning": 1, "note": 2}
Scope = Literal["quick", "deep"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One place in the data."""

    file: str
    line: int | None = None
    """The physical line of a text file, the row of another table; None for a file that is one example."""
    part: str = ""
    """The part of the split that it is in, where that is known."""
    value: str = ""
    """What stands there, cut; empty for personal data."""
    group: int | None = None
    """Rows of equal number belong together, as copies do."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault of the data."""

    code: str
    message: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    """At most KEPT of them."""
    count: int = 0
    """All rows (or files) concerned; those of the whole column where none stands out."""
    severity: Severity
    fix: str
    acknowledged: str = ""
    """Why the author accepts it; empty where nobody does."""

    @property
    def title(self) -> str:
        """Return the check's name in words."""
        return CATALOGUE[self.code].title

    @property
    def stops(self) -> bool:
        """Tell whether nothing may be built on it."""
        return self.severity == "error" and not self.acknowledged


@dataclass(frozen=True, kw_only=True)
class Report:
    """All findings, the worst first, and how much was looked at."""

    findings: tuple[Finding, ...] = ()
    rows: int = 0
    looked: int = 0
    """Rows that were looked at: all, or some that are evenly spread."""
    scope: Scope = "quick"
    """`deep` when models were fitted too."""

    @property
    def stops(self) -> tuple[Finding, ...]:
        """Return what must be mended or acknowledged before anything is built."""
        return tuple(one for one in self.findings if one.stops)


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """A finding that the author of a spec accepts: `data.checks.acknowledge`."""

    code: str
    columns: tuple[str, ...] = ()
    """Those that are meant; empty for all."""
    because: str


def finding(
    code: str,
    message: str,
    *,
    columns: Iterable[str] = (),
    rows: Sequence[Row] = (),
    count: int | None = None,
    severity: Severity | None = None,
    fix: str = "",
) -> Finding:
    """Return a finding with the severity and the fix of its code, unless others are given."""
    about = CATALOGUE[code]
    return Finding(
        code=code,
        message=message,
        columns=tuple(columns),
        rows=tuple(rows[:KEPT]),
        count=len(rows) if count is None else count,
        severity=severity or about.severity,
        fix=fix or about.fix,
    )


def row(place: str, value: object = "", part: str | None = None, group: int | None = None) -> Row:
    """Return the row at a place of the reader, `file:line` or a file's name.

    >>> row("mails.csv:12", "x"), row("cats/1.png").line
    (Row(file='mails.csv', line=12, part='', value='x', group=None), None)
    """
    file, _, line = place.partition("#")[0].rpartition(":")
    text = "" if value is None else " ".join(str(value).split())
    shown = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    if file and line.isdigit():
        return Row(file=file, line=int(line), value=shown, part=part or "", group=group)
    return Row(file=place, value=shown, part=part or "", group=group)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings: what stops first, then by code and columns."""
    return tuple(sorted(found, key=lambda one: (ORDER[one.severity], one.code, one.columns, one.message)))


def acknowledge(found: Iterable[Finding], accepted: Iterable[Acknowledged]) -> tuple[Finding, ...]:
    """Mark the findings that the spec accepts."""
    known = list(accepted)

    def reason(one: Finding) -> str:
        fits = [each for each in known if each.code == one.code and (not each.columns or covers(each, one))]
        return fits[0].because if fits else ""

    return tuple(replace(one, acknowledged=reason(one)) for one in found)


def covers(accepted: Acknowledged, one: Finding) -> bool:
    """Tell whether all columns of a finding are among those that were accepted."""
    return set(one.columns) <= set(accepted.columns)


def described(one: Finding) -> dict[str, object]:
    """Return a finding as plain data; absent are values that a row does not have."""
    rows = [{key: value for key, value in vars(row_).items() if value not in ("", None)} for row_ in one.rows]
    return {
        "code": one.code,
        "severity": one.severity,
        "title": one.title,
        "message": one.message,
        "columns": list(one.columns),
        "rows": rows,
        "count": one.count,
        "fix": one.fix,
        "acknowledged": one.acknowledged,
    }


def document(report: Report) -> dict[str, object]:
    """Return checks.json: how much was looked at, the number of each severity, and the findings, the worst first."""
    found = report.findings
    counts = {name: sum(one.severity == name and not one.acknowledged for one in found) for name in ORDER}
    return {
        "version": VERSION,
        "rows": report.rows,
        "looked": report.looked,
        "scope": report.scope,
        "counts": counts,
        "findings": [described(one) for one in found],
    }


def places(one: Finding) -> str:
    """Name a few rows of a finding.

    >>> places(finding("empty-text", "x", rows=[row("a.csv:2"), row("b.txt")]))
    'a.csv:2, b.txt'
    """
    shown = [one_.file if one_.line is None else f"{one_.file}:{one_.line}" for one_ in one.rows[:SHOWN]]
    more = one.count - len(shown)
    return ", ".join(shown) + (f" and {more} more" if shown and more > 0 else "")
