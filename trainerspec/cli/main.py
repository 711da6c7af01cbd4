"""The command line: one file a command; what is slow to import is imported inside the commands."""

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from trainerspec import __version__
from trainerspec.cli.exit_codes import exit_codes

COMMANDS = (
    "draft",
    "check",
    "collect",
    "plan",
    "build",
    "data",
    "run",
    "predict",
    "serve",
    "push",
    "deploy",
    "revise",
    "tune",
    "adopt",
    "auto",
    "diff",
    "explain",
    "tasks",
    "doctor",
)
"""Every command is the function of that name in the module of that name, in the order in which `--help` lists them."""


YOUNG = 20_000
"""New objects between two walks of the garbage collector: loading modules makes many, and no garbage."""


def _version(wanted: bool) -> None:
    if wanted:
        print(f"trainerspec {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def application(only: str = "") -> typer.Typer:
    """Return the command line: with every command, or with one alone, so that a run pays for its own command only."""
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
    app.callback()(_common)
    for name in (only,) if only in COMMANDS else COMMANDS:
        command = getattr(import_module(f"trainerspec.cli.{name}"), name)
        app.command(name)(exit_codes(command))
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit (0 fine, 1 diagnostics, 2 usage, 3 refused)."""
    gc.set_threshold(YOUNG)
    words = list(argv) if argv is not None else sys.argv[1:]
    application(words[0] if words else "")(args=words, prog_name="trainerspec")
