"""Start the process that stages are forks of, for one run."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from trainerspec.running.forks.libraries import libraries

SWITCH = "TRAINERSPEC_FORKS"
"""The environment variable that says `0` where every stage is to be a new process."""
DEVICES = ("/dev/nvidiactl", "/dev/kfd")
"""Of accelerators: their drivers cannot be used in a fork when an import has looked at them before."""
MEMORY = 4 * 2**20
"""Kibibytes that are free where a process more with all libraries does no harm."""
LONGEST = 120
"""Characters of the first line of a script that every kernel reads."""


class Forks:
    """The process of one run, which starts when the first stage begins."""

    def __init__(self, project: Path, place: Path | None, environment: Mapping[str, str], lock: int) -> None:
        self._project, self._place, self._lock = project, place, lock
        self._server: subprocess.Popen[bytes] | None = None
        self._lease: socket.socket | None = None
        self.environment = dict(environment)
        """That of the stages, whose `python` is a client where there may be forks."""
        if place is not None:
            self.environment["PATH"] = os.pathsep.join([str(place), environment["PATH"]])

    def begin(self, stage: str) -> None:
        """Start the server when the first stage begins that needs libraries; what is not readable, stages tell."""
        if self._place is None or self._server is not None:
            return
        try:
            shared = libraries(self._project, stage)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return
        if not next(iter(shared.values()), None):
            return
        self._lease, held = socket.socketpair()
        with held:
            self._server = subprocess.Popen(
                command(self._place, held.fileno(), shared),
                cwd=self._project, env=self.environment, pass_fds=(held.fileno(), self._lock), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def end(self) -> None:
        """End the server, and with it forks that are left."""
        if self._server is not None and self._lease is not None:
            self._server.kill()
            self._server.wait()
            self._lease.close()


@contextmanager
def beside(project: Path, environment: Mapping[str, str], lock: int) -> Iterator[Forks]:
    """Offer forks to the stages of one run; `lock` is a descriptor that server and forks keep open."""
    if not possible(environment):
        yield Forks(project, None, environment, lock)
        return
    with tempfile.TemporaryDirectory(prefix="trainerspec-", ignore_cleanup_errors=True) as name:
        python = client(Path(name), "python")
        forks = Forks(project, Path(name) if os.access(python, os.X_OK) else None, environment, lock)
        try:
            yield forks
        finally:
            forks.end()


def command(folder: Path, lease: int, needs: Mapping[str, list[str] | None]) -> list[str]:
    """Return the command of the server in a folder; see server.py."""
    return [
        sys.executable,
        "-P",
        str(Path(__file__).with_name("server.py")),
        str(folder),
        str(lease),
        json.dumps(needs),
    ]


def client(folder: Path, name: str) -> Path:
    """Write the command `name` that asks a server in its folder for a fork."""
    code = Path(__file__).with_name("client.py").read_text(encoding="utf-8")
    path = folder / name
    path.write_text(f"#!{sys.executable} -IS\n{code}", encoding="utf-8")
    path.chmod(0o755)
    return path


def possible(environment: Mapping[str, str]) -> bool:
    """Tell whether stages may be forks: on Linux, by this Python, with memory to spare, where no accelerator is."""
    python = Path(sys.executable)
    return (
        sys.platform == "linux"
        and environment.get(SWITCH) != "0"
        and find_spec("dvc") is not None  # else the stages' Python is another one
        and (python.parent / "python").is_file()
        and " " not in sys.executable
        and len(f"#!{sys.executable} -IS") < LONGEST
        and not any(Path(device).exists() for device in DEVICES)
        and _free() > MEMORY
    )


def _free() -> int:
    """Return the kibibytes of memory that programs can still have; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1])
    return 0
