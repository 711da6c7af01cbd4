"""The way through a project's code: its folders, and the files to read first, in their own words."""

import ast
from collections.abc import Callable, Collection, Sequence

from trainerspec.ir.declared import Stage
from trainerspec.ir.plan import Guide
from trainerspec.prepared import Remembered

FIRST = (
    *("pipeline/train.py", "pipeline/task/data.py", "pipeline/task/processing.py", "pipeline/task/model.py"),
    *("pipeline/training/loop.py", "pipeline/training/probing.py", "pipeline/tabular_models/boosting.py"),
    *("pipeline/task/features.py", "pipeline/training/recipe.py", "pipeline/base/params.py"),
)
"""What tells most of a training, most telling first; which of it there is depends on the task and the strategy."""
COUNT = 5
TOLD: Remembered[str] = Remembered("docstrings")


def guide(emitted: Collection[str], stages: Sequence[Stage], read: Callable[[str], bytes]) -> Guide:
    """Describe the rooms, and the first files of those that the training runs."""
    rooms = sorted(path.rpartition("/")[0] for path in emitted if path.endswith("/__init__.py"))
    trained = {dep for stage in stages if stage.name == "train" for dep in stage.deps}
    first = [path for path in FIRST if path in trained][:COUNT]
    return Guide(
        rooms={room: told(read(f"{room}/__init__.py")) for room in rooms},
        first={path: told(read(path)) for path in first},
    )


def told(source: bytes) -> str:
    """Return the first paragraph of a module's docstring on one line, up to a command or a colon before one.

    >>> told(b"'Train it: `python -m pipeline.train`, or elsewhere.'"), told(b"x = 1"), told(b"(")
    ('Train it', '', '')
    """
    return TOLD.get(source.decode("utf-8", "surrogateescape"), lambda: _told(source))


def _told(source: bytes) -> str:
    try:
        text = ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError):
        return ""
    line = " ".join(text.partition("\n\n")[0].split())
    return line.partition(": `python -m")[0].rstrip(".")
