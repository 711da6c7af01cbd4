"""Fragments in changelog.d/ and what towncrier makes of them."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRAGMENTS = sorted((ROOT / "changelog.d").glob("*.md"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]


def test_fragments_have_a_known_kind_and_no_bullet() -> None:
    kinds = {kind["directory"] for kind in SETTINGS["type"]}
    wrong = [path.name for path in FRAGMENTS if path.name.split(".")[1:-1] != [path.name.split(".")[-2]]]
    wrong += [path.name for path in FRAGMENTS if path.name.split(".")[-2] not in kinds]
    assert not wrong, f"name them NAME.KIND.md, KIND one of {', '.join(sorted(kinds))}"
    bulleted = [path.name for path in FRAGMENTS if path.read_text(encoding="utf-8").startswith(("- ", "* "))]
    assert not bulleted, "towncrier writes the bullets"


def test_towncrier_reads_every_fragment_and_lists_each_kind_once() -> None:
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "9.9.9", "--date", "2026-01-01"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = done.stdout
    assert "## 9.9.9 (2026-01-01)" in written
    for kind in SETTINGS["type"]:
        expected = any(path.name.endswith(f".{kind['directory']}.md") for path in FRAGMENTS)
        assert written.count(f"\n### {kind['name']}\n") == expected
    for path in FRAGMENTS:
        assert path.read_text(encoding="utf-8").splitlines()[0] in written, path.name


def test_releases_stand_below_the_marker() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.count(SETTINGS["start_string"]) == 1
    assert "\n## " not in text.partition(SETTINGS["start_string"])[0]
