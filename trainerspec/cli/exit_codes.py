"""Turn what stops a command into what a person reads, and into an exit status."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from click.exceptions import Exit

from trainerspec.cli.check import Form
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.reading import disk

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
DISK = {
    errno.ENOSPC: "make room on the disk, then run the command again",
    errno.EDQUOT: "make room within your quota, then run the command again",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`), or see what lies there",
    errno.EROFS: "the file system is read-only: work on a copy that can be written",
    errno.EACCES: "give yourself the permission, or work on a copy",
    errno.EPERM: "give yourself the permission, or work on a copy",
    errno.EIO: "the disk cannot be read or written: look at the machine's log",
}
"""What to do about errors of the disk."""
FAULTY = 1
"""Exit status when there are diagnostics."""


def unwritten(error: OSError) -> Diagnostic | None:
    """Say that the disk or the permissions stopped a command, wherever that was; None for other errors."""
    if error.errno not in DISK:
        return None
    place = f"`{error.filename}`: " if error.filename else ""
    message = f"{place}{(error.strerror or str(error)).lower()}"
    return Diagnostic(code="TS711", message=message, hint=DISK[error.errno])


def exit_codes(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Show the diagnostics of a command that was stopped, in the form that its `--format` asks for; exit with 1."""

    @wraps(command)
    def telling(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            with disk.writing():
                return command(*args, **kwargs)
        except Stopped as stopped:
            from trainerspec.cli.show import show

            form = str(kwargs.get("form", ""))
            show(stopped.diagnostics, stopped.sources, Form(form) if form in list(Form) else Form.text)
            raise Exit(FAULTY) from None
        except OSError as error:
            problem = unwritten(error)
            if problem is None:
                raise
            from trainerspec.cli.show import show

            form = str(kwargs.get("form", ""))
            show((problem,), (), Form(form) if form in list(Form) else Form.text)
            raise Exit(FAULTY) from None
        except KeyboardInterrupt:
            raise Exit(130) from None

    return telling
