"""Refuse what is not a finite number where it arises, and name the rows: no bound is met by it."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipeline.base.failure import Failure
from pipeline.graph.inference import Arrays

SHOWN = 5
"""Rows that a message names; failure.json names them all."""


def answers(found: Arrays, places: Sequence[str], split: str) -> None:
    """Raise Failure TS836 when an output of the graph is infinite or not a number; `places` names the rows."""
    for name, array in found.items():
        if not np.issubdtype(array.dtype, np.floating):
            continue
        bad = [str(place) for place, row in zip(places, array, strict=True) if not np.isfinite(row).all()]
        if bad:
            count = f"{len(bad)} of {len(places)} rows of the {split} split"
            message = f"the graph's output `{name}` is infinite or not a number for {count}: {listed(bad)}"
            hint = "look at these rows; lower the learning rate, or serve and train in fp32"
            raise Failure("TS836", message, hint=hint, evidence={"output": name, "rows": bad})


def values(
    found: Mapping[str, float], alone: Callable[[int], Mapping[str, float]], places: Sequence[str], split: str
) -> None:
    """Raise Failure TS836 when a metric is infinite or not a number; `alone` measures one row, to find those that are.

    Rows that are sound each may still overflow together: then the message names none.
    """
    bad = [name for name, value in found.items() if not math.isfinite(value)]
    if not bad:
        return
    name = bad[0]
    rows = [str(place) for row, place in enumerate(places) if not math.isfinite(alone(row).get(name, 0.0))]
    which = f"for rows of the {split} split: {listed(rows)}" if rows else f"over the {split} split as a whole"
    hint = "look at what these rows are to give, and what is answered; take out values that cannot be"
    evidence = {"metric": name, "rows": rows}
    raise Failure("TS836", f"`{name}` is {found[name]}, no finite number, {which}", hint=hint, evidence=evidence)


def listed(rows: Sequence[str]) -> str:
    """Name some rows.

    >>> listed(["a:1", "a:2"]), listed([str(n) for n in range(9)])
    ('`a:1`, `a:2`', '`0`, `1`, `2`, `3`, `4`, ... and 4 more')
    """
    told = ", ".join(f"`{row}`" for row in rows[:SHOWN])
    return told if len(rows) <= SHOWN else f"{told}, ... and {len(rows) - SHOWN} more"
