"""Watch what a command reads, writes, runs and sends: by the interpreter's audit hook, or from outside by strace."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.e2e.conftest import environment

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so", "/etc/localtime", "/etc/passwd", "/etc/nsswitch.conf")
SYSTEM += ("/etc/gitconfig", "/etc/mime.types", "/etc/os-release", "/opt", "/proc", "/sys", "/dev")
"""Of the system: libraries, the interpreter, what tells about the machine."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.utime")
CHANGES += ("os.truncate", "os.chown", "shutil.rmtree", "shutil.move", "shutil.copyfile", "tempfile.mkstemp")
SENT = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
)
RUN = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork")


@dataclass(kw_only=True)
class Seen:
    """What was done: absolute paths, commands, addresses."""

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def outside(self, *allowed: Path) -> set[str]:
        """Return what was read elsewhere than there, in the interpreter, in the package and in the system's folders."""
        places = [*allowed, ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_path("purelib"))]
        known = [os.path.realpath(place) for place in places]
        return {path for path in self.read if not within(path, known) and not path.startswith(SYSTEM)}


def within(path: str, places: list[str]) -> bool:
    """Tell whether a path, with its links followed, lies in one of these places or above all of them."""
    real = os.path.realpath(path)
    return any(real == place or real.startswith(place + os.sep) for place in places)


_now: list[Seen] = []


def _hook(event: str, words: tuple[object, ...]) -> None:
    if not _now:
        return
    seen = _now[0]
    if event == "open" and isinstance(words[0], str | bytes):
        path, flags = os.path.abspath(os.fsdecode(words[0])), words[2]
        if isinstance(flags, int) and flags & WRITING:
            if "__pycache__" not in path and path not in ("/dev/null", "/dev/tty"):
                seen.written.add(path)
        else:
            seen.read.add(path)
    elif event in ("os.listdir", "os.scandir") and isinstance(words[0], str | bytes):
        seen.read.add(os.path.abspath(os.fsdecode(words[0])))
    elif event in CHANGES:
        seen.written.add(f"{event} {changed(words)}")
    elif event in SENT:
        seen.sent.append(f"{event} {words[1:]}")
    elif event in RUN:
        seen.ran.append(" ".join(map(str, words[1])) if event == "subprocess.Popen" else f"{event} {words}")  # type: ignore[arg-type,call-overload]


def changed(words: tuple[object, ...]) -> str:
    """Return the path of a change, which may be relative to an open folder."""
    path, place = str(words[0]), words[-1]
    known = isinstance(place, int) and place > 2 and Path(f"/proc/self/fd/{place}").exists()
    return os.path.join(os.readlink(f"/proc/self/fd/{place}") if known else os.getcwd(), path)


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[Seen]:
    """Watch what this process does in the block."""
    seen = Seen()
    _now.append(seen)
    try:
        yield seen
    finally:
        _now.clear()


CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
FOLDER = re.compile(r"^(?:AT_FDCWD|\d+)<(.*?)>, ")
OPENED = ("open", "openat", "openat2", "readlink", "readlinkat")
CHANGED = ("unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "symlink", "symlinkat")
CHANGED += ("link", "linkat", "chmod", "fchmodat", "chown", "truncate", "utimensat", "mknod", "mknodat")


Done: TypeAlias = subprocess.CompletedProcess[str]


def from_outside(words: tuple[str, ...], cwd: Path, place: Path, home: Path) -> tuple[Seen, Done]:
    """Run the command line in a process of its own: under strace where that is installed, else with the audit hook.

    strace sees what libraries and children do, and counts the calls that succeeded.
    """
    log, program = place / "log", shutil.which("trainerspec", path=environment()["PATH"])
    assert program is not None
    variables = environment(HOME=str(home), TMPDIR=str(place / "scratch"), PYTHONDONTWRITEBYTECODE="1")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        variables.pop(name, None)
    command = [program, *words]
    if shutil.which("strace") is not None:
        told = ["-f", "-y", "-qq", "-z", "-s", "4096", "-e", "trace=%file,%network,execve", "-o", str(log)]
        command = ["strace", *told, *command]
    else:
        hooked = place / "hooked"
        hooked.mkdir()
        (hooked / "sitecustomize.py").write_text(f"from tests.hostile import watch\nwatch.record({str(log)!r})\n")
        variables["PYTHONPATH"] = os.pathsep.join([str(hooked), str(ROOT)])
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=False, timeout=300)
    seen = Seen()
    if (place / "hooked").exists():
        shutil.rmtree(place / "hooked")
        seen = Seen(**{name: type(getattr(seen, name))(some) for name, some in json.loads(log.read_text()).items()})
    else:
        for found in map(CALL.match, log.read_text(errors="replace").splitlines()):
            if found:
                note(seen, found[1], found[2], cwd)
    log.unlink()
    return seen, done


def record(log: str) -> None:
    """Watch this process from now on, and write what was seen when it ends."""
    seen = Seen()
    _now.append(seen)

    def end() -> None:
        _now.clear()
        Path(log).write_text(json.dumps({name: sorted(some) for name, some in vars(seen).items()}))

    atexit.register(end)


def note(seen: Seen, call: str, rest: str, cwd: Path) -> None:
    """Take one call of the log."""
    folder, texts = FOLDER.match(rest), TEXT.findall(rest)
    path = os.path.normpath(os.path.join(folder[1] if folder else cwd, texts[0])) if texts else ""
    if call == "execve":
        seen.ran.append(" ".join(texts))
    elif call in OPENED:
        writing = any(flag in rest for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"))
        if writing and path not in ("/dev/null", "/dev/tty"):
            seen.written.add(path)
        elif not writing:
            seen.read.add(path)
    elif call in CHANGED:
        seen.written.add(f"{call} {path}")
    elif call in ("connect", "bind", "sendto", "sendmsg") and "AF_UNIX" not in rest.partition(")")[0]:
        seen.sent.append(f"{call} {rest}")
