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
    found: Mapping[str, float],
    alone: Callable[[int], Mapping[str, float]],
    places: Sequence[str],
    split: str,
    why: Mapping[str, str],
) -> None:
    """Raise Failure TS836 when a metric is infinite or not a number; `alone` measures one row, to find those that are.

    Rows that are sound each may still overflow together: then the message names none. `why` tells when a metric is not
    defined, by its name.
    """
    bad = [name for name, value in found.items() if not math.isfinite(value)]
    if not bad:
        return
    name = bad[0]
    rows = [str(place) for row, place in enumerate(places) if not math.isfinite(alone(row).get(name, 0.0))]
    if name in why and math.isnan(found[name]):
        raise undefined(name, why[name], rows, split)
    which = f"for rows of the {split} split: {listed(rows)}" if rows else f"over the {split} split as a whole"
    hint = "look at what these rows are to give, and what is answered; take out values that cannot be"
    evidence = {"metric": name, "rows": rows}
    raise Failure("TS836", f"`{name}` is {found[name]}, no finite number, {which}", hint=hint, evidence=evidence)


def defined(found: Mapping[str, float], why: Mapping[str, str], needed: str) -> tuple[dict[str, float], dict[str, str]]:
    """Return the metrics without those that these rows do not define, and why not, by their names.

    `why` tells when a metric is not defined. One that is `needed` stays, for `values` to refuse it.

    >>> defined({"mae": 1.0, "mape": math.nan}, {"mape": "all true values are 0"}, "mae")
    ({'mae': 1.0}, {'mape': 'all true values are 0'})
    """
    absent = {name: why[name] for name, value in found.items() if math.isnan(value) and name in why and name != needed}
    return {name: value for name, value in found.items() if name not in absent}, absent


def reasons(absent: Mapping[str, str], partial: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each reason why metrics are not defined, or not of all rows, with the metrics that it is about.

    >>> reasons({"mape": "all are 0"}, {"mase": "1 does not count", "wql": "1 does not count"})
    [('all are 0', '`mape`'), ('1 does not count', '`mase`, `wql`')]
    """
    named: dict[str, list[str]] = {}
    for metric, reason in [*absent.items(), *partial.items()]:
        named.setdefault(reason, []).append(f"`{metric}`")
    return [(reason, ", ".join(metrics)) for reason, metrics in named.items()]


def told(absent: Mapping[str, str], partial: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Return what evaluation writes for the gate of metrics that are not defined, or not of all rows.

    >>> told({}, {"mase": "1 of 2 windows do not count"})
    {'partly': {'mase': '1 of 2 windows do not count'}}
    """
    return {name: of for name, of in (("undefined", absent), ("partly", partial)) if of}


def chosen(perfect: Mapping[str, float], name: str, why: Mapping[str, str], split: str) -> None:
    """Raise Failure TS836 when the metric that training chooses by is not defined; `perfect` are those of the truth."""
    if name in why and math.isnan(perfect[name]):
        raise undefined(name, why[name], (), split)


def undefined(name: str, why: str, rows: Sequence[str], split: str) -> Failure:
    """Return the Failure TS836 of a metric that no row of a split defines; what chooses by it cannot go on."""
    which = f" (rows {listed(rows)})" if rows else ""
    message = f"`{name}` is not defined on the {split} split: {why}{which}"
    hint = f"name another metric in `objectives`, or split so that the {split} split defines it"
    return Failure("TS836", message, hint=hint, evidence={"metric": name, "rows": list(rows)})


def listed(rows: Sequence[str]) -> str:
    """Name some rows.

    >>> listed(["a:1", "a:2"]), listed([str(n) for n in range(9)])
    ('`a:1`, `a:2`', '`0`, `1`, `2`, `3`, `4`, ... and 4 more')
    """
    told = ", ".join(f"`{row}`" for row in rows[:SHOWN])
    return told if len(rows) <= SHOWN else f"{told}, ... and {len(rows) - SHOWN} more"
