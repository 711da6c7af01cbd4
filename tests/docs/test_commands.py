"""Every command in README.md and docs/ is run: the README's in order, in an empty folder with a small data set."""

import os
import random
import re
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import BIN, environment

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
TOPICS = {
    "business": ["shares", "profit", "bank", "market", "company", "growth", "sales", "economy"],
    "entertainment": ["film", "actor", "album", "singer", "award", "theatre", "band", "cinema"],
    "politics": ["minister", "election", "party", "vote", "parliament", "policy", "government", "law"],
    "sports": ["goal", "match", "team", "coach", "season", "league", "player", "cup"],
    "tech": ["software", "computer", "network", "phone", "internet", "digital", "users", "device"],
}
# run by whoever runs these tests, or before there is anything to run
SET_UP = ("make", "git clone", "cd trainerspec", "pip install", "python -m venv", ". .venv")


def commands(page: Path) -> list[str]:
    """Return the commands (`$ ...` lines) of a page's console blocks, continuation lines joined."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), flags=re.DOTALL)
    found = []
    for block in blocks:
        lines = iter(block.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = line[2:]
                while command.endswith("\\"):
                    command = command[:-1] + next(lines).strip()
                found.append(command)
    return found


def write_articles(folder: Path, each: int = 24) -> None:
    draw = random.Random(1)
    for topic, words in TOPICS.items():
        (folder / topic).mkdir(parents=True)
        for number in range(each):
            text = " ".join(f"The {a} and the {b} of number {number}." for a, b in [draw.sample(words, 2)] * 3)
            (folder / topic / f"{number:03}.txt").write_text(text)


@pytest.fixture
def servers() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for server in started:
        server.terminate()
        server.wait(timeout=30)


def free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def ready() -> bool:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8080/v2/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.xdist_group("run")
def test_the_readme_works_word_for_word(tmp_path: Path, servers: list[subprocess.Popen[bytes]]) -> None:
    if not free(8080):
        pytest.skip("port 8080, which the README serves on, is in use")
    write_articles(tmp_path / "data" / "articles")
    for command in commands(ROOT / "README.md"):
        if command.startswith(SET_UP):
            continue
        if command.endswith("&"):
            words = shlex.split(command[:-1])
            servers.append(subprocess.Popen([str(BIN / words[0]), *words[1:]], cwd=tmp_path, env=environment()))
            deadline = time.monotonic() + 90
            while not ready():
                assert servers[-1].poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.3)
            continue
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, capture_output=True, text=True, env=environment(), timeout=500
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
    assert servers, "the README serves nothing"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.name)
def test_commands_in_the_docs_exist_with_their_options(page: Path) -> None:
    """Outside the tour, every `trainerspec` command and option that a page shows is one that `--help` knows."""
    for command in re.findall(r"`(trainerspec [a-z][^`\n]*)`", page.read_text()) + commands(page):
        words = [word for word in re.split(r"\s+", command) if word]
        if words[0] != "trainerspec" or not words[1].isalpha():
            continue
        done = subprocess.run(
            [str(BIN / "trainerspec"), words[1], "--help"], capture_output=True, text=True,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        )  # fmt: skip
        assert done.returncode == 0, command
        for option in re.findall(r"(?<!\S)--[a-z-]+", command):
            assert option in done.stdout, f"{page.name}: `{command}`: there is no {option}"
