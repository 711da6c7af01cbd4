"""trainerspec label: give labels to the rows that have none, and see which ones people should judge."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.place import changing
from trainerspec.cli.say import say
from trainerspec.diagnostics.model import Diagnostic, Stopped

if TYPE_CHECKING:
    from trainerspec.ir.json import JsonObject

STAGE, REPORT, REVIEW = "label", "build/labels/report.json", "labels/review.csv"


@path_argument
@click.option("--no-scm", is_flag=True, help="Use DVC without git.")
@format_option
def label(path: Path, no_scm: bool, form: Form) -> None:
    """Label the rows of a built project that have no label, as `data.label` says; nothing is trained.

    labels/review.csv then has the rows worth asking people about, the most useful first. Write a class into the column
    `answer`, or `-` to leave the row out, and call it again: answers win, and are never written over.

    \b
    Examples:
      trainerspec label
      trainerspec label news-desk
    """
    from trainerspec.cli.run import run_stages
    from trainerspec.running.run import stages

    with changing(path) as (source, folder):
        if STAGE not in stages(folder).titles:
            hint = "write `label: auto` under `data` in trainer.yaml, then `trainerspec build`"
            message = f"`{folder.resolve().name}` leaves rows without a label out: it has no stage `{STAGE}`"
            raise Stopped((Diagnostic(code="TS428", message=message, hint=hint, file=source.name),))
        run_stages(source, folder, form, twice=False, no_scm=no_scm, until=STAGE, force=False, again="")
        for line in told(json.loads((folder / REPORT).read_text(encoding="utf-8"))):
            say(line)
        if (folder / REVIEW).is_file():
            say(f"{'review:':<9} {folder / REVIEW if folder != Path.cwd() else REVIEW}")


def told(report: "JsonObject") -> list[str]:
    """Say who labelled the rows, and how good these labels are.

    >>> judged = {"how": "rows held back", "rows": 20, "labelled": 18, "right": 17, "low": 0.74, "high": 0.99}
    >>> told({"sources": {"person": 40, "rules": 9}, "rows": {"left_out": 3}, "judged": judged, "warnings": ["few"]})
    ['labels:   40 by person, 9 by rules, 3 rows left out', 'right:    17 of 18 (74% to 99%), of 20 rows held back', \
'warning:  few']
    """
    sources, rows, judged, warnings = (report[name] for name in ("sources", "rows", "judged", "warnings"))
    assert isinstance(sources, dict)
    assert isinstance(rows, dict)
    assert isinstance(judged, dict)
    assert isinstance(warnings, list)
    given = ", ".join(f"{count} by {name}" for name, count in sources.items())
    right = "not known"
    if judged["labelled"]:
        right = f"{judged['right']} of {judged['labelled']} ({judged['low']:.0%} to {judged['high']:.0%})"
    return [
        f"{'labels:':<9} {given}, {rows['left_out']} rows left out",
        f"{'right:':<9} {right}, of {judged['rows']} {judged['how']}",
        *(f"{'warning:':<9} {one}" for one in warnings),
    ]
