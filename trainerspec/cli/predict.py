"""trainerspec predict: answers for the rows of a file, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from trainerspec.cli.build import FormatOption
from trainerspec.cli.check import Form


def predict(
    path: Annotated[Path, typer.Argument(metavar="PROJECT", help="A trainer.yaml, or the folder that holds one.")],
    source: Annotated[
        Path, typer.Argument(metavar="DATA", help="A table, a folder of tables, or of pictures or texts.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Where the answers go: .csv, .tsv, .parquet, .jsonl.")
    ],
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="COLUMN", help="Copy this column of the data; '*' for all.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Add what each column contributes to each answer (tables).")
    ] = False,
    unreleased: Annotated[
        bool, typer.Option("--unreleased", help="Use the model though the gate failed; it is not a release.")
    ] = False,
    package: Annotated[
        Path | None, typer.Option("--package", metavar="DIR", help="A package; default: package/ of the project.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, metavar="N", help="Processes that answer; default: all cores.")
    ] = None,
    form: FormatOption = Form.text,
) -> None:
    """Answer the rows of a file with the packaged model; what is predicted need not be in it.

    Each row of the data becomes a row of the answers, in order: `row` says where it is from, `problem` why it has no
    answer, where it has none. Interrupted or killed, the same command goes on where it was.

    \b
    Examples:
      trainerspec predict churn customers.csv -o answers.parquet
      trainerspec predict churn customers.csv.gz -o answers.csv --keep customer --explain
      trainerspec predict pets photos/ -o answers.jsonl
    """
    from trainerspec.cli.place import locate
    from trainerspec.running.predict import answer
    from trainerspec.running.serve import open_package

    folder = locate(path)[1]
    place = package.resolve() if package is not None else folder / "package"
    if not unreleased:
        open_package(place)
    options = [option for column in keep or () for option in ("--keep", column)]
    options += ["--explain"] if explain else []
    options += ["--unreleased"] if unreleased else []
    options += ["--package", str(place)] if package is not None else []
    options += ["--processes", str(processes)] if processes else []
    status = answer(folder, source.absolute(), out.absolute(), options)
    if status:
        raise typer.Exit(status)
