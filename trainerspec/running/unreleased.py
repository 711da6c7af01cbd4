"""The package of a project, or one made of the model that its gate refused."""

import shutil
import subprocess
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running.repository import environment
from trainerspec.workspace.inside import own
from trainerspec.workspace.writer import writing

PACKAGE, UNRELEASED = "package", "work/unreleased"


def package_of(folder: Path, *, unreleased: bool) -> Path:
    """Return the folder of the project's package; `unreleased` makes one of the model where there is no release.

    Raises Stopped: TS811 nothing is built, TS867 without a Python to make it with, TS860 where it cannot be made, TS805
    while somebody else writes in the project.
    """
    if not unreleased or (folder / PACKAGE / "package.json").is_file():
        return folder / PACKAGE
    own(folder, UNRELEASED)
    if not (folder / "pipeline" / "package.py").is_file():
        message = "nothing is built here that could make a package"
        raise Stopped(
            (Diagnostic(code="TS811", message=message, hint="run `trainerspec build`, then `trainerspec run`"),)
        )
    variables = environment(1)
    python = shutil.which("python", path=variables["PATH"])
    if python is None:
        hint = "install `trainerspec[run]`, or put the project's Python on PATH"
        raise Stopped((Diagnostic(code="TS867", message="there is no `python` to serve with", hint=hint),))
    with writing(folder):
        command = [python, "-m", "pipeline.package", "--unreleased"]
        made = subprocess.run(command, cwd=folder, env=variables, check=False)
    if made.returncode:
        message = "no package could be made of the model"
        raise Stopped((Diagnostic(code="TS860", message=message, hint="its message is above"),))
    return folder / UNRELEASED
