"""An answer as columns of a table: the same names in files, in frames and in MLflow. Needs numpy alone."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from pipeline.base import contract
from pipeline.base.contract import DTYPES, Array, Port

Values: TypeAlias = list[str] | list[bytes] | Array
PARTS: Mapping[str, tuple[str, ...]] = {"interval": ("low", "high"), "box": ("x0", "y0", "x1", "y1")}
"""What the values of one row are called, by the kind of the port; those of scores have the classes' names."""
MOST = 1000
"""Values of one row that get a column each."""


def names(port: Port, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of one port.

    >>> names(Port(name="scores", kind="scores", datatype="FP32", shape=(-1, 2)), ["no", "yes"])
    ('scores.no', 'scores.yes')
    >>> names(Port(name="value", kind="number", datatype="FP32", shape=(-1,)), [])
    ('value',)
    """
    count = width(port)
    if count is None or len(port.shape) == 1:
        return (port.name,)
    parts: Sequence[object] = PARTS.get(port.kind, range(count))
    if port.kind == "scores" and len(labels) == count:
        parts = labels
    return tuple(f"{port.name}.{part}" for part in parts)


def width(port: Port) -> int | None:
    """Count the values of one row; None where rows differ or have very many: they are JSON in one column."""
    if any(size < 0 for size in port.shape[1:]):
        return None
    count = math.prod(port.shape[1:])
    return count if count <= MOST else None


def columns(port: Port, value: object, labels: Sequence[str]) -> dict[str, Values]:
    """Return the columns of one port's answer; texts are `str`, files `bytes`."""
    named = names(port, labels)
    if port.datatype == "BYTES" and not port.binary:
        assert isinstance(value, Sequence), f"`decode` gave no list for `{port.name}`"
        if set(map(type, value)) <= {str}:
            return {named[0]: list(value)}
        return {named[0]: [item if isinstance(item, str) else contract.written(port, item) for item in value]}
    array = contract.to_array(port, value)
    if port.datatype == "BYTES":
        return {named[0]: array.tolist()}
    if width(port) is None:
        return {named[0]: [json.dumps(row) for row in array.tolist()]}
    flat_array = array.reshape(len(array), -1)
    return {name: flat_array[:, place] for place, name in enumerate(named)}


def kind(port: Port) -> np.dtype[np.generic]:
    """Return the type of a port's columns: that of its numbers, object for texts and files."""
    return np.dtype(np.object_) if width(port) is None else np.dtype(DTYPES[port.datatype])
