"""The command line itself."""

import os
import subprocess
import sys

import pytest

from trainerspec import __version__
from trainerspec.cli.main import COMMANDS, SECTIONS


def test_version(trainerspec):
    assert trainerspec("--version") == (0, f"trainerspec {__version__}\n", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(trainerspec, name):
    status, out, _ = trainerspec(name, "--help")
    assert status == 0
    assert f"trainerspec {name}" in out.split("Usage:")[1].partition("\n")[2], "an example"
    assert "Example" in out


def test_help_says_in_a_line_what_each_command_does(trainerspec):
    _, out, _ = trainerspec("--help")
    lines = out.splitlines()
    for title, section in SECTIONS.items():
        at = lines.index(f"{title}:")
        told = [f"  {name:<9} {what}" for name, what in section.items()]
        assert lines[at + 1 : at + 1 + len(section)] == told
        assert all(len(line) < 80 for line in told)


@pytest.mark.parametrize("words", [["nonsense"], ["build", "--nonsense"], ["check", "--format", "xml"]])
def test_wrong_usage_is_status_2(trainerspec, words):
    assert trainerspec(*words)[0] == 2


@pytest.mark.parametrize("name", ["check", "plan", "build", "run", "diff"])
def test_a_folder_without_a_spec_is_told(trainerspec, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    status, out, errors = trainerspec(name)
    assert status == 1
    assert "TS100" in out + errors


def test_help_is_quick():
    """Processor time counts, for other tests may run beside this one."""

    def seconds(code):
        taken = []
        for _ in range(3):
            before = os.times()
            subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
            after = os.times()
            taken.append(after.children_user + after.children_system - before.children_user - before.children_system)
        return min(taken)

    help_ = "from trainerspec.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert seconds(help_) - seconds("pass") < 0.3
