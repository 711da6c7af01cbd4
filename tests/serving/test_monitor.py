"""`trainerspec monitor`: a package alone, its server's counts, logged requests, the page, the exit status."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.serving import tiny


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package as the package stage writes it, beside no project."""
    needs.packages("matplotlib", "kserve")
    folder = tiny.package(tmp_path_factory.mktemp("releases") / "one")
    listing = folder / "package.json"
    listing.write_text(json.dumps(json.loads(listing.read_text()) | {"version": "0.1.0", "verdict": "pass"}))
    return folder


def monitor(package: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run the command from the folder above the package."""
    command = [sys.executable, "-m", "trainerspec", "monitor", package.name, *map(str, words)]
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=package.parent, env=variables, capture_output=True, text=True, check=False)


def scrape(path: Path, characters: tuple[int, ...], model: str = "tiny") -> Path:
    """Write what a server's /metrics says."""
    counts = {"input.text.characters": characters, "answer.label": (45, 45, 10, 0, 0)}
    lines = ["# TYPE serve_watched_rows counter"]
    for signal, own in counts.items():
        for place, count in enumerate(own):
            labels = f'bin="{place}",model="{model}",signal="{signal}"'
            lines.append(f"serve_watched_rows_total{{{labels}}} {count}.0")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_counts_of_two_pods_are_added_and_drift_has_a_status_of_its_own(package: Path, tmp_path: Path) -> None:
    quiet, long = scrape(tmp_path / "a", (15, 15, 15, 5)), scrape(tmp_path / "b", (2, 3, 190, 5))
    done = monitor(package, "--metrics", quiet, "-o", tmp_path / "quiet.html")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "as it was: 2 signals of 100 rows")
    done = monitor(package, "--metrics", quiet, "--metrics", long, "-o", tmp_path / "page.html")
    assert done.returncode == 5, done.stderr
    assert re.search(r"drifts: input.text.characters: \d+.\d% of 250 rows moved", done.stdout)
    page = (tmp_path / "page.html").read_text()
    assert "http" not in page.replace("http://www.w3.org", ""), "the page needs no network"
    assert page.count("<svg") == 2
    assert "1 of 2 signals drift" in page


def test_logged_requests_are_answered_again(package: Path, tmp_path: Path) -> None:
    texts = [f"{'word ' * (number % 12)}{number}" for number in range(80)]
    one = [{"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}]} for text in texts]
    lines = [json.dumps(line) for line in one] + ["{broken", json.dumps({"inputs": [{"name": "other"}]})]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n")
    done = monitor(package, "--requests", tmp_path / "log.jsonl", "-o", tmp_path / "page.html", "--json")
    assert done.returncode in (0, 5), done.stderr
    found = {row["signal"]: row for row in json.loads(done.stdout)["signals"]}
    assert found["input.text.characters"]["rows"] == found["answer.label"]["rows"] == 80
    assert "2 of them have no answer" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("nothing here\n", "does not hold Prometheus metrics"),
        ('up{job="a"} 1\n', "has no `serve_watched_rows_total`"),
    ],
)
def test_what_tells_nothing_is_said(package: Path, tmp_path: Path, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "metrics").write_text(content)
    done = monitor(package, "--metrics", tmp_path / "metrics", "-o", tmp_path / "page.html")
    assert done.returncode == 1
    assert "TS855" in done.stderr
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "page.html").exists()
