"""Read what a client of the server of forks wants, and answer it; anything with the user's rights may have sent it."""

import array
import json
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

STANDARD = 3
"""Descriptors of a request: input, output and errors."""


@dataclass(frozen=True)
class Request:
    """What a client wants to be run, and its input, output and errors."""

    words: list[str]
    safe: bool
    """Whether modules of the folder are not to be found (`python -P`)."""
    cwd: str
    env: dict[str, str]
    files: list[int]


def take(connection: socket.socket) -> Request | None:
    """Read a request; None when the connection was closed, the rest of it does not come, or it is no request."""
    length, body, files = 0, b"", array.array("i")
    with suppress(OSError):
        head, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(STANDARD * files.itemsize))
        for _, _, data in ancillary:
            files.frombytes(data)
        length = int.from_bytes(head, "big")
        while len(body) < length and (part := connection.recv(length - len(body))):
            body += part
    with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
        if length and len(body) == length and len(files) == STANDARD:
            said = json.loads(body)
            words = [str(word) for word in said["words"]]
            env = {name: str(value) for name, value in said["env"].items()}
            if words:
                return Request(words, safe=bool(said["safe"]), cwd=str(said["cwd"]), env=env, files=list(files))
    close(files)
    return None


def send(connection: socket.socket, message: bytes) -> None:
    """Send a few bytes; a client that is gone needs none."""
    with suppress(OSError):
        connection.sendall(message)


def close(files: Iterable[int]) -> None:
    """Close descriptors."""
    for number in files:
        os.close(number)
