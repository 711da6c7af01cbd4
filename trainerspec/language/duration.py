"""Spans of time as people write them: `90 s`, `30 min`, `1h`."""

import re

SECONDS = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|sec|min|m|h|d)?\s*")


def seconds(text: str) -> float | None:
    """Return a span of time in seconds; a number alone counts minutes. None for what is none.

    >>> seconds("90 s"), seconds("1h"), seconds("30"), seconds("soon")
    (90.0, 3600.0, 1800.0, None)
    """
    found = _WRITTEN.fullmatch(text)
    return float(found[1]) * SECONDS[found[2] or "min"] if found else None
