"""Answer rows with the project's own `pipeline.predict`, in a process of its own."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running.repository import environment

MODULE = "pipeline.predict"


def answer(folder: Path, source: Path, out: Path, options: Sequence[str]) -> int:
    """Run the command to its end and give its exit status; it goes on at another call after an interruption.

    Raises Stopped: TS867 without a Python to run it, TS811 where the project was built without the command.
    """
    if not (folder / MODULE.replace(".", "/")).with_suffix(".py").is_file():
        message = f"the project has no {MODULE}: another version of trainerspec built it, or nothing did"
        raise Stopped((Diagnostic(code="TS811", message=message, hint="run `trainerspec build`"),))
    variables = environment(1)
    python = shutil.which("python", path=variables["PATH"])
    if python is None:
        hint = "install `trainerspec[run]`, or put the project's Python on PATH"
        raise Stopped((Diagnostic(code="TS867", message="there is no `python` to answer with", hint=hint),))
    command = [python, "-m", MODULE, str(source), "-o", str(out), *options]
    process = subprocess.Popen(command, cwd=folder, env=variables)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it has the signal too, and ends in order
            continue
