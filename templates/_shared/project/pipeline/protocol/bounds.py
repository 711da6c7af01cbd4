"""Count what a body holds before anything is unpacked: a small one may stand for millions of values.

JSON by its commas outside of texts, a gRPC message by its wire format; both without making one Python object a value.
"""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.base.contract import BadRequest

Flags: TypeAlias = npt.NDArray[np.bool_]
PIECE = 256 * 1024
"""Bytes that are looked at in one step; between steps other threads run."""
OVERHEAD = 1024
"""Commas and fields that a request has beside its values: names, shapes, parameters, ids."""
PLAIN = 4096
"""Bytes of a body that needs no counting."""
QUOTE, BACKSLASH, COMMA = b'"\\,'
REQUEST, INPUT, CONTENTS = range(3)
NESTED = {(REQUEST, 5): INPUT, (INPUT, 5): CONTENTS}
"""Fields that are messages which are looked into: `inputs` of a request, `contents` of an input."""
SIZES = 16
"""Dimensions of a shape at most."""
NUMBERS = 10
"""Bytes of a number at most, as a varint."""


def check_json(body: bytes, values: int) -> None:
    """Raise BadRequest when a JSON document holds more than `values` values and what goes with them.

    >>> check_json(b"[" + b"0," * 9000 + b"0]", 2)
    Traceback (most recent call last):
    pipeline.base.contract.BadRequest: the body holds more values than this model takes
    >>> check_json(b'["' + b"0," * 9000 + b'"]', 2)
    """
    most = values + OVERHEAD
    if len(body) <= PLAIN or body.count(b",") <= most:
        return
    found, inside, escaped = 0, False, False
    for start in range(0, len(body), PIECE):
        piece = np.frombuffer(body, np.uint8, min(PIECE, len(body) - start), start)
        quotes = piece == QUOTE
        if escaped or BACKSLASH in body[start : start + PIECE]:
            quotes, escaped = quotes & ~after_escapes(piece, escaped), odd_end(piece, escaped)
        texts = np.logical_xor.accumulate(quotes) ^ inside
        found += int(np.count_nonzero((piece == COMMA) & ~texts))
        inside = bool(texts[-1])
        if found > most:
            raise BadRequest("the body holds more values than this model takes")


def runs(piece: npt.NDArray[np.uint8], escaped: bool) -> npt.NDArray[np.int64]:
    """Return how many backslashes stand in a row up to each byte, itself included."""
    places = np.arange(1, len(piece) + 1)
    last = np.maximum.accumulate(np.where(piece != BACKSLASH, places, 0))
    found: npt.NDArray[np.int64] = places - last + (escaped & (last == 0))
    return found


def after_escapes(piece: npt.NDArray[np.uint8], escaped: bool) -> Flags:
    """Tell of each byte whether an odd number of backslashes stands before it."""
    before = np.empty(len(piece), np.bool_)
    before[0], before[1:] = escaped, runs(piece, escaped)[:-1] % 2 == 1
    return before


def odd_end(piece: npt.NDArray[np.uint8], escaped: bool) -> bool:
    """Tell whether a piece ends in an odd number of backslashes."""
    return bool(runs(piece, escaped)[-1] % 2)


def check_message(data: bytes, values: int) -> None:
    """Raise BadRequest when a ModelInferRequest holds more than `values` values, or fields without end."""
    left = [values + OVERHEAD]
    walk(data, REQUEST, 0, len(data), values, left)


def walk(data: bytes, kind: int, at: int, end: int, values: int, left: list[int]) -> None:
    """Count the fields between two places, and those of messages within; `left` is what may still come."""
    for field, start, stop in fields(data, at, end):
        left[0] -= 1
        packed = SIZES if (kind, field) == (INPUT, 3) else values if kind == CONTENTS and field != 8 else stop
        if left[0] < 0 or stop - start > NUMBERS * packed:
            raise BadRequest("the message holds more values than this model takes")
        if (kind, field) in NESTED:
            walk(data, NESTED[kind, field], start, stop, values, left)


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Find the fields of a protobuf message: each one's number, and where its content begins and ends."""
    while at < end:
        key, at = varint(data, at, end)
        wire = key & 7
        if wire == 0:
            _, stop = varint(data, at, end)
        elif wire == 2:
            size, at = varint(data, at, end)
            stop = at + size
        elif wire in (1, 5):
            stop = at + (8 if wire == 1 else 4)
        else:
            raise BadRequest("the message is not a request of the Open Inference Protocol")
        if stop > end:
            raise BadRequest("the message ends within a field")
        yield key >> 3, at, stop
        at = stop


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read a number; return it and where the next byte is."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BadRequest("the message ends within a number")
