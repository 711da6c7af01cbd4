"""trainerspec verify: a package is as it was made, or each difference is told."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.releasing.conftest import seal
from trainerspec.cli.main import main
from trainerspec.diagnostics.model import Stopped
from trainerspec.releasing.contents import sha256
from trainerspec.releasing.verify import verify
from trainerspec.running.serve import open_package


def state(folder: Path) -> None:
    """Add a statement about the package's files, and list it."""
    seal(folder)
    files = json.loads((folder / "package.json").read_text())["files"]
    needed = [
        {
            "name": "git",
            "uri": "git+https://git.example.com/ml/tiny.git",
            "digest": {"gitCommit": "c" * 40},
            "annotations": {"changed": ["params.yaml"], "differing": 1},
        },
        {"name": "trainer.lock", "digest": {"sha256": "d" * 64}},
    ]
    statement = {
        "subject": [{"name": path, "digest": {"sha256": digest}} for path, digest in files.items()],
        "predicate": {
            "buildDefinition": {
                "internalParameters": {"python": "3.11.2", "packages": {"numpy": "2.0"}},
                "resolvedDependencies": needed,
            },
            "runDetails": {"builder": {"id": "b", "version": {"trainerspec": "1.2.3"}}},
        },
    }
    (folder / "provenance.json").write_text(json.dumps(statement))
    seal(folder)


@pytest.fixture
def stated(project: Path) -> Path:
    state(project / "package")
    return project / "package"


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(("verify", *words))
    return (int(ended.value.code or 0), *capsys.readouterr())


def test_a_whole_package_tells_where_it_comes_from(stated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stated.parent / "trainer.lock").write_text("lock: 1\n")
    status, out, errors = call(capsys, str(stated.parent))
    assert (status, errors) == (0, "")
    assert out.startswith("tiny 0.1.0 (pass) is as it was packaged: ")
    assert f"release       sha256-{sha256(stated / 'package.json')}" in out
    assert f"commit        {'c' * 40} of git+https://git.example.com/ml/tiny.git" in out
    assert "changed       `params.yaml`: not as in that commit" in out
    assert "made by       trainerspec 1.2.3 on Python 3.11.2, packages of constraints.txt: 1" in out
    assert "trainer.lock beside it is another" in out
    found = json.loads(call(capsys, str(stated), "--json")[1])
    assert found["origin"]["digests"] == {"trainer.lock": "d" * 64}
    assert found["verdict"] == "pass"


def swap_for_link(place: Path) -> None:
    place.rename(place.parent.parent / "elsewhere")
    place.symlink_to(place.parent.parent / "elsewhere")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda folder: (folder / "golden.jsonl").write_text("{}\n"), "`golden.jsonl` was changed"),
    "missing": (lambda folder: (folder / "golden.jsonl").unlink(), "`golden.jsonl` is missing"),
    "added": (lambda folder: (folder / "pipeline/x.py").write_text(""), "`pipeline/x.py` was added"),
    "hidden": (lambda folder: (folder / ".x").write_text(""), "`.x` was added"),
    "link": (lambda folder: (folder / "data").symlink_to("/"), "`data` was added"),
    "pipe": (lambda folder: os.mkfifo(folder / "pipe"), "`pipe` was added"),
    "swapped": (lambda folder: swap_for_link(folder / "golden.jsonl"), "`golden.jsonl` leaves the package"),
    "listing": (lambda folder: seal_otherwise(folder), "`provenance.json` has another sha256 of `golden.jsonl`"),
    "no files": (
        lambda folder: (folder / "package.json").write_text('{"name": "t", "version": "1", "verdict": "pass"}'),
        "`package.json` does not list the files",
    ),
    "numbers": (
        lambda folder: (folder / "package.json").write_text(
            '{"name": "t", "version": "1", "verdict": "pass", "files": {"a": 3}}'
        ),
        "`package.json` does not list the files",
    ),
}


def seal_otherwise(folder: Path) -> None:
    (folder / "golden.jsonl").write_text("{}\n")
    seal(folder)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_as_it_was_made_is_told(stated: Path, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    spoil, words = FAULTS[fault]
    spoil(stated)
    status, out, errors = call(capsys, str(stated))
    assert (status, out) == (1, "")
    assert "TS871" in errors
    assert words in errors
    assert "Traceback" not in errors


def test_every_fault_is_told_at_once(stated: Path) -> None:
    (stated / "golden.jsonl").unlink()
    for number in range(30):
        (stated / f"x{number:02}").write_text("")
    with pytest.raises(Stopped) as stopped:
        verify(open_package(stated))
    messages = [one.message for one in stopped.value.diagnostics]
    assert len(messages) == 21
    assert "`golden.jsonl` is missing" in messages[0]
    assert messages[-1].endswith("and 11 files more")


@pytest.mark.parametrize("statement", ["{}", "[]", "nonsense", '{"subject": 3, "predicate": {"buildDefinition": []}}'])
def test_a_statement_that_is_none_agrees_with_nothing(stated: Path, statement: str) -> None:
    (stated / "provenance.json").write_text(statement)
    seal(stated)
    with pytest.raises(Stopped) as stopped:
        verify(open_package(stated))
    assert all(one.code == "TS871" for one in stopped.value.diagnostics)


def test_a_package_from_before_the_record_is_verified_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, str(project))
    assert status == 0
    assert "it does not say from which commit" in out


def test_a_digest_ties_it_to_one_release(stated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, str(stated), "--digest", f"sha256:{sha256(stated / 'package.json')}")[0] == 0
    assert "it is the release" in call(capsys, str(stated), "--digest", f"sha256-{'0' * 64}")[2]
    assert call(capsys, str(stated), "--digest", "latest")[0] == 2


def test_no_package_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = call(capsys, str(tmp_path))
    assert status == 1
    assert "TS860" in errors
    shutil.rmtree(tmp_path)
    assert "TS860" in call(capsys, str(tmp_path))[2]
