"""Fork a process that has imported what takes long, for every command that client.py passes on.

`python server.py FOLDER LEASE NEEDS` imports the modules in NEEDS, a JSON object of lists by the module of a command,
and prints `ready` when all are imported. A command waits until those of its own list are; one with `null` for a list
waits for all, and is then told to be a new process, beside which nothing is imported. The server ends when nobody is
connected any more; LEASE is the descriptor of a socket that counts as a connection, or -1. A client may be killed at
any moment: that ends its fork and nothing else. It imports the standard library alone, and how requests are read.
"""

import atexit
import ctypes
import gc
import json
import os
import resource
import runpy
import selectors
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from trainerspec.running.forks.requests import Request, close, send, take

AT_START = ("CUDA", "HF_", "LD_", "MKL", "OPENBLAS", "POLARS", "PYTHONHASHSEED", "PYTHONPATH", "TORCH")
"""Beginnings of variables that are read when Python starts or a library is imported."""
SET_BY_LIBRARIES = ("TORCHINDUCTOR_CACHE_DIR",)
"""Those of them that an import sets, in the tests' own process too."""
MAXIMUM = "TRAINERSPEC_FORKS_SECONDS"
"""The environment variable that tells after how many seconds a fork is killed; without it, never."""
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
PATIENCE = 10.0
"""Seconds that a client has to send the rest of its request."""
MOST = min(64, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 8)
"""Clients at once: each has up to four descriptors."""
SERVER = os.getpid()


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a fork cannot change any more."""
    return {
        name: value for name, value in environment.items() if name.startswith(AT_START) and name not in SET_BY_LIBRARIES
    }


START = read_at_start(os.environ)


@dataclass
class Server:
    """Clients, what each waits for, and what is still to be imported."""

    listening: socket.socket
    needs: Mapping[str, list[str] | None]
    selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)
    clients: dict[socket.socket, int] = field(default_factory=dict)
    """The fork of each connection; 0 where there is none yet."""
    waiting: dict[socket.socket, Request] = field(default_factory=dict)
    """Requests whose modules are not imported yet."""
    opened: bool = False

    def __post_init__(self) -> None:
        """Note what is to be imported, in order."""
        self.left = list(dict.fromkeys(name for names in self.needs.values() for name in names or ()))
        self.selector.register(self.listening, selectors.EVENT_READ)
        gc.disable()  # an import makes nothing that is to be collected, and looking for it takes a sixth of its time

    def serve(self) -> Request | None:
        """Fork for every request; return it in the fork, and None in the server when nobody is left."""
        ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(ended, selectors.EVENT_READ)
        while self.clients or not self.opened:
            self.load()
            for key, _ in self.selector.select(0 if self.left else None):
                if key.fileobj is self.listening:
                    self.accept()
                elif key.fileobj == ended:
                    os.read(ended, 4096)
                    self.reap()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self.clients:
                    self.listen(key.fileobj)
            for connection in [one for one, request in self.waiting.items() if self.ready(request)]:
                request = self.waiting.pop(connection)
                if self.fork(connection, request):
                    signal.set_wakeup_fd(-1)
                    close((ended, wake))
                    self.selector.close()
                    for one in (self.listening, *self.clients):
                        one.close()
                    return request
                close(request.files)
        return None

    def load(self) -> None:
        """Import the next module that is left; tell when none is."""
        if not self.left:
            return
        with suppress(ImportError):  # the stage that imports it tells
            import_module(self.left[0])
        del self.left[0]
        if not self.left:
            gc.collect()
            gc.freeze()
            gc.enable()
            os.write(1, b"ready\n")

    def ready(self, request: Request) -> bool:
        """Tell whether all is imported that a command shares with others."""
        mine = self.needs.get(request.words[0], [])
        return not (self.left if mine is None else set(mine) & set(self.left))

    def accept(self) -> None:
        """Take a new client; one too many is sent away, and is a new process."""
        with suppress(OSError):  # it is gone, or there are no descriptors
            connection = self.listening.accept()[0]
            if len(self.clients) < MOST:
                self.open(connection)
            else:
                connection.close()

    def open(self, connection: socket.socket) -> None:
        """Add a client."""
        connection.settimeout(PATIENCE)
        self.selector.register(connection, selectors.EVENT_READ)
        self.clients[connection], self.opened = 0, True

    def forget(self, connection: socket.socket) -> None:
        """Close a connection."""
        self.selector.unregister(connection)
        del self.clients[connection]
        if connection in self.waiting:
            close(self.waiting.pop(connection).files)
        connection.close()

    def reap(self) -> None:
        """Tell clients how their forks ended."""
        with suppress(ChildProcessError):
            while (ending := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ending
                for connection in [one for one, fork in self.clients.items() if fork == pid]:
                    send(connection, os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
                    self.forget(connection)

    def listen(self, connection: socket.socket) -> None:
        """Take a request, a signal for a fork, or the end of a client, whose fork dies with it."""
        pid = self.clients[connection]
        if not pid:
            request = None if connection in self.waiting else take(connection)
            if request is None:
                self.forget(connection)
            else:
                self.waiting[connection] = request
            return
        numbers = b""
        with suppress(OSError):  # it was killed before it read an answer
            numbers = connection.recv(16)
        with suppress(ProcessLookupError):
            for number in numbers:
                os.kill(pid, number)
            if not numbers:
                os.killpg(pid, signal.SIGKILL)
        if not numbers:
            self.forget(connection)

    def fork(self, connection: socket.socket, request: Request) -> bool:
        """Fork, and tell whether this is the fork; say no to the client where a fork would not do."""
        other = read_at_start(request.env) != START or self.needs.get(request.words[0], []) is None
        pid = -1
        if not other and threading.active_count() == 1:  # a fork has the thread alone that forked
            with suppress(OSError):  # no more processes, or no memory
                pid = os.fork()
        if pid == 0:
            return True
        if pid == -1:
            send(connection, b"n")
            self.forget(connection)
        else:
            self.clients[connection] = pid
            with suppress(OSError):  # the fork does it too: whoever comes first
                os.setpgid(pid, pid)
            send(connection, b"y")
        return False


def become(request: Request) -> NoReturn:
    """Run the module as the main one, as a new process would; it dies with the server."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != SERVER:
            os._exit(1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()
    signal.alarm(int(request.env.get(MAXIMUM, "0")))
    for standard, file in enumerate(request.files):
        os.dup2(file, standard)
        os.close(file)
    os.environ.clear()
    os.environ.update(request.env)
    if "torch" in sys.modules and (threads := request.env.get("OMP_NUM_THREADS", "")).isdigit():
        sys.modules["torch"].set_num_threads(int(threads))
    os.chdir(request.cwd)
    if not request.safe:
        sys.path.insert(0, request.cwd)
    sys.argv = list(request.words)
    finish(request.words[0])


def finish(module: str) -> NoReturn:
    """Run a module as the main one, and then what waits for its end; end with its exit status.

    However it ends, the libraries are not tidied up: that takes a second, and for good where one of them waits for a
    thread of the process that was forked.
    """
    status = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        if isinstance(ending.code, int | None):
            status = ending.code or 0
        else:
            print(ending.code, file=sys.stderr)
    finally:
        kind, error, places = sys.exc_info()
        if kind is not None and error is not None:
            sys.excepthook(kind, error, places)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        os._exit(status)


def main() -> None:
    """Serve, and import meanwhile."""
    folder, lease, needs = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    sys.executable = str(folder / "python")
    listening = socket.socket(socket.AF_UNIX)
    (folder / "socket").unlink(missing_ok=True)  # of an earlier run with this process id
    listening.bind(str(folder / "socket"))
    listening.listen(64)
    server = Server(listening=listening, needs=needs)
    if lease >= 0:
        server.open(socket.socket(fileno=lease))
    request = server.serve()
    if request is not None:
        become(request)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
