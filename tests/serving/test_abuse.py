"""One bad client: what it sends is refused, what it holds is bounded, and others are answered meanwhile.

Alone: `make test ARGS=tests/serving/test_abuse.py`. docs/security.md has the table of what is tried.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.serving import tiny
from tests.serving.abuse import (
    BODIES,
    HEALTHY,
    MIB,
    answer,
    closed,
    connection,
    delay,
    forget,
    peak,
    post,
    tensor,
)
from tests.serving.served import Served, serving
from tests.serving.test_clients import body
from tests.serving.test_clients import post as ask

INFER = "/v2/models/tiny/infer"
SHORT = {
    "--header-seconds": "0.5",
    "--body-seconds": "0.6",
    "--send-seconds": "0.5",
    "--idle-seconds": "1",
    "--max-connections": "40",
    "--max-header-bytes": "8192",
}


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve with limits that a test need not wait for."""
    package = tiny.package(tmp_path_factory.mktemp("short") / "package")
    (package / "docs").mkdir()
    (package / "docs/openapi.json").write_text(json.dumps({"info": "x" * (4 * MIB)}))
    with serving(package, *(word for pair in SHORT.items() for word in pair)) as server:
        yield server


@pytest.fixture(scope="module")
def roomy(package: Path) -> Iterator[Served]:
    """Serve with room for a text of 16 MiB, which a model that takes pictures has for these."""
    with serving(package, "--max-text-bytes", str(16 * MIB)) as server:
        yield server


def fine(server: Served) -> bool:
    """Tell whether a good request is answered."""
    return ask(f"{server.http}{INFER}", body(["ab"]))[0] == 200


@pytest.mark.parametrize("kind", BODIES)
def test_a_large_body_is_judged_before_it_is_unpacked_and_health_answers(roomy: Served, kind: str) -> None:
    content, headers = BODIES[kind]()
    sent = post(INFER, content, *headers)
    statuses = []

    def abuse() -> None:
        with connection(roomy.http) as sock:
            sock.sendall(sent)
            statuses.append(answer(sock)[0])

    before = forget(roomy.process.pid)
    assert delay(roomy, lambda: [abuse() for _ in range(3)]) <= HEALTHY
    assert set(statuses) <= ({200} if kind.startswith("an id") else {400}), statuses
    assert peak(roomy.process.pid) - before < 160
    assert fine(roomy)


@pytest.mark.parametrize("kind", BODIES)
def test_a_model_takes_no_body_that_its_inputs_cannot_be(server: Served, kind: str) -> None:
    content, headers = BODIES[kind]()
    with connection(server.http) as sock:
        sock.sendall(post(INFER, content, *headers))
        assert answer(sock)[0] == (400 if "packed" in kind else 413)


def test_eight_large_bodies_at_once(roomy: Served) -> None:
    content, headers = BODIES["a text of 15 MiB of commas"]()
    sent = post(INFER, content, *headers)
    statuses = []

    def one() -> None:
        with connection(roomy.http, 60) as sock:
            sock.sendall(sent)
            statuses.append(answer(sock)[0])

    def abuse() -> None:
        threads = [threading.Thread(target=one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    before = forget(roomy.process.pid)
    assert delay(roomy, abuse) <= HEALTHY
    assert set(statuses) <= {400, 503}
    assert peak(roomy.process.pid) - before < 400, "64 MiB of bodies at a time, and what one is unpacked to"


def test_unfinished_bodies_share_a_budget_and_a_good_one_gets_through(roomy: Served) -> None:
    begun = post(INFER, b" " * (15 * MIB), length=16 * MIB)
    before = forget(roomy.process.pid)
    with ExitStack() as stack:
        senders = [stack.enter_context(connection(roomy.http)) for _ in range(12)]
        for sock in senders:
            sock.sendall(begun)
        sent = BODIES["a text of 15 MiB of commas"]()[0]
        with connection(roomy.http) as sock:
            sock.sendall(post(INFER, sent))
            assert answer(sock)[0] == 400
        statuses = [answer(sock)[0] for sock in senders[:8]]
        assert statuses == [503] * 8, "those that began first make room"
        assert fine(roomy)
    assert peak(roomy.process.pid) - before < 300


HEADS = {
    "a header without an end": (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * MIB, 431),
    "a path without an end": (b"GET /" + b"x" * MIB, 431),
    "a thousand headers": (b"GET /v2 HTTP/1.1\r\n" + b"X-Some: thing\r\n" * 1000 + b"\r\n", 431),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    "a chunk's extension without an end": (
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * MIB,
        400,
    ),
    "a trailer without an end": (
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\n{\r\n0\r\nX: " + b"x" * MIB,
        400,
    ),
    "chunks of one byte": (
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\n \r\n" * 100_000,
        400,
    ),
    "two lengths": (
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        400,
    ),
    "a websocket": (
        b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
        400,
    ),
    "a length that is no ASCII number": (
        post(INFER, b"{}", "Inference-Header-Content-Length: \u00b2"),
        400,
    ),
    "a body that is too large": (post(INFER, b"x" * (20 * MIB)), 413),
}


@pytest.mark.parametrize("kind", HEADS)
def test_what_is_no_request_is_refused_with_a_reason_that_arrives(short: Served, kind: str) -> None:
    sent, wanted = HEADS[kind]
    with connection(short.http) as sock:
        sender = threading.Thread(target=lambda: quietly(sock, sent))
        sender.start()
        status, reason = answer(sock)
        assert (status, bool(reason)) == (wanted, True)
        assert closed(sock)
        sender.join()
    assert fine(short)


def quietly(sock, sent: bytes) -> None:  # type: ignore[no-untyped-def]
    """Send what the server may refuse half-way."""
    try:
        sock.sendall(sent)
    except OSError:
        return


def drip(sock, data: bytes, seconds: float) -> None:  # type: ignore[no-untyped-def]
    """Send a byte at a time for some seconds, or until the server ends it."""
    end = time.monotonic() + seconds
    for byte in data:
        if time.monotonic() > end:
            return
        try:
            sock.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(0.02)


SLOW = {
    "nothing at all": (b"", b"", 0),
    "a head, byte by byte": (b"", b"GET /v2 HTTP/1.1\r\nX: " + b"x" * 400, 408),
    "blank lines": (b"", b"\r\n" * 200, 0),
    "a second head, byte by byte": (
        b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nX: " + b"x" * 400,
        408,
    ),
    "a body of which no byte comes": (post(INFER, b"", length=99), b"", 408),
    "a body, byte by byte": (post(INFER, b"", length=999), b" " * 400, 408),
    "a body, chunk by chunk": (
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\n \r\n" * 70,
        408,
    ),
}


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_sender_has_little_time(short: Served, kind: str) -> None:
    first, then, wanted = SLOW[kind]
    with connection(short.http, 8) as sock:
        began = time.monotonic()
        sock.sendall(first)
        if kind.startswith("a second"):
            assert answer(sock)[0] == 200
        drip(sock, then, 4)
        assert answer(sock)[0] == wanted
        assert closed(sock)
        assert time.monotonic() - began < 4
    assert fine(short)


@pytest.mark.parametrize("path", ["/nothing", "/v2"])
def test_a_body_that_nobody_reads_has_a_time_limit_too(short: Served, path: str) -> None:
    """The connection stays open for it, answered or not, but not for ever."""
    with connection(short.http, 12) as sock:
        sock.sendall(post(path, b"", length=10_000))
        assert answer(sock)[0] in (404, 405)
        began = time.monotonic()
        drip(sock, b" " * 1000, 9)
        assert closed(sock)
        assert time.monotonic() - began < 9


def test_idle_connections_are_closed_and_make_room(short: Served) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connection(short.http, 5)) for _ in range(100)]
        began = time.perf_counter()
        assert all(fine(short) for _ in range(5))
        assert time.perf_counter() - began < 0.5 + 5 * 0.2
        assert all(closed(sock) for sock in idle)


def test_an_answer_that_is_not_taken_does_not_lie_for_ever(short: Served) -> None:
    """Four MiB an answer: more than the sockets hold, asked for many times, never read."""
    before = forget(short.process.pid)
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connection(short.http)).sendall(asked * 20)
        time.sleep(2.5)
        assert fine(short)
    assert peak(short.process.pid) - before < 200
    assert memory_falls(short, before + 60)


def memory_falls(server: Served, most: float) -> bool:
    """Tell whether the server's memory falls within a few seconds."""
    for _ in range(30):
        if forget(server.process.pid) < most:
            return True
        time.sleep(0.1)
    return False


def test_requests_sent_ahead_are_few(short: Served) -> None:
    def abuse() -> None:
        with connection(short.http) as sock:
            sender = threading.Thread(
                target=lambda: quietly(sock, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20_000)
            )
            sender.start()
            assert answer(sock)[0] == 200
            assert closed(sock)
            sender.join()

    assert delay(short, abuse) <= HEALTHY


def test_another_protocol_that_is_offered_is_not_taken(short: Served) -> None:
    with connection(short.http) as sock:
        upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"
        sock.sendall(f"GET /v2 HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n\r\n".encode())
        assert answer(sock)[0] == 200
    with connection(short.http) as sock:
        sock.sendall(post(INFER, body(["ab"]), *upgrade.split("\r\n")))
        assert answer(sock) == (400, "this server speaks HTTP/1.1 and no websocket: send the request without `Upgrade`")


def test_reloads_without_an_end_do_not_stop_others(server: Served) -> None:
    statuses = []

    def load() -> None:
        for _ in range(5):
            status, _, _ = ask(f"{server.http}/v2/repository/models/tiny/load", b"")
            statuses.append(status)

    def abuse() -> None:
        threads = [threading.Thread(target=load) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert delay(server, abuse) <= HEALTHY
    assert set(statuses) == {200, 503}


def test_an_unpacked_body_may_be_a_hundred_times_larger_not_more(roomy: Served) -> None:
    import gzip

    packed = gzip.compress(tensor('["' + "a" * (3 * MIB) + '"]'))
    status, said, _ = ask(f"{roomy.http}{INFER}", packed, {"Content-Encoding": "gzip"})
    assert (status, said["error"]) == (400, "the unpacked body is more than 100 times larger than it came")
    for cut in (packed[:-5], gzip.compress(body(["ab"]))[:-9], gzip.compress(body(["ab"])) + b"more"):
        assert ask(f"{roomy.http}{INFER}", cut, {"Content-Encoding": "gzip"})[0] == 400
