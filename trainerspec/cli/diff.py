"""trainerspec diff: what a change of trainer.yaml changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from trainerspec.cli.place import locate, workplace
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.compiler import Compiled


class DiffForm(StrEnum):
    """How a difference is written."""

    text = "text"
    json = "json"
    github = "github"
    markdown = "markdown"


def diff(
    old: Annotated[str, typer.Argument(help="A git revision, or a trainer.yaml or its folder.")] = "HEAD",
    new: Annotated[Path, typer.Argument(help="The trainer.yaml, or its folder, to compare with.")] = Path(),
    form: Annotated[
        DiffForm, typer.Option("--format", help="text for people, json for programs, markdown for a pull request.")
    ] = DiffForm.text,
) -> None:
    """Show what a change of trainer.yaml changes: fields, decisions, files, and the stages that run again.

    Both sides are compiled by this trainerspec; a side whose trainer.lock fits its spec keeps what that decided.

    \b
    Examples:
      trainerspec diff                        # what is committed, and what stands in this folder
      trainerspec diff v1.2 news-desk
      trainerspec diff old/trainer.yaml new/trainer.yaml --format json
      trainerspec diff origin/main news-desk --format markdown   # a comment on a pull request
    """
    from trainerspec.cli.difference import as_json, as_markdown, as_text
    from trainerspec.revising.compare import compare

    source, folder = locate(new)
    with old_side(old, folder) as (before, place):
        found = compare(compiled(before, place, folder), compiled(source, folder, folder))
    if form is DiffForm.json:
        as_json(found)
    elif form is DiffForm.markdown:
        as_markdown(found, new.as_posix() if folder != Path.cwd() else folder.name)
    else:
        as_text(found)


@contextmanager
def old_side(old: str, folder: Path) -> Iterator[tuple[Source, Path]]:
    """Return the old source, and the folder with its trainer.lock. Raises Stopped with TS809 when there is none."""
    if Path(old).exists():
        yield locate(Path(old))
        return
    import subprocess

    from trainerspec.language.decoding import decode

    with TemporaryDirectory() as place:
        for name in ("trainer.yaml", "trainer.lock"):
            command = ["git", "cat-file", "blob", f"{old}:./{name}"]
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
            except FileNotFoundError:
                done = subprocess.CompletedProcess(command, 127)
            if done.returncode == 0:
                (Path(place) / name).write_bytes(done.stdout)
            elif name == "trainer.yaml":
                message = f"`{old}` is no file and no git revision with a `{name}` for `{folder.name}`"
                hint = "commit the spec first, or name two files"
                raise Stopped((Diagnostic(code="TS809", message=message, hint=hint),))
        content = (Path(place) / "trainer.yaml").read_bytes()
        yield Log().take(decode(f"{old}:trainer.yaml", content)), Path(place)


def compiled(source: Source, place: Path, folder: Path) -> "Compiled":
    """Compile one side: `place` may hold its trainer.lock, the data and custom/ are those of `folder`."""
    from trainerspec.compiler import compile, finish, read_spec
    from trainerspec.workspace.lock import NAME, origins, read_lock, spec_digest

    with workplace(source, folder) as work:
        log = Log(source)
        spec = read_spec(source, work.tasks, log, review=True)
        task = work.tasks[spec.task]
        lock = place / NAME
        locked = read_lock(lock.read_bytes()).value if lock.is_file() else None
        if locked is not None and locked.spec == spec_digest(spec) and set(locked.values) == set(task.slots):
            return finish(locked.pinned(spec), task, work.custom, origins(task, locked.origins.sops), log)
        return compile(source, work, review=True)
