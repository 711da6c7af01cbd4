"""Run `python -m MODULE` of an emitted project."""

import os
import subprocess
from pathlib import Path

from tests import forks

LIMIT = 600
"""Seconds that a run may take."""
FIXED = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` in a folder with one thread; a fork where it may be one."""
    return subprocess.run(
        [forks.path() / "python", "-m", *words],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **FIXED}, timeout=LIMIT,
    )  # fmt: skip
