"""An HTTP connection that is not left waiting: limits of size and time for heads, bodies, answers and idle ones.

uvicorn's own settings bound what is between requests (`timeout_keep_alive`); with httptools it has none for the rest.
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from pipeline.server.guard import ANSWERED
from pipeline.server.inflight import Awaiting
from pipeline.server.limits import Limits
from pipeline.server.transport.door import Door

IDLE, HEAD, BODY = "idle", "head", "body"
"""What the server awaits of the sender: nothing (or the next request), the rest of a head, the rest of a body."""
PIPELINED = 100
"""Requests that one connection may send ahead of their answers."""
FRAME = 6
"""Bytes of a chunk's frame, at least."""
PROGRESS = 64 * 1024
"""Bytes of an answer that a sender takes within `send_seconds`, or all that is left."""
PARTING = 3.0
"""Seconds in which a sender whose body was not read may take the answer, before the connection is closed hard."""
GRACE = 5.0
"""Seconds after `body_seconds`, for the application's own answer to a late body."""


class Refused(Exception):
    """The request is not taken; raised within the parser's callbacks, for it stops there."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Connection(HttpToolsProtocol):
    """uvicorn's connection with limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
        awaiting: Awaiting,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.access_log = False  # `Guard` logs; uvicorn takes the root logger's handler for a wish
        self.limits, self.awaiting = limits, awaiting
        self.phase = IDLE
        self.timed = ""
        """The phase for which the timer runs."""
        self.timer: asyncio.TimerHandle | None = None
        self.stalled: asyncio.TimerHandle | None = None
        self.lying = 0
        """Bytes of answers that lay there when `stalled` was set."""
        self.unseen = self.head = self.body = self.chunks = 0
        """Bytes since the parser's last callback, of the head, of the body; chunks of the body."""
        self.refusal: Refused | None = None
        self.running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport: Door = Door(transport, self)  # type: ignore[assignment]
        self.awaiting.add(self)
        self.wait_for(HEAD)
        self.awaiting.make_room(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self.awaiting.discard(self)
        for timer in (self.timer, self.stalled, self.timeout_keep_alive_task):
            if timer is not None:
                timer.cancel()
        if self.running is not None:
            self.running.disconnected = True
            self.running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.refusal is not None or self.transport.is_closing():
            return  # the goodbye has a time limit
        self.unseen += len(data)
        super().data_received(data)
        if self.unseen > self.limits.head_bytes and self.refusal is None:
            self.refusal = self.too_long()
            self.send_400_response("")
        if self.refusal is None and self.parser is not None:
            self.wait_for(HEAD if self.phase is IDLE and not self.busy() else self.phase)

    def unread(self) -> bool:
        """Tell whether the sender has more to say than was read."""
        return self.phase is not IDLE

    def part(self) -> None:
        """Wait a little for a sender that reads the last word, then close hard."""
        self.awaiting.add(self)
        self.arm(PARTING, self.transport.raw.abort)

    def busy(self) -> bool:
        """Tell whether an answer is on its way."""
        return self.running is not None and not self.running.response_complete

    def wait_for(self, phase: str) -> None:
        """Start the clock of a phase when it begins; the sender's next byte does not start it anew."""
        if phase is self.timed:
            return
        self.timed = phase
        if phase is HEAD:
            self.arm(self.limits.head_seconds, self.late)
        elif phase is BODY:
            self.arm(self.limits.body_seconds + GRACE, self.transport.raw.abort)
        elif self.timer is not None:
            self.timer.cancel()

    def arm(self, seconds: float, then: Callable[[], None]) -> None:
        """Set the connection's one timer."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_later(seconds, then)

    def late(self) -> None:
        """End a connection whose head does not come, with a word if it has begun."""
        reason = f"the request's head took longer than {self.limits.head_seconds:g} seconds"
        self.turn_away(HTTPStatus.REQUEST_TIMEOUT, reason)

    def turn_away(self, status: HTTPStatus, reason: str, *, asked: bool = False) -> None:
        """Refuse what has begun to come; where nothing has, an answer would be taken for that to a later request."""
        if self.transport.parting:
            self.transport.raw.abort()
        elif self.phase is IDLE and not asked:
            self.transport.close()
        elif not self.transport.is_closing():
            self.refusal = Refused(status, reason)
            self.send_400_response("")

    def too_long(self) -> Refused:
        """Return what is said of a head, a chunk's extension or a trailer that is too long."""
        status = HTTPStatus.BAD_REQUEST if self.phase is BODY else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return Refused(status, f"the request's headers are larger than {self.limits.head_bytes} bytes")

    def stop(self, refused: Refused) -> Refused:
        """Remember why the parser stops."""
        self.refusal = refused
        return refused

    def on_message_begin(self) -> None:
        self.unseen = self.head = self.body = self.chunks = 0
        self.phase = HEAD
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self.count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.unseen = 0
        self.head += len(name) + len(value) + 4
        if self.head > self.limits.head_bytes:
            raise self.stop(self.too_long())
        super().on_header(name, value)

    def count(self, size: int) -> None:
        """Count bytes of the head. Raises Refused."""
        self.unseen = 0
        self.head += size
        if self.head > self.limits.head_bytes:
            raise self.stop(self.too_long())

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and (self._get_upgrade() == b"websocket" or self.with_body()):
            reason = "this server speaks HTTP/1.1 and no websocket: send the request without `Upgrade`"
            raise self.stop(Refused(HTTPStatus.BAD_REQUEST, reason))
        if len(self.pipeline) >= PIPELINED:
            reason = f"more than {PIPELINED} requests were sent ahead of their answers"
            raise self.stop(Refused(HTTPStatus.BAD_REQUEST, reason))
        self.phase = BODY
        super().on_headers_complete()

    def with_body(self) -> bool:
        """Tell whether a body follows; the parser drops it where another protocol is offered."""
        lengths = [value for name, value in self.headers if name in (b"content-length", b"transfer-encoding")]
        return any(value != b"0" for value in lengths)

    def on_chunk_header(self) -> None:
        """Count the pieces of a body: their frames must be small beside it. Raises Refused."""
        self.unseen = 0
        self.chunks += 1
        if self.chunks * FRAME > self.limits.head_bytes + self.body // 8:
            raise self.stop(Refused(HTTPStatus.BAD_REQUEST, "the body comes in too many small pieces"))

    def on_body(self, body: bytes) -> None:
        self.unseen = 0
        self.body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.unseen, self.phase = 0, IDLE
        self.scope["state"]["whole"] = True
        if self.busy():
            self.awaiting.discard(self)
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: object) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a sender may offer another protocol, and is answered in this one."""

    def on_response_complete(self) -> None:
        self.transport.flush()  # an answer to HEAD has no body
        super().on_response_complete()
        if not self.pipeline:
            self.awaiting.add(self)

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed or is too much, once the answers before it are out; then close."""
        refusal = self.refusal = self.refusal or Refused(HTTPStatus.BAD_REQUEST, "the request is not HTTP")
        ANSWERED.labels("http", str(int(refusal.status))).inc()
        own = self.phase is BODY and self.running is self.cycle  # what is refused is the body of what runs
        self.phase = HEAD if self.phase is IDLE else self.phase
        running = self.running
        if running is not None and self.busy() and not own:
            running.keep_alive = False  # this connection ends with the answer to an earlier request
            self.pipeline.clear()
            return
        if running is not None and own:
            running.disconnected = True
            running.message_event.set()
        if running is None or not own or not running.response_started:
            body = json.dumps({"error": str(refusal)}).encode()
            head = f"HTTP/1.1 {refusal.status} {refusal.status.phrase}\r\ncontent-type: application/json\r\n"
            self.transport.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, unless its sender still takes the last answer."""
        if self.stalled is None:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.awaiting.add(self)
        self.watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.busy():
            self.awaiting.discard(self)

    def watch(self) -> None:
        """Look after a while whether the sender takes the answer that lies there."""
        self.lying = self.transport.raw.get_write_buffer_size()
        if self.lying and self.stalled is None:
            self.stalled = self.loop.call_later(self.limits.send_seconds, self.look)

    def look(self) -> None:
        """Close hard on a sender that does not take its answer; wait on for one that does."""
        before, self.stalled = self.lying, None
        if self.transport.raw.get_write_buffer_size() > max(0, before - PROGRESS):
            self.transport.raw.abort()
        else:
            self.watch()
            if self.stalled is None and not self.busy() and not self.pipeline:
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
