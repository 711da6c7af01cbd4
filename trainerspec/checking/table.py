"""Findings as lines for people."""

from collections.abc import Iterator, Sequence

from .findings import Finding, Report, places


def lines(report: Report) -> Iterator[str]:
    """Return a table: two lines a finding, what it is and where, and a last one that counts."""
    for one in report.findings:
        mark = f"{one.severity}, acknowledged" if one.acknowledged else one.severity
        yield f"  {mark}  {one.code}  {one.message}"
        told = [places(one), f"accepted: {one.acknowledged}" if one.acknowledged else f"fix: {one.fix}"]
        yield "      " + "; ".join(part for part in told if part)
    looked = f"{report.looked} of {report.rows} rows" if report.looked < report.rows else f"{report.rows} rows"
    yield f"  {looked} checked: {counted(report.findings)}"


def counted(found: Sequence[Finding]) -> str:
    """Count findings by severity.

    >>> counted([])
    'nothing to say'
    """
    open_ = [one for one in found if not one.acknowledged]
    counts = [(name, sum(one.severity == name for one in open_)) for name in ("error", "warning", "note")]
    told = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts if count]
    if len(open_) < len(found):
        told.append(f"{len(found) - len(open_)} acknowledged")
    return ", ".join(told) or "nothing to say"
