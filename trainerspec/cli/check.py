"""trainerspec check: tell everything that is wrong with a spec."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from trainerspec.checking.findings import Report
    from trainerspec.diagnostics.model import Log, Outcome
    from trainerspec.ir.source import Source
    from trainerspec.ir.spec import Spec


class Form(StrEnum):
    """How diagnostics are written."""

    text = "text"
    json = "json"
    github = "github"


@click.argument(
    "path",
    type=click.Path(path_type=Path),
    default=Path("trainer.yaml"),
    help="A trainer.yaml, or the folder that holds one.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(Form),
    default=Form.text,
    show_default=True,
    help="text for people, json for programs, github for reviews.",
)
@click.option("--data", is_flag=True, help="Check the data too: leaks, copies, odd values, labels.")
@click.option("--deep", is_flag=True, help="With --data: fit models too, for doubtful labels and near copies.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def check(path: Path, form: Form, data: bool, deep: bool, as_json: bool) -> None:
    """Check a spec: all errors at once, each with its line, its column and how to fix it.

    Reads trainer.yaml alone; with `--data` the data too (docs/checks.md). `trainerspec plan` also decides what is left
    open, and estimates the cost.

    Exit status: 0 fine (there may be warnings), 1 errors, 2 wrong usage.

    \b
    Examples:
      trainerspec check news-desk --format json
      trainerspec check --data           # leaks, copies, odd values, personal data, with their rows
      trainerspec check --data --deep    # and labels that are probably wrong
    """
    from trainerspec.diagnostics.model import Log, Stopped
    from trainerspec.diagnostics.render import render, summary

    form = Form.json if as_json else form
    log = Log()
    spec, report = None, None
    try:
        spec = _checked(path, log)
        if data or deep:
            report = _looked(spec, log, deep=deep)
    except Stopped as stopped:
        spec, log.diagnostics = None, list(stopped.diagnostics)
    failed = spec is None or any(one.severity == "error" for one in log.diagnostics)
    if form is Form.json and (data or deep):
        _as_json(report, log)
        raise Exit(failed)
    click.echo(render(log.diagnostics, log.sources, form.value, colour=sys.stdout.isatty()), nl=False)
    counted = summary(log.diagnostics)
    if form is Form.text and (spec or counted):
        click.echo(_fine(spec, counted) if spec and not failed else counted)
    if form is Form.text and spec and spec.positive and any(one.label for one in spec.objectives):
        click.echo(f"positive class: `{spec.positive.label}` ({spec.positive.because})")
    if form is Form.text and report:
        from trainerspec.checking.table import lines

        click.echo("\n".join(["checks of the data", *lines(report)]))
    elif form is Form.text and spec:
        told = "`--data` also checks the data, `trainerspec plan` decides what is open"
        click.echo(f"read: the spec alone; {told}")
    if failed:
        raise Exit(1)


def _checked(path: Path, log: "Log") -> "Spec":
    """Read and check the spec alone. Raises Stopped."""
    from trainerspec.catalog.load import tasks
    from trainerspec.passes.parse import parse
    from trainerspec.passes.positive import positive
    from trainerspec.passes.validate import validate
    from trainerspec.workspace.last_build import last_build
    from trainerspec.workspace.organisation import organisation

    source = log.take(read(path))
    log.sources = (source,)
    folder = Path(source.name).parent
    known = tasks(organisation(folder) / "templates")
    spec = log.take(validate(log.take(parse(source)), known))
    task, last = known[spec.task], last_build(folder)
    spec = log.take(positive(spec, task, spec.labels or last.labels, last.meanings(task)))
    own = organisation(folder) / "sops"
    if own.is_dir():
        from trainerspec.procedures.checked import checked
        from trainerspec.procedures.sops import sops

        log.diagnostics.extend(checked(sops(own, organisation(folder) / "templates"), known, spec))
    if spec.source.kind != "path":  # what reads archives and tables is slow to import
        from trainerspec.workspace.sources import unready

        log.diagnostics.extend(unready(spec, folder))
    return spec


def _looked(spec: "Spec", log: "Log", *, deep: bool) -> "Report | None":
    """Look at the data, and check it; None where it cannot be read. What is wrong goes to the log."""
    from trainerspec.catalog.load import tasks
    from trainerspec.workspace.organisation import organisation
    from trainerspec.workspace.prober import DataProber

    folder = Path(spec.document.source.name).parent
    task = tasks(organisation(folder) / "templates")[spec.task]
    prober = DataProber(folder=folder.resolve())
    seen = prober.profile(spec, task)
    log.diagnostics.extend(seen.diagnostics)
    if seen.value is not None and not deep:
        return seen.value.checks
    return prober.checks(spec, task, deep=deep).value


def _as_json(report: "Report | None", log: "Log") -> None:
    """Print the findings as checks.json has them, and the diagnostics beside them."""
    from trainerspec.checking.findings import Report, document
    from trainerspec.cli.say import say_json
    from trainerspec.diagnostics.render import as_json

    found = document(report or Report())
    say_json({**found, "diagnostics": [as_json(one) for one in log.diagnostics]})


def _fine(spec: "Spec", counted: str) -> str:
    """Return the last line for a spec without errors."""
    from trainerspec.ir.spec import AUTO

    left = sum(value is AUTO for value in spec.slots.values())
    parts = [spec.task, f"{len(spec.objectives)} objectives", f"{left} of {len(spec.slots)} slots open"]
    return f"{spec.name}: fine ({', '.join([*parts, *([counted] if counted else [])])})"


def read(path: Path) -> "Outcome[Source]":
    """Read a spec's file, or the trainer.yaml of a folder. Fails with TS100, TS101 or TS102."""
    from trainerspec.diagnostics.model import Diagnostic, Outcome
    from trainerspec.language.decoding import decode
    from trainerspec.language.suggest import did_you_mean
    from trainerspec.workspace.inside import refusal, whole, within

    if path.is_dir():
        path = path / "trainer.yaml"
    if path.is_symlink() and not within(path, path.parent):
        return Outcome(diagnostics=(refusal(path, path.as_posix()),))
    try:
        return decode(path.as_posix(), whole(path))
    except OSError as error:
        hint = "write one with `trainerspec draft`"
        if path.parent.is_dir():
            hint = did_you_mean(path.name, (p.name for p in path.parent.glob("*.y*ml") if p.name != path.name)) or hint
        message = f"cannot read `{path.name}`: {(error.strerror or 'it is not there').lower()}"
        return Outcome(diagnostics=(Diagnostic(code="TS100", message=message, hint=hint, file=path.as_posix()),))
