"""trainerspec monitor: is the model still right?"""

from pathlib import Path

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option
from trainerspec.cli.check import Form
from trainerspec.diagnostics.model import Diagnostic, Stopped


@click.argument(
    "path",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="[PROJECT_OR_PACKAGE]",
    help="The folder of a project, or a package; default: the project here.",
)
@click.option(
    "--metrics",
    multiple=True,
    metavar="URL_OR_FILE",
    help="The /metrics of a server, or a saved copy; repeat it for each pod.",
)
@click.option(
    "--requests",
    type=click.Path(path_type=Path),
    metavar="ROWS",
    help="Logged requests: JSON Lines of the protocol's bodies, or what `predict` takes.",
)
@click.option(
    "--feedback",
    type=click.Path(path_type=Path),
    metavar="ROWS",
    help="Rows as the data has them, whose truth came later: the quality of their answers.",
)
@click.option(
    "--propose",
    type=click.Path(path_type=Path),
    metavar="DATA",
    help="Write the change that retrains on this file or folder: what is new about it, and what runs again.",
)
@click.option("--apply", is_flag=True, help="With --propose: write it into trainer.yaml.")
@click.option(
    "--out",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The page; default: monitor.html. Of --propose the text of a pull request; default: retrain.md.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@format_option
def monitor(
    path: Path,
    metrics: tuple[str, ...],
    requests: Path | None,
    feedback: Path | None,
    propose: Path | None,
    apply: bool,
    out: Path | None,
    as_json: bool,
    form: Form,
) -> None:
    """Compare what was served with what the model was judged on: inputs, answers, what is missing or never seen.

    The package's profile.json is the reference. A signal drifts when its difference is beyond chance and matters;
    looking every day raises one false alarm in a hundred quiet months. The page has each signal beside its reference.
    With --feedback the answers are scored, with 95% intervals, against the objectives and against the test split.

    --propose compares other data with those that the model learnt from, and writes a pull request's text.

    Exit status: 0 as it was (or too few rows to tell), 1 it could not be compared, 2 wrong usage, 5 something drifts,
    misses an objective or is not as good as it was.

    \b
    Examples:
      trainerspec monitor --metrics http://localhost:8080/metrics
      trainerspec monitor churn --metrics pod-1.txt --metrics pod-2.txt -o today.html
      trainerspec monitor churn --requests requests.jsonl
      trainerspec monitor churn --feedback churned-in-may.csv
      trainerspec monitor churn --propose data/until-may.csv --apply
      trainerspec monitor releases/0.2.0 --requests customers-of-may.parquet --json
    """
    from trainerspec.running.monitor import compare
    from trainerspec.running.serve import open_package

    ways = (bool(metrics), requests is not None, feedback is not None, propose is not None)
    if ways.count(True) != 1:
        raise click.UsageError("say one of `--metrics`, `--requests`, `--feedback`: what was served; or `--propose`")
    if apply and propose is None:
        raise click.UsageError("`--apply` writes what `--propose` proposes")
    if propose is not None:
        from trainerspec.cli.proposal import propose as write

        write(path, propose, out or Path("retrain.md"), apply=apply)
        return
    alone = (path / "package.json").is_file()
    package = (path if alone else path / "package").resolve()
    open_package(package)
    if feedback is not None and alone and not (package.parent / "trainer.yaml").is_file():
        hint = "give the project's folder; or `--requests` with the package"
        message = "a package alone cannot read the truth of rows: its project knows how the data is written"
        raise Stopped((Diagnostic(code="TS855", message=message, hint=hint),))
    options = [word for place in metrics for word in ("--metrics", absolute(place))]
    options += ["--requests", str(requests.resolve())] if requests is not None else []
    options += ["--feedback", str(feedback.resolve())] if feedback is not None else []
    options += ["--out", str((out or Path("monitor.html")).resolve())]
    options += ["--json"] if as_json or form is Form.json else []
    status = compare(package.parent, package, options)
    if status:
        raise Exit(status)


def absolute(place: str) -> str:
    """Return an address as it is, and a file's name from the root: the comparison runs elsewhere."""
    return place if place.startswith(("http://", "https://")) else str(Path(place).absolute())
