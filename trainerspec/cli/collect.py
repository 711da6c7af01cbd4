"""trainerspec collect: fetch the data that a spec names by a query, an address, the hub or an archive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import path_argument
from trainerspec.cli.place import changing
from trainerspec.diagnostics.model import Log, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.collecting.wanted import Wanted
    from trainerspec.ir.spec import Spec


@path_argument
@click.option("--refresh", is_flag=True, help="Ask the source again, and tell what changed since the last time.")
def collect(path: Path, refresh: bool) -> None:
    """Fetch the data once into collected/, with the digest of every file.

    It is the only command beside `run` and `draft --collect` that asks a database, an address or the hub for data.
    Later commands, and `dvc repro`, read what it kept. Credentials come from the environment: the variable that
    `data.source.connection` names, AWS_*, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_*, HF_TOKEN. A transfer that
    broke off goes on where it ended.

    \b
    Examples:
      CRM_URL=postgresql://ann@db/crm trainerspec collect churn
      trainerspec collect news-desk --refresh   # what does the source have today?
    """
    with changing(path) as (source, folder):
        spec = read(source, folder)
        lines = gather(spec, folder, refresh=refresh)
        if lines is not None:
            from trainerspec.collecting.collect import finish

            finish(folder)
            print(f"next: trainerspec build{'' if folder == Path.cwd() else ' ' + folder.name}")


def read(source: Source, folder: Path) -> "Spec":
    """Parse and validate a spec. Raises Stopped."""
    from trainerspec.catalog.load import tasks
    from trainerspec.compiler import read_spec
    from trainerspec.workspace.organisation import organisation

    return read_spec(source, tasks(organisation(folder) / "templates"), Log(source))


def gather(spec: "Spec", folder: Path, *, refresh: bool) -> tuple[str, ...] | None:
    """Take the snapshot of a source, or a new one to `refresh` it; tells and returns what changed.

    None for a source that is read where it lies. The snapshot before waits for `finish` or `undo`. Raises Stopped.
    """
    from trainerspec.collecting.collect import needed
    from trainerspec.collecting.wanted import Trouble
    from trainerspec.workspace.sources import diagnosed, wanted

    asked = wanted(spec.source, folder)
    if not needed(asked):
        print(f"`{spec.source.value}` is read where it lies: nothing to collect")
        return None
    try:
        return fetch(asked, folder, refresh=refresh)
    except Trouble as trouble:
        raise Stopped((diagnosed(trouble, spec),)) from trouble


def fetch(asked: "Wanted", folder: Path, *, refresh: bool, err: bool = False) -> tuple[str, ...]:
    """Take a snapshot unless it is there already; tells and returns what changed. Raises Stopped and Trouble."""
    from trainerspec.collecting import snapshot
    from trainerspec.collecting.changes import changes
    from trainerspec.collecting.collect import WORK, collect, current
    from trainerspec.workspace.inside import own

    def say(line: str) -> None:
        click.echo(line, err=err)

    place = own(folder, snapshot.FOLDER)
    own(folder, WORK)
    taken = snapshot.read(place)
    if not refresh and taken is not None and current(asked, taken) and not snapshot.differences(place, taken):
        say(f"{taken.about()} lie in {snapshot.FOLDER}/ ({taken.fingerprint[:19]}); --refresh asks the source again")
        return ()
    say(f"collecting {asked.shown}")
    found = collect(asked, folder, lambda line: say(f"  {line}"))
    say(f"collected {found.now.about()} into {snapshot.FOLDER}/ ({found.now.fingerprint[:19]})")
    if found.before is None:
        return ("it is new",)
    lines = tuple(changes(found.before, folder / WORK / "old", found.now, place))
    for line in lines or ("nothing changed at the source",):
        say(f"  {line}")
    return lines
