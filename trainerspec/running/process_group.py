"""Run one command with all its children in a process group that never outlives us."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

WATCHDOG = ("/bin/sh", "-c", "read line; kill -KILL 0")
"""Waits on a pipe that only we hold: when we are gone, however that happened, it kills its process group."""


class Interrupted(Exception):
    """A signal asked us to stop; `signal` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@contextmanager
def group(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    keep: Sequence[int] = (),
    *,
    asked: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """Start `command` and give the process, its output and errors in one pipe; kill the group at the end.

    `keep` are file descriptors that it inherits: an flock held by one is held until the whole group is dead. One that
    is `asked` reads what we write to its standard input; others read nothing.
    """
    reading, writing = os.pipe()
    try:
        watchdog = subprocess.Popen(WATCHDOG, stdin=reading, process_group=0, pass_fds=tuple(keep), cwd=folder)
    finally:
        os.close(reading)
    try:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=watchdog.pid,
            pass_fds=tuple(keep),
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(watchdog.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
    finally:
        os.close(writing)
        watchdog.kill()
        watchdog.wait()


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Interrupted`."""

    def stop(number: int, frame: object) -> None:
        raise Interrupted(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
