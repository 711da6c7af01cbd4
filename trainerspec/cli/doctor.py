"""trainerspec doctor: is everything here that building and running needs?"""

from pathlib import Path
from typing import Annotated

import typer

MARKS = {"fine": "ok", "note": "--", "bad": "!!"}


def doctor(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder that projects lie in.")] = Path(),
) -> None:
    """Look at versions, git, GPU, threads, disk and the weights that are on this machine.

    Exit status: 1 when something would keep a run from finishing.

    \b
    Examples:
      trainerspec doctor
    """
    from trainerspec.catalog.load import tasks
    from trainerspec.cli.show import rows
    from trainerspec.ops.health import examine
    from trainerspec.workspace.organisation import organisation

    folder = path if path.is_dir() else Path()
    findings = list(examine(folder, tasks(organisation(folder) / "templates")))
    rows([(MARKS[one.state], one.what, one.found + (f"  ({one.advice})" if one.advice else "")) for one in findings])
    if any(one.state == "bad" for one in findings):
        raise typer.Exit(1)
