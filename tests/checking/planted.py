"""What is planted into made data, and under which code it is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.checking import made

Fault = tuple[str, str, str, list[int | str] | int | None]
"""The kind of data, its source, what the spec adds, and the rows (or their number) that are to be found."""
Plant = Callable[[Path], Fault]
ODD = [11, 57, 130]
"""Rows that a fault is planted into, counted from 0; a table's first row stands in line 2."""
LINES: list[int | str] = [13, 59, 132]
FIRST: list[int | str] = [12, 58, 131]
"""The same rows of a file without a header."""
PLANTED: dict[str, tuple[str, Plant]] = {}


def plants(code: str, name: str = "") -> Callable[[Plant], Plant]:
    """Name the code that a fault is found under."""

    def keep(plant: Plant) -> Plant:
        PLANTED[name or plant.__name__] = (code, plant)
        return plant

    return keep


def cells(name: str, value: Any, at: list[int] | None = None) -> Callable[[made.Columns], None]:
    """Return a change that writes a value into some cells of a column."""

    def change(table: made.Columns) -> None:
        for row in at or ODD:
            table[name][row] = value(table[name][row]) if callable(value) else value

    return change
