"""Every command in README.md and docs/ is run.

The README's in order, in an empty folder with a small data set; those of the other pages where the projects and the
data of which they speak are.
"""

import json
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import forks
from tests.e2e.conftest import BIN, call, environment

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
            command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=500,
            env=environment(TRAINERSPEC_FORKS="1"),  # as for whoever reads the README
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
    assert servers, "the README serves nothing"


PLACEHOLDERS = {"FILE": "pipeline/task/figures.py", "CODE": "TS204", "NAME": "tiny", "PATH": "."}
LONG = ("auto", "run", "serve")
"""Commands that may go on: interrupted after some seconds, which must leave no traceback either."""


def shown(page: Path) -> list[str]:
    """Return the `trainerspec` commands of a page, of its blocks and of its sentences, in order, each once."""
    found = re.findall(r"(?:^(?:\$ )?|`)(trainerspec [a-z-][^`\n#]*)", page.read_text(), flags=re.MULTILINE)
    return list(dict.fromkeys(" ".join(command.split()) for command in found if "..." not in command))


OTHER_PAGES = [page for page in PAGES if page.name not in {"README.md", "errors.md"} and shown(page)]


@pytest.fixture(scope="module")
def desk(packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a packaged project in which `tune` tries 3 settings, not 30."""
    folder = Path(shutil.copytree(packaged, tmp_path_factory.mktemp("desk") / "tiny", symlinks=True))
    with (folder / "trainer.yaml").open("a") as spec:
        spec.write("search: {trials: 3}\n")
    done = call("trainerspec", "build", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def workspace(desk: Path, tmp_path: Path) -> Path:
    """Return a folder with the projects and the data that the pages speak of."""
    for name in ("news-desk", "news-articles"):
        shutil.copytree(desk, tmp_path / name, symlinks=True)
    write_articles(tmp_path / "data" / "articles", each=4)
    rows = [
        f"{'please pay' if number % 2 else 'hello'} {number},{'billing' if number % 2 else 'other'}"
        for number in range(60)
    ]
    (tmp_path / "data" / "mails.csv").write_text("\n".join(["text,label", *rows]))
    return tmp_path


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("page", OTHER_PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_runs(page: Path, workspace: Path) -> None:
    """Each ends well, or with a diagnostic that has a code; none is refused as bad usage, none ends in a traceback."""
    for command in shown(page):
        words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
        here = {path.name for path in workspace.iterdir()} | {"data"}
        named = any(word.split("/")[0] in here for word in words)
        program = (BIN if words[1] in LONG else forks.path()) / words[0]
        status, said = bounded([str(program), *words[1:]], workspace if named else workspace / "news-desk", words)
        assert "Traceback" not in said, f"{page.name}: {command}\n{said}"
        if status is not None:
            assert status in {0, 1, 3}, f"{page.name}: {command}\n{said}"
            assert status == 0 or re.search(r"\bTS\d{3}\b", said), f"{page.name}: {command}\n{said}"


def bounded(command: list[str], folder: Path, words: list[str]) -> tuple[int | None, str]:
    """Run a command; give its exit status, or None when it was one that goes on and was interrupted."""
    goes_on = words[1] in LONG
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        env=environment(), start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=6 if goes_on else 200)
    except subprocess.TimeoutExpired:
        assert goes_on, command
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        return None, said
    return process.returncode, said


DRAFTS = re.findall(
    r"^### (TS0\d\d):.*?^trainerspec draft \"(.*?)\"$",
    (ROOT / "docs/errors.md").read_text(),
    flags=re.MULTILINE | re.DOTALL,
)


def test_the_refusals_in_errors_md_are_what_draft_says(tmp_path: Path) -> None:
    """Each request that stands under a code is refused with this code."""
    requests = "".join(json.dumps({"id": code, "request": request}) + "\n" for code, request in DRAFTS)
    done = subprocess.run(
        [str(BIN / "trainerspec"), "draft", "--batch"], cwd=tmp_path, input=requests, capture_output=True, text=True
    )
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    wrong = {code: answers[code]["reasons"] for code, _ in DRAFTS if code not in str(answers[code]["reasons"])}
    assert len(DRAFTS) > 20
    assert wrong == {}
