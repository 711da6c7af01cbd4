"""The command line: one file a command; what is slow to import is imported inside the commands."""

import gc
from collections.abc import Sequence
from importlib import import_module

import click

from trainerspec import __version__
from trainerspec.cli.exit_codes import exit_codes

SECTIONS = {
    "From a request to a served model": {
        "draft": "Draft a spec from a request and its data.",
        "check": "Check a spec: all errors at once.",
        "plan": "Show what would be built, and why. Writes nothing.",
        "build": "Write the project that trainer.yaml describes.",
        "run": "Train, evaluate, judge and package.",
        "serve": "Serve the package on this machine.",
        "predict": "Answer the rows of a file with the package.",
        "auto": "Draft, build, run and revise until the objectives are met.",
    },
    "Data": {
        "collect": "Fetch the data once, with the digest of every file.",
        "data": "Read, clean and split the data. Trains nothing.",
        "label": "Label the rows that have no label.",
    },
    "Improve": {
        "revise": "Propose a patch to trainer.yaml after a missed objective.",
        "tune": "Search for better settings.",
        "adopt": "Turn values changed in params.yaml into a patch.",
        "diff": "Show what a change changes, and which stages run again.",
    },
    "Release": {
        "card": "Tell what a model is: its card, or the EU AI Act's Annex IV.",
        "verify": "Check a package's digests, and where it comes from.",
        "push": "Upload the package to a target's storage.",
        "deploy": "Apply a target's manifests, and wait until they serve.",
    },
    "In production": {
        "monitor": "Compare what was served with what the model was judged on.",
    },
    "Look up": {
        "explain": "Explain an error code or a field of trainer.yaml.",
        "tasks": "List the tasks, and the models that each starts from.",
        "doctor": "Look at what is installed on this machine.",
    },
}
"""Every command with what it does, as `--help` lists them: the function of that name in the module of that name."""
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for; imports none of them."""
        width = max(map(len, COMMANDS)) + 3
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(section.items()), col_spacing=width - max(map(len, section)))


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
