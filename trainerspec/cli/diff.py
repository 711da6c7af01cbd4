"""trainerspec diff: what a change of a project changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

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


@click.argument("old", default="HEAD", help="A git revision, or a trainer.yaml or its folder.")
@click.argument(
    "new", type=click.Path(path_type=Path), default=Path(), help="The trainer.yaml, or its folder, to compare with."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(DiffForm),
    default=DiffForm.text,
    show_default=True,
    help="text for people, json for programs, markdown for a pull request.",
)
def diff(old: str, new: Path, form: DiffForm) -> None:
    """Show what a change of trainer.yaml, custom/, SOPs or data changes: from fields to the stages that run again.

    Both sides are compiled by this trainerspec, each with its own custom/, templates and SOPs; what a trainer.lock
    decided is kept where it fits its spec. The old data are known by the digest in the old trainer.lock alone.

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
    with old_side(old, folder) as (before, place, own):
        found = compare(
            compiled(before, place, own, folder, again=False), compiled(source, folder, folder, folder, again=True)
        )
    if form is DiffForm.json:
        as_json(found)
    elif form is DiffForm.markdown:
        as_markdown(found, new.as_posix() if folder != Path.cwd() else folder.name)
    else:
        as_text(found)


@contextmanager
def old_side(old: str, folder: Path) -> Iterator[tuple[Source, Path, Path]]:
    """Return the old source, the folder with its trainer.lock, and that with its custom/ and the organisation's files.

    Raises Stopped with TS809 when there is no old side, or a file is called like a git revision, as a commit may bring.
    """
    from trainerspec.revising.committed import is_revision, restore

    if Path(old).exists():
        if not old.startswith(("./", "../", "/")) and is_revision(folder, old):
            message = f"`{old}` is a git revision, and a file or folder that is called like it"
            hint = f"write `./{old}` for the file; of a branch or a commit, `refs/heads/{old}` or `{old}^{{commit}}`"
            raise Stopped((Diagnostic(code="TS809", message=message, hint=hint),))
        source, place = locate(Path(old))
        alone = not (place / "trainer.lock").is_file() and not (place / "custom").is_dir()
        yield source, place, folder if alone else place
        return
    from trainerspec.language.decoding import decode

    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        restore(folder, old, place)
        if not (place / "trainer.yaml").is_file():
            message = f"`{old}` is neither a file nor a git revision with a `trainer.yaml` for `{folder.name}`"
            hint = "commit the spec first, or name two files"
            raise Stopped((Diagnostic(code="TS809", message=message, hint=hint),))
        content = (place / "trainer.yaml").read_bytes()
        yield Log().take(decode(f"{old}:trainer.yaml", content)), place, place


def compiled(source: Source, place: Path, own: Path, folder: Path, *, again: bool) -> "Compiled":
    """Compile one side: `place` may hold its trainer.lock, `own` its custom/, and `folder` holds the data.

    A lock that fits the spec keeps what it decided. Where the side is built `again`, SOPs, templates and data have to
    be those of the lock too, as `build` decides anew; data that are not here, as in a checkout for review, count as
    unchanged.
    """
    from trainerspec.compiler import compile, finish, read_spec
    from trainerspec.passes.positive import settled
    from trainerspec.workspace.inside import read as inside
    from trainerspec.workspace.lock import NAME, origins, read_lock, spec_digest
    from trainerspec.workspace.sources import located

    with workplace(source, folder, own=own) as work:
        log = Log(source)
        spec = read_spec(source, work.tasks, log, review=True)
        task = work.tasks[spec.task]
        content = inside(place, NAME)
        locked = read_lock(content).value if content is not None else None
        if locked is None or locked.spec != spec_digest(spec) or set(locked.values) != set(task.slots):
            return compile(source, work, review=True)
        now = origins(task, work.sops.digests)
        if again and (now.sops, now.templates) != (locked.origins.sops, locked.origins.templates):
            return compile(source, work, review=True)
        data = located(spec, folder).value
        here = data is not None and data[0].exists()
        seen = work.prober.profile(spec, task).value if again and here else locked.profile
        if seen is None or seen.fingerprint != locked.profile.fingerprint:
            return compile(source, work, review=True)
        pinned = locked.pinned(settled(spec, task, locked.positive))
        return finish(pinned, task, work.custom, origins(task, locked.origins.sops), log)
