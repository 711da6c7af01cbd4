"""trainerspec run: all stages, shown as they go."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.place import changing
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from rich.console import Console

    from trainerspec.running.summary import Summary

COLOURS = {"pass": "green", "uncertain": "yellow", "pending": "yellow", "fail": "red"}


@path_argument
@click.option("--twice", is_flag=True, help="Train twice in fresh processes; compare the weights.")
@click.option("--no-scm", is_flag=True, help="Use DVC without git.")
@click.option("--until", default="", metavar="STAGE", help="Stop after this stage.")
@click.option("--force", is_flag=True, help="Run stages that are up to date too.")
@click.option("--again", default="", metavar="STAGE", help="Run this stage again, though nothing changed.")
@click.option("--refresh", is_flag=True, help="Fetch the data again first; build again if it changed.")
@format_option
def run(path: Path, twice: bool, no_scm: bool, until: str, force: bool, again: str, refresh: bool, form: Form) -> None:
    """Run the project's stages (`dvc repro`) and judge the objectives.

    Creates git and DVC where the folder has none. May be interrupted or killed at any time: the next run goes on.
    Stages share what they import where they can; with TRAINERSPEC_FORKS=0 each is a process of its own.

    \b
    Examples:
      trainerspec run
      trainerspec run news-desk --until evaluate
      trainerspec run --again benchmark   # measure again, now that the machine is quiet
      trainerspec run --twice             # are the weights the same, bit for bit?
      trainerspec run --refresh           # with what the database or the address gives today
    """
    with changing(path) as (source, folder):
        if refresh:
            refreshed(source, folder, form)
        run_stages(source, folder, form, twice=twice, no_scm=no_scm, until=until, force=force, again=again)


def run_stages(
    source: Source, folder: Path, form: Form, *, twice: bool, no_scm: bool, until: str, force: bool, again: str
) -> None:
    """Run the stages and tell what came of them. Raises Stopped when one fails, and Exit after a signal."""
    from rich.console import Console

    from trainerspec.running import run as stages
    from trainerspec.running.display import display
    from trainerspec.running.process_group import Interrupted, stoppable
    from trainerspec.running.summary import summary

    console = Console()
    titles = stages.stages(folder).titles
    refuse_unbuilt(source, folder)
    warn_if_stale(source, folder, form)
    judged = _stamp(folder)

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    try:
        with stoppable(), display(console, titles) as shown:
            if twice:
                for name, digest in stages.twice(folder, shown.take, say, no_scm=no_scm).items():
                    say(f"the same weights twice: {name} sha256 {digest}")
                return
            stages.run(folder, shown.take, say, no_scm=no_scm, until=until, force=force, again=again)
    except Interrupted as interrupted:
        say("interrupted; `trainerspec run` goes on from here")
        raise Exit(128 + interrupted.signal) from None
    except Stopped:
        told = summary(folder)
        if told is not None and _stamp(folder) != judged:
            tell(told, console)
        raise
    result = summary(folder)
    if result is not None and not until:
        tell(result, console)


def refreshed(source: Source, folder: Path, form: Form) -> None:
    """Fetch the data anew and build with it if it changed; a build that fails leaves all as it was. Raises Stopped."""
    from trainerspec.cli.build import rebuild
    from trainerspec.cli.collect import gather, read
    from trainerspec.collecting.collect import finish, undo

    if not gather(read(source, folder), folder, refresh=True):
        return
    try:
        rebuild(source, folder, form)
    except Stopped:
        undo(folder)
        print("the data that was collected before is back in its place")
        raise
    finish(folder)


def refuse_unbuilt(source: Source, folder: Path) -> None:
    """Raise Stopped with TS811 when custom/ holds other code than what was built: the stages would not run it."""
    from trainerspec.catalog.load import tasks
    from trainerspec.running.own_code import unbuilt
    from trainerspec.workspace.inside import read as inside
    from trainerspec.workspace.lock import NAME, read_lock
    from trainerspec.workspace.organisation import organisation
    from trainerspec.workspace.write import OWN

    content = inside(folder, NAME)
    locked = read_lock(content).value if content is not None else None
    if locked is None or not (locked.custom or (folder / OWN).is_dir()):
        return
    task = tasks(organisation(folder) / "templates").get(locked.task)
    paths = unbuilt(folder, locked, [hook.name for hook in task.hooks] if task else [])
    if paths:
        named = ", ".join(f"`{path}`" for path in paths)
        message = f"{named} changed after the last build; the stages would run the code that was built"
        raise Stopped((Diagnostic(code="TS811", message=message, hint="run `trainerspec build`", file=paths[0]),))


def warn_if_stale(source: Source, folder: Path, form: Form) -> None:
    """Warn when trainer.yaml says something else than what was built: the stages do what was built."""
    from trainerspec.cli.show import show
    from trainerspec.passes.parse import parse
    from trainerspec.workspace.inside import read
    from trainerspec.workspace.lock import NAME, document_digest, read_lock

    content = read(folder, NAME)
    locked = read_lock(content).value if content is not None else None
    document = parse(source).value
    if locked is not None and (document is None or document_digest(document) != locked.spec):
        message = "it was changed after the last build; the stages do what was built"
        hint = "run `trainerspec build`"
        show((Diagnostic(code="TS810", message=message, hint=hint, severity="warning", file=source.name),), (), form)


def _stamp(folder: Path) -> int:
    """Return the time of gate.json, to see whether this run judged."""
    path = folder / "gate.json"
    return path.stat().st_mtime_ns if path.is_file() else 0


def tell(result: "Summary", console: "Console") -> None:
    """Print each objective with what was measured, and where to look next."""
    from rich.table import Table
    from rich.text import Text

    table = Table("objective", "measured (95% interval)", "verdict", box=None, pad_edge=False, title_justify="left")
    for row in result.rows:
        table.add_row(Text(row.text), Text(row.measured), Text(row.verdict, style=COLOURS.get(row.verdict, "")))
    console.print()
    console.print(table, soft_wrap=True)
    for row in result.rows:
        for note in row.notes:
            console.print(f"{row.text}: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nverdict: {result.verdict}", style=COLOURS.get(result.verdict, ""), highlight=False)
    for number, (name, because) in enumerate(result.formats.items() if len(result.formats) > 1 else ()):
        what = f"{name} ships" if number == 0 else f"{name} does not"
        console.print(f"{what}: {because}", markup=False, highlight=False, soft_wrap=True)
    for what, where in result.places.items():
        console.print(f"{what + ':':<9} {where}", markup=False, highlight=False, soft_wrap=True)
