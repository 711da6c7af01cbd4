"""Made histories for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data."""

import math

SEASONS = (12, 7, 24, 4)


def made(length: int, season: int, slope: float, swing: float) -> list[float]:
    """Return a history with a trend and a season."""
    return [round(100 + slope * at + swing * math.sin(2 * math.pi * at / season), 3) for at in range(length)]


HISTORIES = [
    made(60, SEASONS[0], 0.5, 20.0),
    made(48, SEASONS[1], 0.0, 30.0),
    made(96, SEASONS[2], -0.2, 10.0),
    made(30, SEASONS[3], 1.5, 0.0),
    [5.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 4.0, 0.0, 2.0, 0.0, 0.0],
    [-3.0, -2.5, float("nan"), float("nan"), -1.0, -0.5, 0.0, 0.5],
    [1.0e6, 1.1e6, 1.2e6, 1.3e6, 1.25e6],
    [7.0] * 20,
]
RAW: dict[str, list[list[float]] | list[str]] = {
    "history": HISTORIES,
    "time": ["2024-02-29", "2023-12-31T23:00:00", "", "1999-12-31", "2031-07-04", "2024-01-01", "", "2020-06-15"],
    "series": ["", "a", "not seen before", "", "b", "", "a", ""],
}
