"""Turn what stops a command into what a person reads, and into an exit status."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from trainerspec.cli.check import Form
from trainerspec.diagnostics.model import Stopped

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
FAULTY = 1
"""Exit status when there are diagnostics."""


def exit_codes(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Show the diagnostics of a command that was stopped, in the form that its `--format` asks for; exit with 1."""

    @wraps(command)
    def telling(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except Stopped as stopped:
            from trainerspec.cli.show import show

            form = str(kwargs.get("form", ""))
            show(stopped.diagnostics, stopped.sources, Form(form) if form in list(Form) else Form.text)
            raise typer.Exit(FAULTY) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return telling
