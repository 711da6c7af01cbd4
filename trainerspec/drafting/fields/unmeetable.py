"""Bounds that no model can meet, with the arithmetic that says so."""

import re

from trainerspec.drafting.fields.amounts import Amount
from trainerspec.drafting.reading.vocabulary import MetricWords

LESS = re.compile(
    r"(?:below|under|beneath|(?:less|smaller|lower) than|unter|(?:kleiner|weniger) als|menor que|menos de|por debajo de"
    r"|inf[ée]rieure?s? [àa]|moins de|sous|inferiore a|meno di|minder dan|onder|abaixo de|<|低于|小于)\s*$"
)
"""What stands directly before a number that is not to be reached."""


def unmeetable(text: str, said: Amount, metric: MetricWords, number: float, symbol: str, *, less: bool = False) -> str:
    """Say why no model can meet a bound, of an amount or of `less` than it; nothing when one can."""
    share = number * (0.01 if symbol == "%" else 1)
    if less and said.number == 0 and metric.better == "lower":
        return f"{metric.name} is never below zero"
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
