"""trainerspec predict: answers for the rows of a file, without a server."""

from pathlib import Path

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option
from trainerspec.cli.check import Form


@click.argument(
    "path", type=click.Path(path_type=Path), metavar="PROJECT", help="A trainer.yaml, or the folder that holds one."
)
@click.argument(
    "source",
    type=click.Path(path_type=Path),
    metavar="DATA",
    help="A table, a folder of tables, or of pictures or texts.",
)
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the answers go: .csv, .tsv, .parquet, .jsonl.",
)
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy this column of the data; '*' for all.")
@click.option("--explain", is_flag=True, help="Add what each column contributes to each answer (tables).")
@click.option("--unreleased", is_flag=True, help="Use the model though the gate failed; it is not a release.")
@click.option(
    "--package", type=click.Path(path_type=Path), metavar="DIR", help="A package; default: package/ of the project."
)
@click.option("--processes", type=click.IntRange(min=1), metavar="N", help="Processes that answer; default: all cores.")
@format_option
def predict(
    path: Path,
    source: Path,
    out: Path,
    keep: tuple[str, ...],
    explain: bool,
    unreleased: bool,
    package: Path | None,
    processes: int | None,
    form: Form,
) -> None:
    """Answer the rows of a file with the packaged model; what is predicted need not be in it.

    Each row of the data becomes a row of the answers, in order: `row` says where it is from, `problem` why it has no
    answer, where it has none. A kept column that is called like one of the answers becomes `source.COLUMN`.
    Interrupted or killed, the same command goes on where it was.

    \b
    Examples:
      trainerspec predict churn customers.csv -o answers.parquet
      trainerspec predict churn customers.csv.gz -o answers.csv --keep customer --explain
      trainerspec predict pets photos/ -o answers.jsonl
    """
    from trainerspec.cli.place import locate
    from trainerspec.running.predict import answer
    from trainerspec.running.serve import open_package
    from trainerspec.running.unreleased import PACKAGE, package_of

    folder = locate(path)[1]
    place = package.resolve() if package is not None else package_of(folder, unreleased=unreleased)
    open_package(place)
    options = [option for column in keep for option in ("--keep", column)]
    options += ["--explain"] if explain else []
    options += ["--package", str(place)] if place != folder / PACKAGE else []
    options += ["--processes", str(processes)] if processes else []
    status = answer(folder, source.absolute(), out.absolute(), options)
    if status:
        raise Exit(status)
