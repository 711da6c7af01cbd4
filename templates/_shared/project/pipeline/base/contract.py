"""What goes in and comes out, from `contract` in params.yaml: read by the server, its page and the package.

Nothing here or in the server knows the task: it knows ports, each with a kind, a datatype and a shape.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.base.params import Params, Value

Array: TypeAlias = npt.NDArray[np.generic]
Raw: TypeAlias = Mapping[str, list[str] | list[bytes] | Array]
DTYPES: Mapping[str, npt.DTypeLike] = {
    "BOOL": np.bool_,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}
"""Open Inference Protocol names."""
FREE = 1024
"""Values that a request may hold along a dimension of any size, beside the batch."""
ABOUT = 16
"""Words about one input: its name, shape, datatype and parameters."""
NUMBER, HEAD = 32, 64 * 1024
"""Bytes of a number in JSON, and of what stands about one input's values, at most."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """One named value: of a request, of an answer, or of the graph."""

    name: str
    kind: str
    datatype: str
    shape: tuple[int, ...]
    """-1 where any size goes; the first is the batch."""
    role: str = ""
    media_type: str = ""
    optional: bool = False
    """Whether a request may leave it out, or hold missing values: NaN for numbers, an empty text for BYTES."""
    values: tuple[str, ...] = ()
    """What a column of texts is known to hold, the most frequent first."""
    typical: float | None = None
    """The middle of what a column of numbers is known to hold."""

    @property
    def json(self) -> bool:
        """Tell whether each of its BYTES is a JSON document."""
        return self.media_type == "application/json"

    @property
    def prose(self) -> bool:
        """Tell whether it is a column of texts that people wrote."""
        return self.kind == "column" and self.media_type == "text/plain"

    @property
    def binary(self) -> bool:
        """Tell whether its BYTES are files (a PNG) and no text."""
        texts = self.json or (self.media_type or "text/plain").startswith("text/")
        return self.kind == "image" or not texts

    @property
    def gaps(self) -> bool:
        """Tell whether its values may be missing: those of optional ports, and within a history."""
        return self.optional or self.kind == "history"

    def described(self) -> dict[str, object]:
        """Return it as the protocol's metadata has it."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}

    def __str__(self) -> str:
        return f"`{self.name}` ({self.datatype} {list(self.shape)})"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The three signatures: what a user sends, what the graph takes and gives, what a user gets."""

    raw: tuple[Port, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    answer: tuple[Port, ...]

    @cached_property
    def row(self) -> int:
        """Count the values of one row of a request, at most."""
        return sum(math.prod(size if size >= 0 else FREE for size in port.shape[1:]) for port in self.raw)

    def body(self, rows: int, text: int) -> float:
        """Return the bytes of the largest request, of texts up to `text` bytes; no end where files go in."""
        if any(port.binary and port.datatype == "BYTES" for port in self.raw):
            return math.inf
        sizes = [(text if port.datatype == "BYTES" else NUMBER) * math.prod(port.shape[1:]) for port in self.raw]
        free = any(size < 0 for port in self.raw for size in port.shape[1:])
        return math.inf if free else rows * sum(sizes) + HEAD * len(self.raw)

    def most(self, rows: int) -> int:
        """Count the values of a request, and the words that stand about them."""
        return rows * self.row + ABOUT * len(self.raw)


class BadRequest(ValueError):
    """The sender's mistake; the message tells which, and holds nothing of what was sent but names."""


def load(settings: Params) -> Contract:
    """Read the contract. Raises Failure TS820 when params.yaml lacks it."""
    return Contract(
        raw=ports(settings.mappings("contract.raw")),
        inputs=ports(settings.mappings("contract.tensors.inputs")),
        outputs=ports(settings.mappings("contract.tensors.outputs")),
        answer=ports(settings.mappings("contract.answer")),
    )


def ports(listed: Sequence[Mapping[str, Value]]) -> tuple[Port, ...]:
    """Make ports of plain data."""
    return tuple(
        Port(
            name=str(port["name"]),
            kind=str(port["kind"]),
            datatype=str(port["datatype"]),
            shape=sizes(port["shape"]),
            role=str(port.get("role", "")),
            media_type=str(port.get("media_type", "")),
            optional=port.get("optional") is True,
            values=texts(port.get("values")),
            typical=number(port.get("typical")),
        )
        for port in listed
    )


def texts(value: Value) -> tuple[str, ...]:
    """Return a list of texts; empty when there is none."""
    return () if value is None or isinstance(value, str) or not isinstance(value, Sequence) else tuple(map(str, value))


def number(value: Value) -> float | None:
    """Return a number, whole when it is; None when there is none."""
    return value if isinstance(value, int | float) else None


def sizes(shape: Value) -> tuple[int, ...]:
    """Return a shape as a tuple. Raises TypeError when it holds anything but integers."""
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        raise TypeError(f"a shape is a list, not {shape!r}")
    return tuple(size if isinstance(size, int) else int(str(size)) for size in shape)


def check_shape(port: Port, shape: Sequence[int]) -> None:
    """Raise BadRequest unless the shape fits the port."""
    fits = len(shape) == len(port.shape) and all(
        given == size or (size == -1 and given >= 0) for given, size in zip(shape, port.shape, strict=True)
    )
    if not fits:
        raise BadRequest(f"input `{port.name}` has shape {list(shape)}, expected {list(port.shape)}")


def check_rows(port: Port, rows: int, most: int) -> None:
    """Raise BadRequest when there are more rows than a request may hold."""
    if rows > most:
        raise BadRequest(f"input `{port.name}` holds {rows} rows; a request may hold at most {most}")


def to_raw(wanted: Sequence[Port], arrays: Mapping[str, Array], most: int) -> Raw:
    """Check a request's arrays against the ports and give what `encode` takes: texts, files or numbers.

    Optional ports that are left out hold missing values. `most` is the largest batch. Raises BadRequest.
    """
    known = {port.name: port for port in wanted}
    for name in arrays:
        if name not in known:
            raise BadRequest(f"unexpected input `{name[:80]}`; this model takes {', '.join(map(str, wanted))}")
    raw: dict[str, list[str] | list[bytes] | Array] = {}
    batch: tuple[str, int] | None = None
    for port in wanted:
        array = arrays.get(port.name)
        if array is None and port.optional:
            continue
        if array is None:
            raise BadRequest(f"input {port} is missing")
        check_shape(port, array.shape)
        rows = array.shape[0]
        if rows == 0:
            raise BadRequest(f"input `{port.name}` is empty")
        check_rows(port, rows, most)
        if batch is not None and batch[1] != rows:
            raise BadRequest(
                f"inputs `{batch[0]}` and `{port.name}` hold {batch[1]} and {rows} rows; they must be equal"
            )
        batch = (port.name, rows)
        raw[port.name] = values(port, array)
    if batch is None:
        raise BadRequest(f"a request holds at least one of {', '.join(map(str, wanted))}")
    return {port.name: raw[port.name] if port.name in raw else missing(port, batch[1]) for port in wanted}


def missing(port: Port, rows: int) -> list[str] | list[bytes] | Array:
    """Return what an optional port holds that is left out: NaN for numbers, empty texts for BYTES."""
    return [""] * rows if port.datatype == "BYTES" else np.full((rows, *port.shape[1:]), np.nan, DTYPES[port.datatype])


def stacked(port: Port, rows: Sequence[object]) -> Array:
    """Return rows of lists as one array; histories that are shorter than others begin with missing values."""
    listed = [np.asarray(row, DTYPES[port.datatype]) for row in rows]
    if port.kind != "history":
        return np.stack(listed)
    most = max((len(one) for one in listed), default=0)
    return np.stack([np.concatenate([np.full(most - len(one), np.nan), one]) for one in listed])


def values(port: Port, array: Array) -> list[str] | list[bytes] | Array:
    """Return the values of one port: `str` for text, `bytes` for files, the array for numbers."""
    if port.datatype != "BYTES":
        return array
    flat: list[object] = list(array.ravel())
    for index, item in enumerate(flat):
        if not isinstance(item, str | bytes):
            raise BadRequest(f"row {index} of input `{port.name}` is not a string")
    if port.binary:
        return [item.encode() if isinstance(item, str) else bytes(item) for item in flat]  # type: ignore[call-overload]
    try:
        return [item.decode() if isinstance(item, bytes) else str(item) for item in flat]
    except UnicodeDecodeError as error:
        raise BadRequest(f"input `{port.name}` is not UTF-8 text") from error


def to_array(port: Port, value: object) -> Array:
    """Return one port's answer as an array of its datatype; texts become UTF-8."""
    if port.datatype != "BYTES":
        return np.ascontiguousarray(np.asarray(value, dtype=DTYPES[port.datatype]))
    assert isinstance(value, Sequence), f"`decode` gave no list for `{port.name}`"
    array = np.empty(len(value), dtype=np.object_)
    for index, item in enumerate(value):
        array[index] = item if isinstance(item, bytes) else written(port, item).encode()
    return array


def written(port: Port, value: object) -> str:
    """Return one value of BYTES as text: JSON where the port holds JSON, nothing for None."""
    if port.json and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=float)
    return "" if value is None else str(value)
