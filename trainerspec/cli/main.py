"""The command line: one file a command; what is slow to import is imported inside the commands."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from trainerspec import __version__
from trainerspec.cli import (
    adopt,
    auto,
    build,
    check,
    deploy,
    diff,
    doctor,
    draft,
    explain,
    plan,
    push,
    revise,
    run,
    serve,
    tasks,
)
from trainerspec.cli.exit_codes import exit_codes

app = typer.Typer(
    name="trainerspec",
    help="""Compile a plain-language machine-learning request into a reproducible training and serving project.

    \b
    Examples:
      trainerspec draft "Sort our news articles into five topics, 95% accurate" --data data/articles
      trainerspec build news-desk     # trainer.yaml -> trainer.lock and a DVC project around it
      trainerspec run news-desk       # data -> train -> evaluate -> gate -> package
      trainerspec serve news-desk     # the model on the Open Inference Protocol, with a page to try it
    """,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"trainerspec {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


COMMANDS = (
    draft.draft,
    check.check,
    plan.plan,
    build.build,
    run.run,
    serve.serve,
    push.push,
    deploy.deploy,
    revise.revise,
    adopt.adopt,
    auto.auto,
    diff.diff,
    explain.explain,
    tasks.tasks,
    doctor.doctor,
)
for command in COMMANDS:
    app.command(command.__name__)(exit_codes(command))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit (0 fine, 1 diagnostics, 2 usage, 3 refused)."""
    app(args=list(argv) if argv is not None else sys.argv[1:], prog_name="trainerspec")
