"""The command line: one file a command; what is slow to import is imported inside the commands."""

import gc
from collections.abc import Sequence
from importlib import import_module

import click

from trainerspec import __version__
from trainerspec.cli.exit_codes import exit_codes

COMMANDS = (
    "draft",
    "check",
    "collect",
    "plan",
    "build",
    "data",
    "label",
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


class Commands(click.Group):
    """The commands; each is imported when it is asked for, so that a run pays for its own command only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which `--help` lists them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        function = getattr(import_module(f"trainerspec.cli.{cmd_name}"), cmd_name)
        return click.command(cmd_name)(exit_codes(function))


@click.group(cls=Commands, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="trainerspec %(version)s")
def application() -> None:
    """Compile a plain-language machine-learning request into a reproducible training and serving project.

    \b
    Examples:
      trainerspec draft "Sort our news articles into five topics, 95% accurate" --data data/articles
      trainerspec build news-desk     # trainer.yaml -> trainer.lock and a DVC project around it
      trainerspec run news-desk       # data -> train -> evaluate -> gate -> package
      trainerspec serve news-desk     # the model on the Open Inference Protocol, with a page to try it
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; ends with SystemExit (0 fine, 1 diagnostics, 2 usage, 3 refused)."""
    gc.set_threshold(YOUNG)
    application(args=argv, prog_name="trainerspec")
