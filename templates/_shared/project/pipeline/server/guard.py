"""What stands before both doors, HTTP and gRPC: limits, a token, request ids, counters, and a log without payloads."""

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from traceback import extract_tb

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.server.limits import Limits

OPEN = frozenset({"/", "/favicon.ico", "/metrics", "/v2", "/v2/health/live", "/v2/health/ready"})
"""Paths that need no token."""
ANSWERED = Counter("serve_requests", "Requests answered", ["door", "status"])
SECONDS = Histogram(
    "serve_request_seconds",
    "Time of one request, from its head to the last byte of the answer",
    ["door"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
"""Names of this machine alone."""
PORT = re.compile(r":[0-9]*\Z")
WORD = re.compile(r"[\x21-\x7e]{1,128}")
"""A request id that may stand in a header and in the log."""


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Where the server listens, whom it lets in and how it closes."""

    host: str
    port: int
    grpc_port: int
    token: str | None
    quiet: bool
    limits: Limits = field(default_factory=Limits)
    hosts: frozenset[str] = frozenset()
    """Names by which the server may be asked; where it listens on this machine only, other names are refused."""
    origins: frozenset[str] = frozenset()
    """Other sites whose pages may ask, as browsers name them: `https://example.com`."""
    linger: float = 1.0
    """Seconds after SIGTERM in which connections that are open are still served, and asked to close."""
    grace: int = 30
    """Seconds that requests on their way have after that."""

    def admits(self, authorization: str) -> bool:
        """Compare the token in constant time; the word before it may be written in any case."""
        if self.token is None:
            return True
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), self.token.encode())

    def foreign(self, host: str, origin: str) -> str:
        """Return why a browser's request is refused that another site's page, or name, led here; empty when it is not.

        >>> laptop = Doors(host="127.0.0.1", port=8080, grpc_port=8081, token=None, quiet=True)
        >>> laptop.foreign("localhost:8080", "http://localhost:8080")
        ''
        >>> laptop.foreign("evil.example:8080", "")
        'this server is not asked for as `evil.example`: start it with --allow-host to change that'
        >>> laptop.foreign("localhost:8080", "https://evil.example")
        'pages of `https://evil.example` may not ask this server: start it with --allow-origin to change that'
        """
        name = PORT.sub("", host.lower())
        if host and self.host in LOCAL and name not in LOCAL and name not in self.hosts:
            return f"this server is not asked for as `{name[:80]}`: start it with --allow-host to change that"
        if not origin or self.token is not None or origin in self.origins:
            return ""
        if origin.lower().partition("://")[2] == host.lower():
            return ""
        return f"pages of `{origin[:80]}` may not ask this server: start it with --allow-origin to change that"


def log(quiet: bool, **fields: object) -> None:
    """Write one line of JSON: who asked for what, how it ended, how long it took; never what was in it."""
    if not quiet:
        print(json.dumps({"time": round(time.time(), 3), **fields}), file=sys.stderr, flush=True)


class Line(logging.Formatter):
    """What libraries log, as one line of JSON; an error is its type and where it rose, for its words may quote."""

    def format(self, record: logging.LogRecord) -> str:
        about: dict[str, object] = {"time": round(record.created, 3), "level": record.levelname, "from": record.name}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            about |= described(error)
        else:
            about["message"] = record.getMessage()[:500]
        return json.dumps(about)


def described(error: BaseException) -> dict[str, object]:
    """Tell an error's type and the places it went through, without its words."""
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "at": places[-12:]}


@cache
def counters(door: str, status: str) -> tuple[Counter, Histogram]:
    """Return the counters of one door; statuses are few."""
    return ANSWERED.labels(door, status), SECONDS.labels(door)


def count(door: str, status: str, seconds: float) -> None:
    """Count one request."""
    answered, took = counters(door, status)
    answered.inc()
    took.observe(seconds)


class Guard:
    """ASGI middleware: size limit, token, request id, counters, access log; the last word on errors."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app, self.doors = app, doors
        self.closing = False
        self.known: set[bytes] = set()
        """Host headers that were judged and are good; not more of them than a few."""

    def strange(self, host: bytes, origin: bytes) -> str:
        """Return why a request by this name and from this site is refused; empty when it is not."""
        reason = self.doors.foreign(host.decode("latin-1"), origin.decode("latin-1"))
        if not reason and origin == b"" and len(self.known) < 64:
            self.known.add(host)
        return reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(headers) < len(scope["headers"]):
            headers = joined(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if WORD.fullmatch(given) else secrets.token_hex(8)
        state = scope["state"]
        state["request_id"], state["headers"] = request_id, headers

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                if self.closing:
                    extra.append((b"connection", b"close"))
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        size = int(length) if (length := headers.get(b"content-length", b"0")).isdigit() else 0
        try:
            host, origin = headers.get(b"host", b""), headers.get(b"origin", b"")
            reason = "" if origin == b"" and host in self.known else self.strange(host, origin)
            if reason:
                await refuse(answer, 403, reason)
            elif self.closing and scope["path"] == "/v2/health/ready":
                await refuse(answer, 503, "the server is closing")
            elif scope["path"] not in OPEN and not self.doors.admits(
                headers.get(b"authorization", b"").decode("latin-1")
            ):
                reason = "a bearer token is needed: `Authorization: Bearer ...`"
                await refuse(answer, 401, reason, (b"www-authenticate", b"Bearer"))
            elif size > self.doors.limits.body_bytes:
                await refuse(answer, 413, f"the body is larger than {self.doors.limits.body_bytes} bytes")
            else:
                await self.app(scope, receive, answer)
        except BaseException as error:
            log(self.doors.quiet, id=request_id, path=scope["path"][:200], **described(error))
            if status == 0 and isinstance(error, Exception):
                await refuse(answer, 500, f"internal error; the log has it under request {request_id}")
            raise
        finally:
            took = time.perf_counter() - began
            count("http", str(status), took)
            if not self.doors.quiet:
                about = {"id": request_id, "method": scope["method"], "path": scope["path"][:200], "status": status}
                log(False, **about, ms=round(1000 * took, 3), bytes=size)


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the fields of a head by name; one that comes several times is a list of its values (RFC 9110, 5.3).

    >>> joined([(b"accept", b"a"), (b"accept", b"b")])
    {b'accept': b'a, b'}
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = b", ".join((found[name], value)) if name in found else value
    return found


async def refuse(send: Send, status: int, reason: str, *more: tuple[bytes, bytes]) -> None:
    """Answer with an error and `more` headers, and close: the body may still be on its way."""
    body = json.dumps({"error": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def quieten(quiet: bool) -> None:
    """Send what libraries log to stderr as JSON, from warnings up; `Guard` has told errors already."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    handler.setLevel(logging.ERROR if quiet else logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("kserve", "kserve.trace", "uvicorn"):  # a handler of ours keeps kserve from configuring its own
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(lambda record: "Exception in ASGI" not in record.msg)
