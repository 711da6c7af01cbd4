"""trainerspec build: trainer.yaml -> trainer.lock and the project around it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.check import Form
from trainerspec.cli.models import llm_option, replay_option
from trainerspec.cli.place import Llm, changing, locate, workplace
from trainerspec.cli.say import say
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.compiler import Compiled
    from trainerspec.ir.decision import Decision
    from trainerspec.workspace.write import Changes

path_argument = click.argument(
    "path", type=click.Path(path_type=Path), default=Path(), help="A trainer.yaml, or the folder that holds one."
)
format_option = click.option(
    "--format", "form", type=click.Choice(Form), default=Form.text, show_default=True, help="Form of the diagnostics."
)
samples_option = click.option(
    "--share-samples",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Send up to N data rows to the language model.",
)


@path_argument
@click.option("--frozen", is_flag=True, help="Take all decisions from trainer.lock.")
@click.option("--check", is_flag=True, help="Write nothing; fail if the folder is not up to date.")
@click.option("--eject", multiple=True, metavar="FILE", help="Keep this edited file, in custom/.")
@click.option("--discard", is_flag=True, help="Overwrite edited files.")
@llm_option
@replay_option
@samples_option
@format_option
def build(
    path: Path,
    frozen: bool,
    check: bool,
    eject: tuple[str, ...],
    discard: bool,
    llm: str | None,
    replay: Path | None,
    share_samples: int,
    form: Form,
) -> None:
    """Decide what trainer.yaml leaves open, and write the project around it.

    Nothing is written when there is an error. A generated file that was edited stops the build: `--eject` keeps it,
    `--discard` does not.

    \b
    Examples:
      trainerspec build                             # the project in this folder
      trainerspec build news-desk --check           # in CI: is what is committed what the spec gives?
      trainerspec build --frozen                    # no data, no network: from trainer.lock alone
      trainerspec build --eject pipeline/task/model.py   # your own network from now on
    """
    from contextlib import nullcontext

    from trainerspec.cli.show import show
    from trainerspec.workspace.write import adopt, write

    with nullcontext(locate(path)) if check else changing(path) as (source, folder):
        before = decisions(folder)
        wish = Llm(name=llm, replay=replay, samples=share_samples)
        own = ejected(eject, source, folder)
        if frozen:
            compiled = frozen_build(source, folder, own)
        else:
            compiled = full_build(source, folder, own, wish, remember=not check)
        show(compiled.diagnostics, (compiled.spec.document.source,), form)
        if check:
            verify(compiled, folder)
            say(f"{folder.name}/ is up to date")
            return
        if not discard:
            tell_edits(compiled, folder, form)
        adopt(own, folder)
        changes = Log().take(write(compiled.project, folder, discard=discard))
    report(compiled, before, changes, folder)


def rebuild(source: Source, folder: Path, form: Form) -> None:
    """Decide by the rules and write the project, as `build` without options does. Raises Stopped."""
    from trainerspec.cli.place import RULES
    from trainerspec.cli.show import show
    from trainerspec.workspace.write import write

    before = decisions(folder)
    compiled = full_build(source, folder, {}, RULES, remember=True)
    show(compiled.diagnostics, (compiled.spec.document.source,), form)
    tell_edits(compiled, folder, form)
    report(compiled, before, Log().take(write(compiled.project, folder)), folder)


def tell_edits(compiled: "Compiled", folder: Path, form: Form) -> None:
    """Print how each file in the way differs from the generated one; `write` refuses them then."""
    from trainerspec.workspace.write import edited, emitted

    if form is Form.text:
        for one in edited(compiled.project, folder, Log().take(emitted(folder))):
            click.echo(one.diff, err=True)


def full_build(
    source: Source, folder: Path, own: Mapping[str, bytes], llm: Llm, *, remember: bool = False
) -> "Compiled":
    """Compile with a look at the data; writes nothing but what the agents `remember`. Raises Stopped."""
    from dataclasses import replace

    from trainerspec.compiler import compile

    with workplace(source, folder, llm, remember=remember) as place:
        return compile(source, replace(place, custom={**place.custom, **own}))


def frozen_build(source: Source, folder: Path, own: Mapping[str, bytes]) -> "Compiled":
    """Compile from trainer.lock alone. Raises Stopped."""
    from trainerspec.catalog.load import tasks
    from trainerspec.compiler import compile_frozen
    from trainerspec.workspace.inside import own as inside
    from trainerspec.workspace.lock import NAME, read_lock
    from trainerspec.workspace.organisation import organisation
    from trainerspec.workspace.write import custom

    place = inside(folder, NAME)
    if not place.is_file():
        hint = "run `trainerspec build` once where the data is"
        raise Stopped((Diagnostic(code="TS707", message=f"`--frozen` needs `{NAME}`, which is not there", hint=hint),))
    locked = Log().take(read_lock(place.read_bytes()))
    known = tasks(organisation(folder) / "templates")
    return compile_frozen(source, locked, known, {**custom(folder), **own})


def ejected(files: tuple[str, ...], source: Source, folder: Path) -> Mapping[str, bytes]:
    """Read the files that become the user's, by their new path below custom/. Raises Stopped with TS704."""
    from trainerspec.catalog.load import tasks
    from trainerspec.compiler import read_spec
    from trainerspec.workspace.inside import own as inside
    from trainerspec.workspace.organisation import organisation
    from trainerspec.workspace.write import ejection

    if not files:
        return {}
    log = Log(source)
    known = tasks(organisation(folder) / "templates")
    hooks = {hook.target: hook.name for hook in known[read_spec(source, known, log).task].hooks}
    return {log.take(ejection(file, folder, hooks)): inside(folder, file).read_bytes() for file in files}


def decisions(folder: Path) -> "Mapping[str, Decision]":
    """Return what the last build decided; nothing before the first one, or when its lock cannot be read."""
    from trainerspec.workspace.inside import read
    from trainerspec.workspace.lock import NAME, read_lock

    content = read(folder, NAME)
    locked = read_lock(content).value if content is not None else None
    return locked.decisions if locked else {}


def verify(compiled: "Compiled", folder: Path) -> None:
    """Compare the folder with what would be written. Raises Stopped with TS708 for each file that differs."""
    from trainerspec.workspace.inside import linked
    from trainerspec.workspace.write import compare, emitted

    previous = Log().take(emitted(folder))
    if links := linked(folder, sorted({*previous, *compiled.project.files})):
        raise Stopped(links)
    changes = compare(compiled.project, folder, previous)
    kinds = (("is missing", changes.added), ("differs", changes.changed), ("is no longer generated", changes.removed))
    hint = "run `trainerspec build` and commit what it writes"
    found = [
        Diagnostic(code="TS708", message=f"`{file}` {what}", hint=hint, file=file)
        for what, some in kinds
        for file in some
    ]
    if found:
        raise Stopped(tuple(found))


def report(compiled: "Compiled", before: "Mapping[str, Decision]", changes: "Changes", folder: Path) -> None:
    """Say what was decided, by whom and why, and what was written."""
    from trainerspec.backends.project import AUTHORS, as_read
    from trainerspec.backends.project import show as shown
    from trainerspec.cli.show import rows

    made = as_read(compiled.pinned, compiled.task)
    new = [one for one in made if before.get(one.slot) is None or before[one.slot].value != one.value]
    if new:
        say(f"{compiled.spec.name}: {len(new)} of {len(made)} decisions " + ("changed" if before else "made"))
        rows([(one.slot, shown(one.value), AUTHORS.get(one.author, one.author), one.because) for one in new])
    else:
        say(f"{compiled.spec.name}: {len(made)} decisions, all as before")
    if not changes:
        say(f"{folder.name}/ was up to date")
        return
    for what, files in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        if files:
            say(f"{what}: {few(files)}")
    say(f"next: trainerspec run{'' if folder == Path.cwd() else ' ' + folder.name}")


def few(files: tuple[str, ...], most: int = 8) -> str:
    """List files, or count them when they are many.

    >>> few(("a", "b")), few(("a", "b", "c"), most=1)
    ('a, b', '3 files')
    """
    return ", ".join(files) if len(files) <= most else f"{len(files)} files"
