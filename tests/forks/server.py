"""Fork a process that has imported what takes long, for every command that client.py passes on.

`python -m tests.forks.server FOLDER` prints `ready`, and ends when nobody is connected any more.
"""

import array
import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tests.forks import LIBRARIES, remove

AT_START = ("CUDA", "HF_", "LD_", "MKL", "OPENBLAS", "POLARS", "PYTHONHASHSEED", "PYTHONPATH", "TORCH")
"""Beginnings of variables that are read when Python starts or a library is imported."""
MAXIMUM = 600
"""Seconds that a fork may run."""


SET_BY_LIBRARIES = ("TORCHINDUCTOR_CACHE_DIR",)
"""Those of them that an import sets, in the tests' own process too."""


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in environment.items() if name.startswith(AT_START) and name not in SET_BY_LIBRARIES
    }


START = read_at_start(os.environ)


@dataclass(frozen=True)
class Request:
    """What a client wants to be run, and its input, output and errors."""

    words: list[str]
    cwd: str
    env: dict[str, str]
    files: list[int]


def take(connection: socket.socket) -> Request | None:
    """Read a request; None when the connection was closed."""
    head, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    if not head:
        return None
    files = array.array("i")
    for _, _, data in ancillary:
        files.frombytes(data)
    length, body = int.from_bytes(head, "big"), b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return Request(files=list(files), **json.loads(body))


def serve(listening: socket.socket) -> Request | None:
    """Fork for every request: returns it in the fork, and None in the server when nobody is left."""
    selector = selectors.DefaultSelector()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    selector.register(listening, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ)
    clients: dict[socket.socket, int] = {}
    opened = 0
    while clients or not opened:
        for key, _ in selector.select():
            if key.fileobj is listening:
                connection, _ = listening.accept()
                selector.register(connection, selectors.EVENT_READ)
                clients[connection], opened = 0, 1
            elif key.fileobj == ended:
                os.read(ended, 4096)
                for connection in reap(clients):
                    forget(connection, clients, selector)
            elif isinstance(key.fileobj, socket.socket) and key.fileobj in clients:
                request = listen(key.fileobj, clients, selector)
                if request is not None:
                    signal.set_wakeup_fd(-1)
                    os.close(ended)
                    os.close(wake)
                    for one in (listening, selector, *clients):
                        one.close()
                    return request
    return None


def reap(clients: Mapping[socket.socket, int]) -> list[socket.socket]:
    """Tell clients how their forks ended; returns those."""
    found = []
    with suppress(ChildProcessError):
        while (ending := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            pid, status = ending
            for connection in [one for one, fork in clients.items() if fork == pid]:
                with suppress(OSError):
                    connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
                found.append(connection)
    return found


def forget(connection: socket.socket, clients: dict[socket.socket, int], selector: selectors.BaseSelector) -> None:
    selector.unregister(connection)
    del clients[connection]
    connection.close()


def listen(
    connection: socket.socket, clients: dict[socket.socket, int], selector: selectors.BaseSelector
) -> Request | None:
    """Take a request, a signal for a fork, or the end of a client, whose fork dies with it; a request in the fork."""
    pid = clients[connection]
    if not pid:
        request = take(connection)
        if request is None:
            forget(connection, clients, selector)
        elif read_at_start(request.env) != START:
            connection.sendall(b"n")
            forget(connection, clients, selector)
        else:
            connection.sendall(b"y")
            clients[connection] = os.fork()
            if clients[connection] == 0:
                return request
        for number in request.files if request else ():
            os.close(number)
        return None
    numbers = connection.recv(16)
    with suppress(ProcessLookupError):
        for number in numbers:
            os.kill(pid, number)
        if not numbers:
            os.killpg(pid, signal.SIGKILL)
    if not numbers:
        forget(connection, clients, selector)
    return None


def become(request: Request) -> None:
    """Run the module as the main one."""
    os.setpgid(0, 0)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.alarm(MAXIMUM)
    for number, file in enumerate(request.files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request.env)
    import_module("torch").set_num_threads(int(request.env.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    os.chdir(request.cwd)
    sys.path[0] = request.cwd
    sys.argv = list(request.words)
    finish(request.words[0])


def finish(module: str) -> NoReturn:
    """Run a module as the main one, and then what waits for its end; end with its exit status."""
    status = None
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        if not isinstance(ending.code, int | None):
            raise
        status = ending.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)  # to tidy up the libraries, one object after the other, takes a second


def main() -> None:
    """Import, tell that it is ready, and serve."""
    folder = Path(sys.argv[1])
    for name in LIBRARIES:
        import_module(name)
    assert threading.active_count() == 1, "a fork has the thread alone that forked"
    gc.collect()
    gc.freeze()
    sys.executable = str(folder / "python")
    listening = socket.socket(socket.AF_UNIX)
    (folder / "socket").unlink(missing_ok=True)  # of an earlier run with this process id
    listening.bind(str(folder / "socket"))
    listening.listen(64)
    os.write(1, b"ready\n")
    request = serve(listening)
    if request is None:
        remove(folder)
    else:
        become(request)


if __name__ == "__main__":
    main()
