"""One bad client on the gRPC port: messages that would unpack to much, or that never come."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.abuse import HEALTHY, MIB, delay, forget, peak
from tests.serving.served import Served, serving
from tests.serving.test_clients import script
from tests.serving.test_server import get

MESSAGE = """
import json, sys, time, grpc
def varint(n):
    out = b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])
def field(number, data): return varint(number << 3 | 2) + varint(len(data)) + data
size = 15 * 2**20
name = field(1, b"tiny")
tensor = field(1, b"text") + field(2, b"BYTES") + field(3, b"\\x01")
kinds = {
    "inputs": name + b"\\x2a\\x00" * (size // 2),
    "outputs": name + b"\\x32\\x00" * (size // 2),
    "parameters": name + b"\\x22\\x00" * (size // 2),
    "raw contents": name + b"\\x3a\\x00" * (size // 2),
    "numbers": name + field(5, tensor + field(5, field(3, bytes(size)))),
    "texts": name + field(5, tensor + field(5, b"\\x42\\x00" * (size // 2))),
    "shape": name + field(5, field(1, b"text") + field(3, b"\\x01" * size)),
    "empty texts": name + field(5, tensor) + field(7, bytes(size)),
    "one text": name + field(5, tensor) + field(7, (size).to_bytes(4, "little") + b"a" * size),
    "groups": name + b"\\x0b" * size,
    "no message": b"\\xff" * 400,
    "half a field": name + b"\\x2a\\xff\\x7f",
}
channel = grpc.insecure_channel(sys.argv[1], [("grpc.max_send_message_length", -1)])
call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
said = {}
for kind in sys.argv[2].split(","):
    for _ in range(int(sys.argv[3])):
        try:
            call(kinds[kind], timeout=30)
            said[kind] = ["OK", ""]
        except grpc.RpcError as error:
            said[kind] = [error.code().name, error.details()]
print(json.dumps(said))
"""
KINDS = [
    *("inputs", "outputs", "parameters", "raw contents", "numbers", "texts", "shape", "empty texts", "one text"),
    *("groups", "no message", "half a field"),
]


def test_messages_are_judged_before_they_are_unpacked_and_health_answers(server: Served) -> None:
    said: dict[str, list[str]] = {}
    before = forget(server.process.pid)
    assert delay(server, lambda: said.update(script(MESSAGE, server.grpc, ",".join(KINDS), "2"))) <= HEALTHY
    assert list(said) == KINDS
    assert {code for code, _ in said.values()} == {"INVALID_ARGUMENT"}, said
    assert all(reason for _, reason in said.values())
    assert peak(server.process.pid) - before < 160


UNFINISHED = """
import json, sys, threading, time, grpc
channel = grpc.insecure_channel(sys.argv[1])
over = threading.Event()
def nothing():
    over.wait(20)
    return
    yield
call = channel.stream_unary("/inference.GRPCInferenceService/ModelInfer", request_serializer=bytes)
began = time.monotonic()
pending = [call.future(nothing(), timeout=15) for _ in range(100)]
codes = {one.code().name for one in pending}
took = time.monotonic() - began
over.set()
live = channel.unary_unary("/inference.GRPCInferenceService/ServerLive")(b"", timeout=5)
print(json.dumps({"codes": sorted(codes), "took": took, "live": list(live)}))
"""
METADATA = """
import json, sys, grpc
channel = grpc.insecure_channel(sys.argv[1])
try:
    channel.unary_unary("/inference.GRPCInferenceService/ServerReady")(b"", timeout=9, metadata=[("x", "y" * 10**6)])
except grpc.RpcError as error:
    print(json.dumps([error.code().name]))
"""


@pytest.fixture(scope="module")
def short(package: Path) -> Iterator[Served]:
    options = ("--body-seconds", "0.5", "--idle-seconds", "1", "--max-connections", "20")
    with serving(package, *options, "--token-env", "TOKEN", TOKEN="s3cret") as server:
        yield server


def test_calls_of_which_no_message_comes_end(package: Path) -> None:
    with serving(package, "--body-seconds", "0.5") as server:
        said = script(UNFINISHED, server.grpc)
        assert said["codes"] == ["DEADLINE_EXCEEDED"]
        assert said["took"] < 5
        assert said["live"] == [8, 1]


def test_without_the_token_no_message_is_read(short: Served) -> None:
    before = forget(short.process.pid)
    said = script(MESSAGE, short.grpc, ",".join(KINDS), "1")
    assert {code for code, _ in said.values()} <= {"UNAUTHENTICATED"}, said
    assert peak(short.process.pid) - before < 64


def test_metadata_have_a_limit(short: Served) -> None:
    assert script(METADATA, short.grpc) == ["RESOURCE_EXHAUSTED"]


CONNECTIONS = """
import json, socket, sys, time
host, port = sys.argv[1].split(":")
socks = [socket.create_connection((host, int(port)), 5) for _ in range(60)]
time.sleep(0.5)
refused = 0
for sock in socks:
    sock.settimeout(0.05)
    try:
        if b"".join(iter(lambda: sock.recv(4096), b"")) is not None:
            refused += 1
    except TimeoutError:
        pass
    except OSError:
        refused += 1
print(json.dumps(refused))
"""


def test_connections_are_counted(short: Served) -> None:
    assert script(CONNECTIONS, short.grpc) >= 40
    assert get(f"{short.http}/v2/health/live")[0] == 200


def test_a_good_message_of_the_largest_size_is_taken(package: Path) -> None:
    """Another model would read it; this one says why not, which shows that it was unpacked."""
    with serving(package, "--max-bytes", str(20 * MIB)) as server:
        code, reason = script(MESSAGE, server.grpc, "one text", "1")["one text"]
        assert (code, reason) == ("INVALID_ARGUMENT", "a text is longer than 5000 characters")
        assert json.loads(get(f"{server.http}/v2/health/live")[1]) == {"live": True}
