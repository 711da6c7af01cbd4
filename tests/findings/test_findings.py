"""The runner of findings/, and the form of each finding; what they find is checked by `make findings`."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from findings import run

HEADER = "".join(f"# {field}: said\n" for field in run.FIELDS)
SCRIPTS = sorted(run.FOLDER.glob("*.sh"))


def finding(folder: Path, name: str, body: str) -> Path:
    path = folder / f"{name}.sh"
    path.write_text(f"#!/usr/bin/env bash\n{HEADER}folder=$(mktemp -d); trap 'rm -rf \"$folder\"' EXIT\n{body}\n")
    return path


INSTALL = "echo pip install a==1 > /dev/null"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_each_finding_has_the_form(path: Path) -> None:
    assert run.faults(path.read_text(encoding="utf-8")) == []
    assert os.access(path, os.X_OK), f"chmod +x {path}"
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_the_example_of_the_readme_has_the_form() -> None:
    text = (run.FOLDER / "README.md").read_text(encoding="utf-8")
    assert run.faults(text.partition("```bash\n")[2].partition("```")[0]) == []


@pytest.mark.parametrize(
    ("bodies", "status"),
    [
        ({"a": "exit 0"}, 0),
        ({"a": "exit 0", "b": "echo '-stated'; exit 1"}, 1),
        ({"a": "exit 3"}, 2),
        ({"a": "exit 3", "b": "exit 1"}, 1),
        ({"a": "exit 127"}, 1),
        ({}, 0),
    ],
)
def test_the_status_tells_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bodies: dict[str, str], status: int
) -> None:
    for name, body in bodies.items():
        finding(tmp_path, name, f"{INSTALL}\n{body}")
    assert run.main([], tmp_path) == status
    said = capsys.readouterr().out
    if status == 1:
        assert "changed" in said
    if "b" in bodies and "stated" in bodies["b"]:
        assert "    -stated" in said


def test_only_what_is_named_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finding(tmp_path, "a", f"{INSTALL}\nexit 1")
    finding(tmp_path, "b", f"{INSTALL}\nexit 0")
    assert run.main(["b"], tmp_path) == 0
    assert "1 same, 0 changed" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        run.main(["c"], tmp_path)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "no finding `c`; there are: a, b\n"


def test_a_finding_without_its_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.sh").write_text("pip install polars\npython -m trainerspec\n")
    with pytest.raises(SystemExit) as ended:
        run.main([], tmp_path)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    for fault in ("`# Guess:` is missing", "`polars` is not pinned", "temporary folder", "it uses trainerspec"):
        assert fault in said


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    script = finding(tmp_path, "a", f"{INSTALL}\nsleep 60 & echo $! > {tmp_path}/pid; wait")
    result = run.try_out(script, seconds=1)
    assert result.verdict == "not tried"
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "still running"
        time.sleep(0.05)
