"""The way out of a connection: an answer leaves in one piece, and what closes lets its last word be read."""

import asyncio
from typing import Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

PIECE = 64 * 1024
"""Bytes of a body that are copied behind their head; larger ones follow it by themselves."""


class Owner(Protocol):
    """The connection that a door belongs to."""

    running: RequestResponseCycle | None

    def unread(self) -> bool: ...

    def part(self) -> None: ...

    def watch(self) -> None: ...


class Door:
    """A connection's transport: one write for a head and its body; it closes so that the sender can read the answer."""

    def __init__(self, raw: asyncio.Transport, connection: Owner) -> None:
        self.raw, self.connection = raw, connection
        self.get_extra_info = raw.get_extra_info
        self.pause_reading, self.resume_reading = raw.pause_reading, raw.resume_reading
        self.parting = False
        self.begun: RequestResponseCycle | None = None
        """The request whose answer's head was written."""
        self.head = b""
        """A head that waits for the first part of its body, as ASGI has it: the kernel is called once for both."""

    def write(self, data: bytes) -> None:
        """Write what follows; the head of an answer waits for its body."""
        running = self.connection.running
        if running is not None and running.response_started and running is not self.begun:
            self.begun, self.head = running, data
        elif self.head and len(data) <= PIECE:
            self.head, whole = b"", self.head + data
            self.raw.write(whole)
        else:
            self.flush()
            self.raw.write(data)

    def flush(self) -> None:
        """Write a head after which no body comes."""
        if self.head:
            self.head, head = b"", self.head
            self.raw.write(head)

    def is_closing(self) -> bool:
        """Tell whether no other request is taken."""
        return self.parting or self.raw.is_closing()

    def close(self) -> None:
        """Close; where the sender has more to say, say goodbye first: closing at once would discard the answer."""
        if self.is_closing():
            return
        self.flush()
        if self.connection.unread() and self.raw.can_write_eof():
            self.parting = True
            self.raw.write_eof()
            self.raw.resume_reading()
            self.connection.part()
        else:
            self.raw.close()
            self.connection.watch()
