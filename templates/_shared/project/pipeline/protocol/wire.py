"""The Open Inference Protocol over HTTP: bytes to arrays and back, strict on what comes in.

JSON, and the binary tensor extension (`Inference-Header-Content-Length`) that tritonclient uses by default.
A BYTES input that is a file goes as binary data, or in JSON as base64 under `"parameters": {"content_type": "base64"}`.
"""

import base64
import binascii
import math
import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from pipeline.base import contract
from pipeline.base.contract import DTYPES, Array, BadRequest, Contract, Port
from pipeline.protocol import bounds, fields

LENGTH = "inference-header-content-length"
DIGITS = re.compile(r"[0-9]{1,15}")
UNPACKED = 2**20
"""Bytes that any body may unpack to, whatever its own size."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request, checked as far as the protocol goes."""

    id: str
    arrays: Mapping[str, Array]
    binary: bool
    """Whether outputs go out as binary data unless they say otherwise."""
    outputs: Mapping[str, bool | None] | None
    """The outputs asked for, each with its own wish for binary data; None for all."""


def inflate(body: bytes, encoding: str, limit: int, ratio: int = 100) -> bytes:
    """Undo gzip or deflate, up to `limit` bytes and `ratio` times the body's own. Raises BadRequest."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise BadRequest("content-encoding must be gzip, deflate or identity")
    worker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    bound = min(limit, max(UNPACKED, ratio * len(body)))
    try:
        plain = worker.decompress(body, bound + 1)
    except zlib.error as error:
        raise BadRequest("the body is not what its content-encoding says") from error
    if len(plain) > limit:
        raise BadRequest(f"the unpacked body is larger than {limit} bytes")
    if len(plain) > bound:
        raise BadRequest(f"the unpacked body is more than {ratio} times larger than it came")
    if not worker.eof or worker.unused_data:
        raise BadRequest("the body is not what its content-encoding says")
    return plain


def decode(body: bytes, length: str | None, agreed: Contract, most: int) -> Request:
    """Read a request's body; `length` is the header `Inference-Header-Content-Length`, `most` the largest batch.

    What a shape or the batch forbids is not unpacked. Raises BadRequest.
    """
    raw = agreed.raw
    split = len(body)
    if length is not None:
        if not DIGITS.fullmatch(length) or int(length) > len(body):
            raise BadRequest(f"`{LENGTH}` is not a length within the body")
        split = int(length)
        if split == 0:
            return only(body, raw)
    head = body[:split]
    bounds.check_json(head, agreed.most(most))
    try:
        document = orjson.loads(head)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {str(error)[:120]}") from error
    if not isinstance(document, dict):
        raise BadRequest("the body is not a JSON object")
    inputs = fields.listed(document, "inputs")
    if not inputs:
        raise BadRequest("`inputs` is missing or empty")
    known = {port.name: port for port in raw}
    arrays: dict[str, Array] = {}
    for tensor in inputs:
        name = fields.text(tensor, "name")
        if name in arrays:
            raise BadRequest(f"input `{name[:80]}` is given twice")
        if name not in known:
            raise BadRequest(f"unexpected input `{name[:80]}`; this model takes {', '.join(map(str, raw))}")
        arrays[name], split = read(tensor, known[name], most, body, split)
    if split != len(body):
        raise BadRequest(f"the body holds {len(body) - split} bytes more than its inputs")
    wishes = {
        fields.text(output, "name"): fields.flag(output, "binary_data") for output in fields.listed(document, "outputs")
    }
    return Request(
        id=fields.identity(document),
        arrays=arrays,
        binary=bool(fields.flag(document, "binary_data_output")),
        outputs=wishes or None,
    )


def only(body: bytes, raw: Sequence[Port]) -> Request:
    """Take the whole body as the one value of a model's one BYTES input (Triton's raw binary request)."""
    if len(raw) != 1 or raw[0].datatype != "BYTES":
        raise BadRequest("a raw body goes only with a model that has one BYTES input")
    array = np.empty(1, dtype=np.object_)
    array[0] = body
    return Request(id="", arrays={raw[0].name: array}, binary=False, outputs=None)


def read(tensor: Mapping[str, object], port: Port, most: int, body: bytes, at: int) -> tuple[Array, int]:
    """Read one input; give it and where the next one's binary data begins."""
    datatype, shape, label = fields.text(tensor, "datatype"), fields.dimensions(tensor), f"input `{port.name}`"
    if datatype != port.datatype:
        raise BadRequest(f"{label} has datatype {datatype[:20]}, expected {port.datatype}")
    contract.check_shape(port, shape)
    contract.check_rows(port, shape[0], most)
    size = fields.parameters(tensor).get("binary_data_size")
    if "data" in tensor:
        encoded = fields.parameters(tensor).get("content_type") == "base64"
        array = from_json(tensor["data"], port, shape, encoded=encoded)
    elif isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= len(body) - at:
        array = from_bytes(body[at : at + size], port, shape)
        at += size
    else:
        raise BadRequest(f"{label} has neither `data` nor a `binary_data_size` within the body")
    return array.reshape(shape), at


def from_json(data: object, port: Port, shape: Sequence[int], *, encoded: bool) -> Array:
    """Make a flat array of JSON values, nested or not, as many as the shape has. Raises BadRequest."""
    if not isinstance(data, list):
        raise BadRequest(f"`data` of input `{port.name}` is not a list")
    flat = flatten(data)
    check_count(port, len(flat), shape)
    if port.datatype == "BYTES":
        array = np.empty(len(flat), dtype=np.object_)
        for index, item in enumerate(flat):
            if item is None and port.gaps:
                item = ""
            if not isinstance(item, str):
                raise BadRequest(f"value {index} of input `{port.name}` is not a string")
            array[index] = unbase64(item, port) if encoded else item.encode()
        return array
    if port.datatype == "FP16":
        raise BadRequest(f"input `{port.name}` is FP16, which goes as binary data only")
    if port.gaps and port.datatype[0] == "F":
        flat = [float("nan") if item is None else item for item in flat]
    kinds = {"B": bool, "F": (int, float)}.get(port.datatype[0], int)
    if any(not isinstance(item, kinds) or (isinstance(item, bool) and kinds is not bool) for item in flat):  # type: ignore[arg-type]
        raise BadRequest(f"input `{port.name}` holds values that are not {port.datatype}")
    try:
        return np.array(flat, dtype=DTYPES[port.datatype])
    except (OverflowError, ValueError) as error:
        raise BadRequest(f"input `{port.name}` holds values outside {port.datatype}") from error


def from_bytes(data: bytes, port: Port, shape: Sequence[int]) -> Array:
    """Make a flat array of binary tensor data, as many values as the shape has; BYTES have their length in front.

    Raises BadRequest.
    """
    if port.datatype != "BYTES":
        dtype = np.dtype(DTYPES[port.datatype])
        if len(data) % dtype.itemsize:
            raise BadRequest(f"binary data of input `{port.name}` is not a whole number of {port.datatype} values")
        check_count(port, len(data) // dtype.itemsize, shape)
        return np.frombuffer(data, dtype=dtype)
    found: list[bytes] = []
    at, most = 0, math.prod(shape)
    while at < len(data):
        if len(found) == most:
            raise BadRequest(f"input `{port.name}` holds more values than its shape {list(shape)}")
        if at + 4 > len(data):
            raise BadRequest(f"binary data of input `{port.name}` ends within a length")
        (length,) = struct.unpack_from("<I", data, at)
        if at + 4 + length > len(data):
            raise BadRequest(f"binary data of input `{port.name}` ends within a value")
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    check_count(port, len(found), shape)
    array = np.empty(len(found), dtype=np.object_)
    array[:] = found
    return array


def check_count(port: Port, found: int, shape: Sequence[int]) -> None:
    """Raise BadRequest when a shape and its values do not fit."""
    if found != math.prod(shape):
        raise BadRequest(f"input `{port.name}` holds {found} values, but its shape is {list(shape)}")


def check_wishes(request: Request, answer: Sequence[Port]) -> None:
    """Raise BadRequest when an output is asked for that is none: before the work is done."""
    names = [port.name for port in answer]
    for wanted in request.outputs or ():
        if wanted not in names:
            given = ", ".join(f"`{name}`" for name in names)
            raise BadRequest(f"unexpected output `{wanted[:80]}`; this model gives {given}")


def encode(
    name: str, version: str, request_id: str, outputs: Mapping[str, tuple[Port, Array]], request: Request
) -> tuple[bytes, dict[str, str]]:
    """Return the answer's body and headers; the request's wishes are checked."""
    described, tail = [], []
    wishes = request.outputs if request.outputs is not None else dict.fromkeys(outputs)
    for wanted, wish in wishes.items():
        port, array = outputs[wanted]
        about: dict[str, object] = {"name": wanted, "datatype": port.datatype, "shape": list(array.shape)}
        if request.binary if wish is None else wish:
            tail.append(to_bytes(array))
            about["parameters"] = {"binary_data_size": len(tail[-1])}
        elif port.datatype == "BYTES" and port.binary:
            about["parameters"] = {"content_type": "base64"}
            about["data"] = [base64.b64encode(item).decode() for item in items(array)]
        elif port.datatype == "BYTES":
            about["data"] = [item.decode(errors="replace") for item in items(array)]
        else:
            about["data"] = array.ravel() if array.dtype != np.float16 else array.ravel().astype(np.float32)
        described.append(about)
    answer = {"model_name": name, "model_version": version, "id": request_id, "outputs": described}
    head = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    if not tail:
        return head, {"content-type": "application/json"}
    return b"".join([head, *tail]), {"content-type": "application/octet-stream", LENGTH: str(len(head))}


def items(array: Array) -> list[bytes]:
    """Return the values of a BYTES array."""
    listed: list[bytes] = array.ravel().tolist()
    return listed


def to_bytes(array: Array) -> bytes:
    """Return binary tensor data."""
    if array.dtype != np.object_:
        return array.tobytes()
    return b"".join(struct.pack("<I", len(item)) + item for item in items(array))


def flatten(data: list[object]) -> list[object]:
    """Flatten lists in lists, without recursion: their depth is the sender's."""
    if not any(isinstance(item, list) for item in data):
        return data
    flat: list[object] = []
    stack = [iter(data)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            flat.append(item)
        else:
            stack.pop()
    return flat


def unbase64(item: str, port: Port) -> bytes:
    """Decode base64. Raises BadRequest."""
    try:
        return base64.b64decode(item, validate=True)
    except binascii.Error as error:
        raise BadRequest(f"input `{port.name}` is not base64") from error
