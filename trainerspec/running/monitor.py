"""Compare what was served with a package's reference, by the emitted `pipeline.monitor`, in a process of its own."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import trainerspec.reading
from trainerspec import assets
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running.repository import environment

MODULE = "pipeline/monitor.py"
CACHES = shutil.ignore_patterns("__pycache__", "*.log")


@contextmanager
def workplace(project: Path, package: Path) -> Iterator[Path]:
    """Return a folder with the pipeline: the project's, or for a package alone one made of it and of the templates.

    Raises Stopped TS811 where the project was built without the command.
    """
    if (project / "trainer.yaml").is_file():
        if not (project / MODULE).is_file():
            message = f"the project has no {MODULE}: another version of trainerspec built it, or nothing did"
            raise Stopped((Diagnostic(code="TS811", message=message, hint="run `trainerspec build`"),))
        yield project
        return
    with TemporaryDirectory() as made:
        pipeline = Path(made) / "pipeline"
        shutil.copytree(assets.folder("templates") / "_shared/project/pipeline", pipeline, ignore=CACHES)
        reading = Path(trainerspec.reading.__file__).parent
        shutil.copytree(reading, pipeline / "reading", ignore=CACHES)
        for own in sorted((package / "pipeline").rglob("*.py")):  # the task's own modules
            place = pipeline / own.relative_to(package / "pipeline")
            if not place.exists() or place.parent.name == "task":
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(own, place)
        yield Path(made)


def compare(project: Path, package: Path, options: Sequence[str]) -> int:
    """Run the comparison to its end and give its exit status.

    Raises Stopped: TS867 without a Python to run it, TS811 where the project was built without the command.
    """
    variables = environment(1)
    python = shutil.which("python", path=variables["PATH"])
    if python is None:
        hint = "install `trainerspec[run]`, or put the project's Python on PATH"
        raise Stopped((Diagnostic(code="TS867", message="there is no `python` to compare with", hint=hint),))
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    with workplace(project, package) as folder:
        command = [python, "-m", "pipeline.monitor", "--package", str(package), *options]
        return subprocess.run(command, cwd=folder, env=variables, check=False).returncode
