"""Show what the checks of the data found: each finding with its rows and its fix."""

import html
from collections.abc import Mapping, Sequence

from pipeline.reporting.page import badge

BADGES = {"error": "fail", "warning": "pending", "note": "pass"}
ROWS = 20
"""Rows of a finding that are named."""


def shown(checks: Mapping[str, object], moved: Sequence[object]) -> str:
    """Show build/checks.json, and what moved since the project was built."""
    found, counts = checks["findings"], checks["counts"]
    assert isinstance(found, list)
    assert isinstance(counts, Mapping)
    cards = [card(one) for one in found]
    cards += [card({"severity": "warning", "title": "moved since the build", "message": one}) for one in moved]
    some = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count)
    rows = (
        f"{checks['looked']} rows"
        if checks["looked"] == checks["rows"]
        else f"{checks['looked']} of {checks['rows']} rows"
    )
    return f"<p>{rows} were checked: {html.escape(some) or 'nothing stands out'}.</p>{''.join(cards)}"


def card(one: Mapping[str, object]) -> str:
    """Show one finding."""
    severity = str(one["severity"])
    code = f" <span class='dim'>{html.escape(str(one['code']))}</span>" if one.get("code") else ""
    told = [f"<p>{badge(BADGES.get(severity, 'pending'), severity)} <b>{html.escape(str(one['title']))}</b>{code}</p>"]
    told.append(f"<p>{html.escape(str(one['message']))}</p>")
    if one.get("fix"):
        told.append(f"<p><span class='dim'>What to do:</span> {html.escape(str(one['fix']))}</p>")
    if one.get("acknowledged"):
        told.append(f"<p><span class='dim'>Accepted:</span> {html.escape(str(one['acknowledged']))}</p>")
    rows, count = one.get("rows"), one.get("count")
    if isinstance(rows, list) and rows:
        listed = "".join(f"<li>{place(row)}</li>" for row in rows[:ROWS])
        told.append(f"<details><summary>{html.escape(str(count))} rows</summary><ul>{listed}</ul></details>")
    return f"<div class='finding'>{''.join(told)}</div>"


def place(row: Mapping[str, object]) -> str:
    """Name a row, with its value where that may be shown."""
    line = f":{row['line']}" if "line" in row else ""
    part = f" <span class='dim'>{html.escape(str(row['part']))}</span>" if "part" in row else ""
    value = f" {html.escape(str(row['value']))}" if "value" in row else ""
    return f"{html.escape(str(row['file']))}{line}{part}{value}"
