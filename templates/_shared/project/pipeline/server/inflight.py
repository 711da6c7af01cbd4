"""What all senders together may hold at a time: connections, bytes of bodies, and pixels."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Protocol


class Sender(Protocol):
    """A connection that can be ended."""

    def turn_away(self, status: HTTPStatus, reason: str, *, asked: bool = False) -> None: ...


class Awaiting:
    """The connections on which the server waits for the sender, the longest first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.queue: dict[Sender, None] = {}

    def add(self, connection: Sender) -> None:
        """Wait from now on, or go on waiting."""
        self.queue.setdefault(connection)

    def discard(self, connection: Sender) -> None:
        """Wait no longer."""
        self.queue.pop(connection, None)

    def make_room(self, newest: Sender, count: int) -> None:
        """Close the one that waits longest when there are too many; the newest itself when no other waits."""
        if count > self.most:
            oldest = next(iter(self.queue), newest)
            self.discard(oldest)
            reason = "the server has too many connections"
            oldest.turn_away(HTTPStatus.SERVICE_UNAVAILABLE, reason, asked=oldest is newest)


class Full(Exception):
    """There is no room now."""


class Bytes:
    """Bytes of large bodies, those on their way and those at work. Belongs to the event loop.

    When there are too many, the unfinished body that began first goes: a sender that is quick gets through beside many
    that are slow on purpose.
    """

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0
        self.unfinished: dict[Body, None] = {}

    def grow(self, body: "Body", size: int) -> None:
        """Hold more bytes for a body. Raises Full when it is the one that has to go."""
        body.held += size
        self.held += size
        while self.held > self.most:
            oldest = next(iter(self.unfinished), body)
            if oldest is body:
                raise Full
            oldest.give_up()


class Body:
    """One body on its way, or at work. Small ones are not counted: `add` is called for large ones only."""

    def __init__(self, total: Bytes) -> None:
        self.total, self.held, self.given_up = total, 0, False
        self.parts: list[bytes] = []
        self.clock: asyncio.Timeout | None = None
        """The time limit under which it is read."""

    def add(self, part: bytes) -> None:
        """Take a part. Raises Full."""
        if self.given_up:
            raise Full
        self.parts.append(part)
        self.total.unfinished.setdefault(self)
        self.total.grow(self, len(part))

    def finish(self) -> list[bytes]:
        """Return the parts of the whole body, which is held on until `release`."""
        self.total.unfinished.pop(self, None)
        return self.parts

    def give_up(self) -> None:
        """Make room, and wake the one that reads it."""
        self.given_up = True
        if self.clock is not None:
            self.clock.reschedule(asyncio.get_running_loop().time())
        self.release()

    def release(self) -> None:
        """Hold nothing any more; a clock knows its task, whose error may know this body: let no ring keep them."""
        self.clock = None
        if self.held or self.parts:
            self.total.unfinished.pop(self, None)
            self.total.held -= self.held
            self.held, self.parts = 0, []


class Pixels:
    """Pixels that are decoded at a time, by any thread: one that needs more than are left waits."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most
        self.changed = threading.Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Have `count` pixels, which are at most all of them, until the block ends."""
        with self.changed:
            self.changed.wait_for(lambda: self.left >= count)
            self.left -= count
        try:
            yield
        finally:
            with self.changed:
                self.left += count
                self.changed.notify_all()
