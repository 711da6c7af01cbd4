"""Bounds that no model can meet, with the arithmetic that says so."""

from trainerspec.drafting.fields.amounts import Amount
from trainerspec.drafting.reading.vocabulary import MetricWords


def unmeetable(text: str, said: Amount, metric: MetricWords, number: float, symbol: str) -> str:
    """Say why no model can meet a bound; nothing when one can."""
    share = number * (0.01 if symbol == "%" else 1)
    if said.negative:
        return f"`{text}` would be below zero, and {metric.name} never is"
    if metric.unit == "ratio" and (share > 1 or share < 0):
        return f"`{text}`: {metric.name} is at most 1 (100%), so that no model reaches it"
    if metric.unit == "ratio" and symbol == "%" and not said.symbol and 1 < said.number < 2:
        return f"{figure(said.number)} is above 1, the best {metric.name} that there is"
    if metric.name == "r2" and share > 1:
        return f"`{text}`: {metric.name} is at most 1, so that no model reaches it"
    if number == 0 and metric.better == "lower" and metric.unit in ("time", "size"):
        return f"`{text}`: every model takes some"
    return ""


def figure(number: float) -> str:
    """Write a number as people do, without needless zeros."""
    return f"{round(number, 9):.15g}"
