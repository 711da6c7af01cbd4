"""One writer: two commands at once, kills, read-only and full disks leave a project that the next command takes up."""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.exceptions import Exit

from tests.e2e.conftest import BIN, SPEC, call, environment, write_notes
from tests.hostile.conftest import snapshot
from tests.writers import another_writer
from trainerspec.cli.exit_codes import exit_codes, unwritten
from trainerspec.diagnostics.model import Stopped
from trainerspec.running.killed import killed, out_of_memory_kills
from trainerspec.running.run import Log, failure
from trainerspec.workspace import writer
from trainerspec.workspace.writer import LOCK, writing

WRITERS = (("build",), ("run", "--no-scm"), ("adopt",), ("revise",), ("auto", "--no-scm"), ("push", "--target", "dev"))
WRITERS += (
    ("collect",),
    ("run", "--refresh"),
    ("tune", "--trials", "1"),
    ("label",),
    ("data",),
    ("serve", "--unreleased"),
)
WRITERS += (("predict", ".", "notes", "--out", "answers.csv", "--unreleased"),)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "tiny"
    write_notes(folder / "notes", each=10)
    (folder / "trainer.yaml").write_text(SPEC)
    done = call("trainerspec", "build", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "tiny"))


def codes(stopped: pytest.ExceptionInfo[Stopped]) -> list[str]:
    return [one.code for one in stopped.value.diagnostics]


def test_others_are_told_who_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GRACE", 0.1)
    with another_writer(folder) as process:
        with pytest.raises(Stopped) as stopped, writing(folder):
            pass
        (told,) = stopped.value.diagnostics
        assert told.code == "TS805"
        assert f"`trainerspec run --force` (process {process.pid} on {os.uname().nodename}, since 20" in told.message
    with writing(folder):
        assert (folder / LOCK).is_file()
        with writing(folder):
            pass
    assert not (folder / LOCK).exists()


def test_the_lock_of_a_killed_writer_is_taken(folder: Path) -> None:
    with another_writer(folder) as process:
        process.kill()
        process.wait()
        assert (folder / LOCK).read_text(), "it left its file"
        with writing(folder):
            pass
    assert not (folder / LOCK).exists()


def test_every_command_that_writes_waits_for_the_lock(
    folder: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GRACE", 0.1)
    monkeypatch.chdir(folder)
    with another_writer(folder):
        before = snapshot(folder)
        for words in WRITERS:
            status, _, errors = trainerspec(*words)
            assert (status, "TS805" in errors) == (1, True), (words, errors)
            assert "`trainerspec run --force` (process " in errors, words
            assert snapshot(folder) == before, words
        for safe in (("check",), ("plan",), ("build", "--check")):
            assert trainerspec(*safe)[0] == 0


def test_a_draft_into_a_project_waits_for_the_lock(
    tmp_path: Path, trainerspec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GRACE", 0.1)
    monkeypatch.chdir(tmp_path)
    words = ("draft", "Sort our mails into billing and other, 95% accurate", "--force")
    assert trainerspec(*words)[0] == 0
    (spec,) = tmp_path.glob("*/trainer.yaml")
    assert not (spec.parent / LOCK.parts[0]).exists(), "a new folder holds the spec alone"
    spec.write_text("edited\n")
    with another_writer(spec.parent):
        status, _, errors = trainerspec(*words)
    assert (status, "TS805" in errors, spec.read_text()) == (1, True, "edited\n"), errors


@pytest.mark.parametrize(
    "left",
    [
        b"",
        b"[" * 4096,
        b'{"process": 1, "command": "trainerspec run", "host": "elsewhere", "since": "2020-01-01"}',
        b'{"process": ["\\u001b[2J"]}',
    ],
)
def test_a_lock_that_was_left_is_taken_whatever_it_says(left: bytes, folder: Path) -> None:
    """What it says is of a process number that another program has by now, or of another machine: nobody holds it."""
    (folder / LOCK).parent.mkdir(parents=True, exist_ok=True)
    (folder / LOCK).write_bytes(left)
    with writing(folder):
        assert b"elsewhere" not in (folder / LOCK).read_bytes()
    assert not (folder / LOCK).exists()


def test_who_holds_a_lock_is_told_however_it_is_signed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GRACE", 0.1)
    with another_writer(folder):
        for signed in (b"[" * 4096, b"", b"{}"):
            (folder / LOCK).write_bytes(signed)
            with pytest.raises(Stopped, match="TS805 another command is writing in"), writing(folder):
                pass


def test_two_builds_at_once_leave_a_whole_project(folder: Path) -> None:
    spec = folder / "trainer.yaml"
    for epochs in (4, 5, 6):
        spec.write_text(SPEC.replace("epochs: 3", f"epochs: {epochs}"))
        builds = [
            subprocess.Popen(
                [str(BIN / "trainerspec"), "build"], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        errors = [build.communicate(timeout=200)[1] for build in builds]
        assert not any("Traceback" in error for error in errors)
        assert {build.returncode for build in builds} <= {0, 1}
        assert 0 in {build.returncode for build in builds}
        done = call("trainerspec", "build", "--check", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert f"epochs: {epochs}" in (folder / "params.yaml").read_text()


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9, 1.2, 1.5])
def test_a_build_that_is_killed_is_taken_up_by_the_next(after: float, folder: Path) -> None:
    (folder / "trainer.yaml").write_text(SPEC.replace("epochs: 3", "epochs: 9"))
    build = subprocess.Popen([str(BIN / "trainerspec"), "build"], cwd=folder, env=environment(), start_new_session=True)
    time.sleep(after)
    build.kill()
    build.wait()
    done = call("trainerspec", "build", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert call("trainerspec", "build", "--check", cwd=folder).returncode == 0
    assert not (folder / LOCK.parent).exists(), "no waiting room and no lock is left"


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 4 MiB; skips where that cannot be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 4096)


def test_a_full_disk_is_told_and_loses_nothing(made: Path, mounted: Path) -> None:
    folder = Path(shutil.copytree(made, mounted / "tiny"))
    before = {path: one for path, one in snapshot(folder).items() if not path.startswith(".trainerspec/agents")}
    (folder / "trainer.yaml").write_text(SPEC.replace("epochs: 3", "epochs: 8"))
    fill(mounted / "filler")
    for words in (("build",), ("run", "--no-scm"), ("revise",)):
        done = call("trainerspec", *words, cwd=folder)
        assert done.returncode == 1, (words, done.stdout)
        assert "Traceback" not in done.stderr
        assert "no space left" in done.stderr.lower() or "TS840" in done.stderr, (words, done.stderr)
    now = snapshot(folder)
    assert {
        path for path in before if path != "trainer.yaml" and now.get(path) != before[path] and before[path][2]
    } == set()
    (mounted / "filler").unlink()
    assert call("trainerspec", "build", cwd=folder).returncode == 0
    assert call("trainerspec", "build", "--check", cwd=folder).returncode == 0


def test_a_read_only_checkout_is_read_and_told(made: Path, mounted: Path) -> None:
    folder = Path(shutil.copytree(made, mounted / "tiny"))
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    for words in (("check",), ("plan",), ("build", "--check")):
        done = call("trainerspec", *words, cwd=folder)
        assert done.returncode == 0, (words, done.stderr)
    for words in (("build",), ("run", "--no-scm"), ("revise",), ("adopt",)):
        done = call("trainerspec", *words, cwd=folder)
        assert done.returncode == 1, (words, done.stdout)
        assert "TS705" in done.stderr, (words, done.stderr)
        assert "read-only file system" in done.stderr
        assert "Traceback" not in done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(mounted)], check=True)


def test_errors_of_the_disk_are_told_and_others_are_not_hidden() -> None:
    told = unwritten(OSError(errno.ENOSPC, "No space left on device", "/x/build/model"))
    assert told is not None
    assert (told.code, told.message) == ("TS711", "`/x/build/model`: no space left on device")
    assert unwritten(OSError(errno.ENOTDIR, "Not a directory")) is None


@pytest.mark.parametrize(
    ("printed", "kills", "said"),
    [
        ("exited with 137", 0, "was killed (SIGKILL), as the kernel does when memory runs out"),
        ("exited with -9", 1, "ran out of memory"),
        ("exited with -15", 0, "was killed (SIGTERM)"),
        ("memory allocation of 8589934592 bytes failed\nexited with 134", 0, "ran out of memory"),
        ("numpy.core._exceptions._ArrayMemoryError: MemoryError\nexited with 1", 0, "ran out of memory"),
    ],
)
def test_a_killed_stage_is_told_as_killed(printed: str, kills: int, said: str) -> None:
    told = killed("train", printed, kills)
    assert told is not None
    assert (told.code, told.message.removeprefix("stage `train` ")) == ("TS812", said)
    assert "trainerspec run" in told.hint or "run.log" in told.hint


def test_kills_for_memory_are_counted(tmp_path: Path) -> None:
    events = tmp_path / "memory.events"
    events.write_text("low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n")
    assert out_of_memory_kills(events) == 2
    assert out_of_memory_kills(tmp_path / "none") == 0


def test_a_stage_under_a_limit_of_memory_says_so(tmp_path: Path) -> None:
    script = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28)); x = bytearray(2**30)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    told = killed("prepare", f"{done.stderr}\nfailed to run: python x, exited with {done.returncode}", 0)
    assert told is not None
    assert told.message == "stage `prepare` ran out of memory"


def test_a_full_disk_is_told_of_a_stage_and_of_what_dvc_keeps_of_it(tmp_path: Path) -> None:
    """DVC fails after the stage itself is done, and a disk that is full takes no failure.json either."""
    why = "[Errno 28] No space left on device"
    told = failure(tmp_path, Log(status=255, stage="gate", why=why))
    assert (told.code, told.message) == ("TS711", "stage `gate`: the disk refused: no space left on device")
    said = ("TS711 the disk refused: No space left on device (`build/model`)", "  hint: make room on the disk")
    assert failure(tmp_path, Log(status=255, stage="train", tail=said)).code == "TS711"
    assert failure(tmp_path, Log(status=255, stage="train", tail=("ValueError: no",))).code == "TS806"


@pytest.mark.usefixtures("pipeline")
def test_a_failure_is_told_where_the_disk_takes_none(
    mounted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.base.failure import run

    monkeypatch.chdir(mounted)
    fill(mounted / "filler")

    def main() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "build/model")

    with pytest.raises(SystemExit) as ended:
        run("train", main)
    monkeypatch.chdir(mounted.parent)
    assert ended.value.code == 1
    assert "TS711 the disk refused: No space left on device (`build/model`)" in capsys.readouterr().err


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("left", [b"", b"[" * 100_000, b"[]", b'{"stage": "train"}', b"\xff"])
def test_a_stage_that_may_not_write_is_told_so(
    number: int, left: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands in failure.json by then is of no importance."""
    from pipeline.base.failure import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "failure.json").write_bytes(left)

    def main() -> None:
        assert not (tmp_path / "failure.json").exists()
        raise OSError(number, os.strerror(number), "answers.csv")

    with pytest.raises(SystemExit) as ended:
        run("train", main)
    assert ended.value.code == 1
    assert f"TS711 the disk refused: {os.strerror(number)} (`answers.csv`)" in capsys.readouterr().err


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize("kind", [OSError, ValueError, RuntimeError])
def test_a_library_that_has_the_number_in_words_is_understood(
    kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Polars and safetensors end with `os error 28`; whoever calls them need not know."""
    from pipeline.base.failure import run

    def main() -> None:
        raise kind("I/O error: No space left on device (os error 28)")

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        run("evaluate", main)
    with pytest.raises(Exit):
        exit_codes(main)()
    stage, command = capsys.readouterr().err.split("  hint: ")
    assert stage == "TS711 the disk refused: No space left on device\n"
    assert "TS711 no space left on device" in command
