"""What the server spends on its senders at most, in one place; the numbers that follow from memory are derived here."""

import ctypes
import resource
from dataclasses import dataclass

MEMORY = 1024
"""MiB that the process may use: the limit of the pod's container. The same on a laptop, so that both refuse alike."""
PIXELS_PER_MIB = 15_625
"""Decoding takes up to 24 bytes a pixel (a transparent WebP): 36 % of the memory for all pictures at a time."""
BLOCK = 4 * 2**20
"""Bytes of a block of memory that goes back to the system at once when it is no longer needed."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""glibc's names of what `mallopt` sets (malloc.h)."""
SPARE_FILES = 64
"""Files that the process opens beside its connections."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits for one client and for all together. docs/serving.md has the table."""

    memory: int = MEMORY
    """MiB, from which `pixels` and `bytes_in_flight` follow where they are not given."""
    body_bytes: int = 16 * 2**20
    """Largest body, unpacked too."""
    text_bytes: int = 256 * 1024
    """Largest text of a model that takes no files: with its batch, this makes its largest body."""
    inflate_ratio: int = 100
    """How many times larger than it came a body may be, unpacked; the first MiB is free."""
    most_pixels: int = 0
    """Pixels of the pictures in one request, and of all that are decoded at a time; 0: from the memory."""
    most_in_flight: int = 0
    """Bytes of large bodies in memory at a time; 0: a sixteenth of the memory."""
    head_bytes: int = 32 * 1024
    """Request line and headers, trailers too."""
    head_seconds: float = 10.0
    """From the first byte, or from the connection, to the end of the headers."""
    body_seconds: float = 30.0
    """From the end of the headers to that of the body."""
    send_seconds: float = 30.0
    """How long a sender may leave an answer lying that fills its buffer."""
    idle_seconds: int = 65
    """How long a connection is kept between requests."""
    connections: int = 1024
    """Open at a time on each port; the one that waits longest for its sender makes room for a new one."""
    waiting: int = 256
    """Requests that wait for the graph or are in it."""

    @property
    def pixels(self) -> int:
        """Return the budget of pixels.

        >>> Limits(memory=1024).pixels, Limits(most_pixels=99).pixels
        (16000000, 99)
        """
        return self.most_pixels or self.memory * PIXELS_PER_MIB

    @property
    def bytes_in_flight(self) -> int:
        """Return the budget of bytes; one body always fits.

        >>> Limits(memory=1024).bytes_in_flight == 64 * 2**20
        True
        """
        return max(self.body_bytes, self.most_in_flight or self.memory * 2**20 // 16)


def files(connections: int) -> int:
    """Let the process open as many files as it needs for `connections` on two ports; return how many of them fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return connections if soft == resource.RLIM_INFINITY else max(1, min(connections, (soft - SPARE_FILES) // 2))


def return_memory() -> None:
    """Let glibc give large blocks back when they are free.

    By itself it keeps as much as the largest was, for each thread that had one: a few large requests, one after the
    other, would hold hundreds of MiB for good. Other C libraries have no such setting, and need none.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, BLOCK)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * BLOCK)
