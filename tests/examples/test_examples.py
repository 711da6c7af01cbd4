"""What `draft` makes of an example's sentence and data is the trainer.yaml that stands beside it, and it is fine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.e2e.conftest import call

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/request.txt"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_draft_is_the_reviewed_spec(name: str, tmp_path: Path) -> None:
    example = EXAMPLES / name
    made = subprocess.run(
        [sys.executable, str(example / "make_data.py"), "."], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    if made.returncode and "is not installed" in made.stderr:
        needs.missing(made.stderr.strip().splitlines()[-1].partition(" is not installed")[0])
    assert made.returncode == 0, made.stderr
    done = call("trainerspec", "draft", (example / "request.txt").read_text().strip(), "--out", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    drafted = next(tmp_path.glob("*/trainer.yaml"))
    assert drafted.read_text() == (example / "trainer.yaml").read_text()
    checked = call("trainerspec", "check", cwd=drafted.parent)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    question = json.loads((example / "question.json").read_text())
    asked = [value["file"] for value in question.values() if isinstance(value, dict)]
    assert [file for file in asked if not (tmp_path / file).is_file()] == []
