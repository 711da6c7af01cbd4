"""Good clients of a laptop server, and the server with its successor on the same port."""

import asyncio
import contextlib
import json
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from benchmarks.serving import body, ours, up

CONNECTIONS, EVERY = 16, 100
BAD = [b'{"inputs": [', b"{}", b'{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a"]}]}']


class Load:
    """What was sent and what became of it."""

    def __init__(self, port: int, name: str, texts: list[tuple[str, str]]) -> None:
        self.port, self.path = port, f"/v2/models/{name}/infer"
        self.good = [(self.request(body([text]).encode()), label) for text, label in texts]
        self.bad = [self.request(content) for content in BAD]
        self.counts: Counter[str] = Counter()
        self.over = False

    def request(self, content: bytes) -> bytes:
        """Write the whole HTTP request."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content

    async def connection(self, number: int) -> None:
        """Ask until it is over; connect again when the server closes."""
        sent = number
        while not self.over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.counts["refused"] += 1
                await asyncio.sleep(0.05)
                continue
            with contextlib.closing(writer):
                open_still = True
                while open_still and not self.over:
                    sent += 1
                    open_still = await self.one(sent, reader, writer)

    async def one(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send one request and judge its answer; tell whether the connection stays open."""
        malformed = number % EVERY == 0
        request, label = (
            (self.bad[number // EVERY % len(self.bad)], "") if malformed else self.good[number % len(self.good)]
        )
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            answer = json.loads(await reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError):
            self.counts["malformed.unanswered" if malformed else "good.lost"] += 1
            return False
        status = int(head[9:12])
        if malformed:
            self.counts["malformed.rejected" if status == 400 else "malformed.other"] += 1
        else:
            right = status == 200 and answer["outputs"][0]["data"] == [label]
            self.counts["good.answered" if right else "good.lost"] += 1
        return b"connection: close" not in head


def memory(process: subprocess.Popen[bytes]) -> float:
    """Return a process's resident memory in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


class Servers:
    """The server and its successor on the same port."""

    def __init__(self, package: Path) -> None:
        self.package = package
        self.command, self.port = ours(package)
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start a server."""
        variables = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
        return subprocess.Popen(self.command, cwd=self.package, env=variables)

    async def ready(self) -> None:
        """Wait until it answers."""
        while not await asyncio.to_thread(up, f"http://127.0.0.1:{self.port}/v2/health/ready"):
            assert self.process.poll() is None, "the server ended"
            await asyncio.sleep(0.2)

    async def replace(self) -> float:
        """Send SIGTERM, wait for the end, start the successor. Gives the seconds that the drain took."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(self.process.wait)
        assert status == 0, f"the server ended with {status}"
        took = time.perf_counter() - began
        self.process = self.start()
        await self.ready()
        return took
