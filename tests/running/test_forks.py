"""Stages as forks of one process: which libraries, real DVC over stages of a few lines, and every end."""

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from trainerspec.diagnostics.model import Stopped
from trainerspec.running import run as module
from trainerspec.running.events import Began, Event
from trainerspec.running.forks import beside as forks
from trainerspec.running.forks.libraries import libraries
from trainerspec.running.forks.requests import take
from trainerspec.running.process_group import group

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks of stages need Linux")
ROOT = Path(__file__).resolve().parents[2]
PIPELINE = """\
stages:
  one:
    cmd: python -m pipeline.one
    deps: [pipeline/one.py]
    outs: [a.txt]
  two:
    cmd: python -m pipeline.two --split test
    deps: [pipeline/two.py, pipeline/three.py, a.txt]
    outs: [b.txt]
  benchmark:
    cmd: python -m pipeline.benchmark
    deps: [pipeline/benchmark.py]
    outs: [d.txt]
  last:
    cmd: python -m pipeline.last
    deps: [pipeline/last.py, b.txt]
    outs: [c.txt]
"""
TOLD = "import os, sys; open('{out}', 'w').write(f'{{sys.argv}} {{os.getppid()}} ' + str('click' in sys.modules))\n"
STAGES = {
    "one": "import json\nfrom pathlib import Path\nimport click.core\n" + TOLD.format(out="a.txt"),
    "two": TOLD.format(out="b.txt"),
    "three": "import missing_library\nfrom . import one\nfrom click.core import Command\n\ndef f():\n    import lazy\n",
    "benchmark": TOLD.format(out="d.txt"),
    "last": TOLD.format(out="c.txt") + "import only_of_the_last\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of four stages, the last of which fails."""
    (tmp_path / "pipeline").mkdir()
    for name, code in STAGES.items():
        (tmp_path / "pipeline" / f"{name}.py").write_text(code)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "params.yaml").write_text("compute: {threads: 1}\n")
    return tmp_path


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stages be forks, here too where the machine is full or has a GPU."""
    monkeypatch.delenv(forks.SWITCH)
    monkeypatch.setattr(forks, "MEMORY", 0)
    monkeypatch.setattr(forks, "DEVICES", ())


def test_stages_share_what_two_need_and_what_one_needs_at_the_top_but_for_the_last(project: Path) -> None:
    assert libraries(project, "one") == {
        "pipeline.one": ["click.core"],
        "pipeline.two": ["missing_library", "click.core"],
        "pipeline.benchmark": None,
        "pipeline.last": [],
    }
    assert libraries(project, "last") == {}
    with pytest.raises(ValueError, match="other"):
        libraries(project, "other")


@pytest.mark.parametrize(
    ("name", "value"), [(forks.SWITCH, "0"), ("MEMORY", 2**50), ("DEVICES", ("/dev/null",)), ("LONGEST", 3)]
)
def test_where_a_fork_could_do_harm_stages_are_new_processes(
    allowed: None, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    assert forks.possible(os.environ)
    if name == forks.SWITCH:
        monkeypatch.setenv(name, str(value))
    else:
        monkeypatch.setattr(forks, name, value)
    assert not forks.possible(os.environ)


@pytest.mark.slow
def test_the_stages_of_a_run_are_forks_that_share_their_libraries(project: Path, allowed: None) -> None:
    began: list[str] = []

    def take(event: Event) -> None:
        if isinstance(event, Began):
            began.append(event.stage)

    with pytest.raises(Stopped, match="stage `last` failed"):
        module.run(project, take, str, no_scm=True)
    assert began == ["one", "two", "benchmark", "last"]
    assert "No module named 'only_of_the_last'" in (project / module.LOG).read_text()
    words, server, shared = (project / "b.txt").read_text().rsplit(" ", 2)
    other_words, other_server, also = (project / "c.txt").read_text().rsplit(" ", 2)
    assert words == f"['{project}/pipeline/two.py', '--split', 'test']"
    assert other_words == f"['{project}/pipeline/last.py']"
    assert (shared, also, server) == ("True", "True", other_server), "both are forks of one process"
    assert (project / "d.txt").read_text().split()[1:] != [server, "True"], "what is measured is a new process"
    assert not Path(f"/proc/{server}").exists(), "which is gone"


@pytest.fixture
def waiting(project: Path, allowed: None) -> Iterator[tuple[subprocess.Popen[str], int, forks.Forks]]:
    """Start a stage as a fork; return the client that stands for it, the fork's process id, and the server's end."""
    (project / "pipeline" / "one.py").write_text(
        "import os\nimport time\nimport click\nprint(os.getpid(), flush=True)\ntime.sleep(60)\n"
    )
    with (project / "lock").open("w") as lock, forks.beside(project, os.environ, lock.fileno()) as shared:
        shared.begin("one")
        until(lambda: (Path(shared.environment["PATH"].split(os.pathsep)[0]) / "socket").exists())
        command = ["python", "-m", "pipeline.one"]
        with group(command, project, shared.environment) as process:
            assert process.stdout is not None
            fork = int(process.stdout.readline())
            assert fork != process.pid
            yield process, fork, shared


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true. Raises AssertionError after 20 seconds."""
    for _ in range(400):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not become true in 20 seconds")


@pytest.mark.parametrize("unread", [False, True])
def test_a_client_that_is_killed_ends_its_own_fork_alone(
    waiting: tuple[subprocess.Popen[str], int, forks.Forks], project: Path, unread: bool
) -> None:
    """Killed before the answer to its request comes, or with the answer unread."""
    process, fork, shared = waiting
    server = parent(fork)
    folder = shared.environment["PATH"].split(os.pathsep)[0]
    request = {"words": ["pipeline.one"], "safe": False, "cwd": str(project), "env": dict(shared.environment)}
    body = json.dumps(request).encode()
    for _ in range(5):
        with socket.socket(socket.AF_UNIX) as client, (project / "said.txt").open("w") as file:
            client.connect(f"{folder}/socket")
            socket.send_fds(client, [len(body).to_bytes(4, "big")], [file.fileno()] * 3)
            client.sendall(body)
            if unread:
                select.select([client], [], [], 20)
    until(lambda: children(server) == [fork])
    assert process.poll() is None


@pytest.mark.parametrize(
    ("sent", "files"),
    [
        (b"\0\0", 3),
        (b"\0\0\1\0{", 3),
        (b"\0\0\0\2{]", 3),
        (b"\0\0\0\2[]", 3),
        (b"\0\0\0\4null", 3),
        (b"\0\0\0\2\xff\xfe", 3),
        (b'\0\0\0\x2e{"words": [], "safe": 0, "cwd": "", "env": {}}', 3),
        (b'\0\0\0\x32{"words": ["a"], "safe": 0, "cwd": "", "env": {}}', 3),
        (b'\0\0\0\x31{"words": ["a"], "safe": 0, "cwd": "", "env": {}}', 1),
        (b'\0\0\0\x31{"words": ["a"], "safe": 0, "cwd": "", "env": []}', 3),
        (b"\0\1\0\0" + b"[" * 2**16, 3),
    ],
)
def test_what_is_no_request_is_none_and_its_descriptors_are_closed(sent: bytes, files: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    here, there = socket.socketpair()
    with here, there:
        here.sendmsg([sent], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * files))])
        here.shutdown(socket.SHUT_WR)
        assert take(there) is None
    assert len(os.listdir("/proc/self/fd")) == before


def test_clients_that_are_too_many_are_sent_away_and_hurt_nobody(
    waiting: tuple[subprocess.Popen[str], int, forks.Forks],
) -> None:
    process, fork, shared = waiting
    address = shared.environment["PATH"].split(os.pathsep)[0] + "/socket"
    with ExitStack() as opened:
        for _ in range(80):
            client = opened.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(address)
        client.settimeout(20)
        assert client.recv(1) == b"", "it is a new process"
    with socket.socket(socket.AF_UNIX) as broken:
        broken.settimeout(20)
        broken.connect(address)
        broken.sendall(b"\0\0\0\2{]")
        with suppress(ConnectionResetError):  # it was sent away unread, with the others
            assert broken.recv(1) == b"", "no request"
    assert process.poll() is None
    assert children(parent(fork)) == [fork]


def parent(process: int) -> int:
    """Return the parent of a process."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def children(process: int) -> list[int]:
    """Return the children of a process."""
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_when_the_server_is_killed_the_stage_is_killed(waiting: tuple[subprocess.Popen[str], int, forks.Forks]) -> None:
    process, fork, shared = waiting
    shared.end()
    assert process.wait(20) == -signal.SIGKILL
    until(lambda: not Path(f"/proc/{fork}").exists())


def test_when_the_stage_is_killed_its_fork_is_killed(waiting: tuple[subprocess.Popen[str], int, forks.Forks]) -> None:
    process, fork, _ = waiting
    process.kill()
    until(lambda: not Path(f"/proc/{fork}").exists())


def test_when_the_fork_is_killed_the_stage_is_killed(waiting: tuple[subprocess.Popen[str], int, forks.Forks]) -> None:
    process, fork, _ = waiting
    os.kill(fork, signal.SIGSEGV)
    assert process.wait(20) == -signal.SIGSEGV


RUNNER = """
import os, sys
from pathlib import Path
from trainerspec.running.forks import beside as forks
forks.MEMORY, forks.DEVICES = 0, ()
with open("lock", "w") as lock, forks.beside(Path.cwd(), os.environ, lock.fileno()) as shared:
    shared.begin("one")
    print(shared.environment["PATH"].split(os.pathsep)[0], flush=True)
    sys.stdin.read()
"""


def test_when_the_run_is_killed_the_server_ends_and_leaves_nothing(project: Path, allowed: None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER], cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        place = Path(process.stdout.readline().strip())
        until(lambda: (place / "socket").exists())
        process.kill()
    until(lambda: not place.exists())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise OSError(28, 'No space left on device')", 1),
        ("sys.exit('told in words')", 1),
        ("sys.exit(3)", 3),
        ("sys.exit()", 0),
        ("raise KeyboardInterrupt", -signal.SIGINT),
    ],
)
def test_a_fork_ends_whatever_a_library_waits_for(project: Path, allowed: None, code: str, status: int) -> None:
    """What is tidied up at the end of a process may wait for a thread that only the forked one has."""
    lines = ["import sys", "import time", "import click", "", "class Native:", "    def __del__(self):"]
    lines += ["        time.sleep(60)", "", "held = Native()", code]
    (project / "pipeline" / "one.py").write_text("\n".join(lines))
    with (project / "lock").open("w") as lock, forks.beside(project, os.environ, lock.fileno()) as shared:
        shared.begin("one")
        until(lambda: (Path(shared.environment["PATH"].split(os.pathsep)[0]) / "socket").exists())
        with group(["python", "-m", "pipeline.one"], project, shared.environment) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            assert process.wait(20) == status
    assert code.partition("'")[2].rpartition("'")[0].split(", ")[-1] in said
