"""Call git so that nothing of a checkout is taken for git's own configuration, which may name commands to run."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

GUARDED = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false")
"""A committed folder that looks like a bare repository is none, and no monitor of files is started."""


def run(
    folder: Path, *words: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder; its status and what it printed come back. Raises FileNotFoundError without git."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **(extra or {})}
    command = ["git", *GUARDED, *words]
    return subprocess.run(command, cwd=folder, input=stdin, capture_output=True, env=environment, check=False)
