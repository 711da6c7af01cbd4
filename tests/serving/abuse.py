"""Senders that do their worst, and a prober that sees whether the server still answers others meanwhile."""

import gzip
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.serving.served import Served

MIB = 2**20
HEALTHY = 0.1
"""Seconds in which health answers, whatever one sender does."""
PROBER = r"""
import json, os, socket, sys, threading, time

def control(listener):
    while True:
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

listener = socket.create_server(("127.0.0.1", 0))
child = os.fork()
if child == 0:
    control(listener)
control_port, port = listener.getsockname()[1], int(sys.argv[1])
listener.close()
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()

def ask(port):
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
        sock.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head = sock.recv(4096)
    return time.perf_counter() - began, head.split()[1:2] == [b"200"]

seen, lost = {port: [], control_port: []}, 0
while not over.is_set() or len(seen[port]) < 3:
    for one in (port, control_port):
        took, fine = ask(one)
        seen[one].append(took)
        lost += not fine
    time.sleep(0.01)
os.kill(child, 9)
worst, control = max(seen[port]), max(seen[control_port])
print(json.dumps({"worst": worst, "control": control, "count": len(seen[port]), "lost": lost}))
"""


@dataclass(frozen=True, kw_only=True)
class Health:
    """What a prober in a process of its own saw."""

    worst: float
    """Seconds of the slowest answer of the server."""
    control: float
    """Seconds of the slowest answer of a process that does nothing else: what the machine itself delays."""
    count: int
    lost: int
    crowding: float = 1.0
    """How many times longer the server's threads took than they ran, because others had the cores."""

    @property
    def delay(self) -> float:
        """Return the seconds that the server, not the machine, let a probe wait."""
        return max(0.0, self.worst - self.control) / self.crowding


class Prober:
    """Asks for health without a pause, in a process of its own, until it is stopped."""

    def __init__(self, server: Served) -> None:
        self.pid, self.began = server.process.pid, scheduled(server.process.pid)
        command = [sys.executable, "-c", PROBER, server.http.split(":")[1]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self) -> Health:
        """Stop it and return what it saw."""
        said, _ = self.process.communicate(timeout=90)
        ran, waited = (after - before for before, after in zip(self.began, scheduled(self.pid), strict=True))
        return Health(**json.loads(said), crowding=max(1.0, (ran + waited) / max(1, ran)))


def scheduled(pid: int) -> tuple[int, int]:
    """Return the nanoseconds that a process's threads ran, and those that they waited for a core."""
    rows = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(ran) for ran, _, _ in rows), sum(int(waited) for _, waited, _ in rows)


def delay(server: Served, abuse: Callable[[], object]) -> float:
    """Return the longest that health was late while `abuse` ran; the best of three, for the machine has others."""
    best = float("inf")
    for _ in range(3):
        prober = Prober(server)
        try:
            abuse()
        finally:
            health = prober.stop()
        assert health.lost == 0, health
        best = min(best, health.delay)
        if best <= HEALTHY:
            break
    return best


@contextmanager
def connection(address: str, timeout: float = 20.0) -> Iterator[socket.socket]:
    """Connect to `127.0.0.1:8080`."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout) as sock:
        yield sock


def answer(sock: socket.socket) -> tuple[int, str]:
    """Read one answer, to its end or that of the connection: its status, 0 where there is none, and its reason."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            part = sock.recv(65536)
        except ConnectionError:
            part = b""
        if not part:
            return 0, ""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += sock.recv(65536)
    status = int(head.split()[1])
    return status, str(json.loads(body[:length])["error"]) if status >= 400 else ""


def closed(sock: socket.socket) -> bool:
    """Tell whether the server has ended the connection; waits for it as long as the socket's timeout."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def post(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Write a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def tensor(data: str, shape: str = "[1]") -> bytes:
    """Write a request with one tensor, its values as they are given."""
    return f'{{"inputs":[{{"name":"text","datatype":"BYTES","shape":{shape},"data":{data}}}]}}'.encode()


def in_binary() -> tuple[bytes, tuple[str, ...]]:
    """Return texts in binary tensor data, all empty."""
    head = json.dumps(
        {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 15 * MIB}}]}
    ).encode()
    return head + bytes(15 * MIB), (f"Inference-Header-Content-Length: {len(head)}",)


PACKED = ("Content-Encoding: gzip",)
BODIES: dict[str, Callable[[], tuple[bytes, tuple[str, ...]]]] = {
    "15 MiB of numbers": lambda: (tensor("[" + "0," * (7 * MIB) + "0]"), ()),
    "numbers, packed to 15 kB": lambda: (gzip.compress(tensor("[" + "0," * (7 * MIB) + "0]")), PACKED),
    "a text of 15 MiB, packed to 15 kB": lambda: (gzip.compress(tensor('["' + "a" * (15 * MIB) + '"]')), PACKED),
    "15 MiB of empty lists": lambda: (tensor("[" + "[]," * (5 * MIB) + "[]]"), ()),
    "15 MiB of empty objects": lambda: (tensor("[" + "{}," * (5 * MIB) + "{}]"), ()),
    "4 million texts": lambda: (tensor("[" + '"a",' * (15 * MIB // 4) + '"a"]'), ()),
    "15 MiB of brackets": lambda: (b"[" * (15 * MIB), ()),
    "a text of 15 MiB of commas": lambda: (tensor('["' + "," * (15 * MIB) + '"]'), ()),
    "a text of 15 MiB of escaped quotes": lambda: (tensor('["' + '\\",' * (5 * MIB) + '"]'), ()),
    "4 million empty texts in binary": in_binary,
    "an id of 15 MiB": lambda: (tensor('["a"]')[:-1] + b',"id":"' + b"i" * (15 * MIB) + b'"}', ()),
}
"""Bodies that are small to send and large to read, with their headers; each is made when it is sent."""


def peak(pid: int) -> float:
    """Return the most memory that a process has had since `forget`, in MiB."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def forget(pid: int) -> float:
    """Let the peak begin anew; return the memory that the process has now, in MiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak(pid)
