"""trainerspec data: see what the data looks like, before anything is trained."""

from pathlib import Path

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.place import changing
from trainerspec.diagnostics.model import Stopped

STAGE, PAGE = "describe", "build/data.html"


@path_argument
@click.option("--no-scm", is_flag=True, help="Use DVC without git.")
@format_option
def data(path: Path, no_scm: bool, form: Form) -> None:
    """Read, clean and split a built project's data, and make the page on it, without any training.

    build/data.html has the way of the rows from the source to the splits, what is missing, how values are spread by
    split and class, examples, and pairs that are nearly the same; build/croissant.json describes the splits for
    machines. Where a check stops the data, the page says why. Stages that are up to date do not run again.

    \b
    Examples:
      trainerspec data
      trainerspec data news-desk
    """
    from trainerspec.cli.run import run_stages

    with changing(path) as (source, folder):
        page = folder / PAGE
        before = page.stat().st_mtime_ns if page.is_file() else 0
        try:
            run_stages(source, folder, form, twice=False, no_scm=no_scm, until=STAGE, force=False, again="")
        except Stopped:
            if page.is_file() and page.stat().st_mtime_ns != before:
                tell(page, folder)
            raise
        tell(page, folder)


def tell(page: Path, folder: Path) -> None:
    """Say where the page is."""
    print(f"{'page:':<9} {PAGE if folder == Path.cwd() else page}")
