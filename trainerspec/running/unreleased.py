"""The package of a project, or one made of the model that its gate refused."""

import shutil
import subprocess
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running.repository import environment

PACKAGE, UNRELEASED = "package", "work/unreleased"


def package_of(folder: Path, *, unreleased: bool) -> Path:
    """Return the folder of the project's package; `unreleased` makes one of the model where there is no release.

    Raises Stopped: TS867 without a Python to make it with, TS860 where it cannot be made.
    """
    if not unreleased or (folder / PACKAGE / "package.json").is_file():
        return folder / PACKAGE
    variables = environment(1)
    python = shutil.which("python", path=variables["PATH"])
    if python is None:
        hint = "install `trainerspec[run]`, or put the project's Python on PATH"
        raise Stopped((Diagnostic(code="TS867", message="there is no `python` to serve with", hint=hint),))
    made = subprocess.run([python, "-m", "pipeline.package", "--unreleased"], cwd=folder, env=variables, check=False)
    if made.returncode:
        message = "no package could be made of the model"
        raise Stopped((Diagnostic(code="TS860", message=message, hint="its message is above"),))
    return folder / UNRELEASED
