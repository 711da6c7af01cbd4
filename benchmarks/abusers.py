"""Clients that do their worst, without a pause: `python benchmarks/abusers.py PORT MODEL COUNT`, until it is ended.

Each goes round: a body that unpacks to a thousand times its size, millions of values, a head byte by byte, a header
without an end, chunks of a byte, a body that never ends, a connection that says nothing, requests far ahead, reloads.
"""

import asyncio
import contextlib
import gzip
import random
import sys

MIB = 2**20
PATIENCE = 5.0
"""Seconds after which an attack is left for the next one."""


def post(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Write a POST, with a length that may be a lie."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def attacks(model: str) -> list[tuple[list[bytes], float]]:
    """Return what is sent, piece by piece, and the seconds between the pieces."""
    path = f"/v2/models/{model}/infer"
    start = b'{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":['
    zeros = start + b"0," * (7 * MIB) + b"0]}]}"
    chunked = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return [
        ([post(path, gzip.compress(zeros), "Content-Encoding: gzip")], 0),
        ([post(path, zeros[: 4 * MIB])], 0),
        ([post(path, start + b'"' + b"," * MIB + b'"]}]}')], 0),
        ([b"GET /v2 HTTP/1.1\r\nX: "] + [b"x"] * 100, 0.05),
        ([b"GET /v2 HTTP/1.1\r\nX: " + b"x" * MIB], 0),
        ([chunked + b"1\r\n \r\n" * 50_000], 0),
        ([post(path, b" " * MIB, length=8 * MIB)], 0),
        ([b""], 0),
        ([b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000], 0),
        (
            [post(f"/v2/repository/models/{model}/load", b"")],
            0,
        ),
    ]


async def attack(port: int, pieces: list[bytes], pause: float) -> None:
    """Send the pieces, and take what comes until the server ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        while await reader.read(65536):
            pass


async def abuser(port: int, model: str, seed: int) -> None:
    """Attack without an end, in an order of its own."""
    chance, listed = random.Random(seed), attacks(model)
    while True:
        pieces, pause = chance.choice(listed)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await attack(port, pieces, pause)


async def main() -> None:
    """Run as many as are asked for."""
    port, model, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    await asyncio.gather(*(abuser(port, model, seed) for seed in range(count)))


if __name__ == "__main__":
    asyncio.run(main())
