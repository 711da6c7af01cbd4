"""The change that retrains: trainer.yaml on other data, what is new about them, and which stages run again."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.diff import compiled
from trainerspec.cli.difference import markdown, plain, table
from trainerspec.cli.place import changing
from trainerspec.cli.say import say

if TYPE_CHECKING:
    from trainerspec.compiler import Compiled
    from trainerspec.ir.json import Json
    from trainerspec.revising.compare import Change

MOST = 40
"""Facts of the data that are listed."""


def propose(path: Path, data: Path, out: Path, *, apply: bool) -> None:
    """Write the proposal for data in a file or a folder; `apply` writes trainer.yaml too.

    Raises Stopped for what the compiler has to say about the data, and a usage error where data do not lie in files.
    """
    from trainerspec.backends.project import show
    from trainerspec.cli.show import rows
    from trainerspec.ir.source import Source
    from trainerspec.language.editing import edit
    from trainerspec.revising.compare import compare
    from trainerspec.revising.revise import diff
    from trainerspec.workspace.inside import replace_file

    with changing(path) as (source, folder):
        old = compiled(source, folder, folder, folder, again=False)
        if old.spec.source.kind != "path":
            raise click.UsageError("the data are collected: `trainerspec collect --refresh`, then `trainerspec diff`")
        changes: dict[str, Json] = {"/version": bumped(old.spec.version)}
        place = Path(os.path.relpath(data.resolve(), folder)).as_posix()
        if (folder / old.spec.source.value).resolve() != data.resolve():
            changes["/data/source/path"] = place
        text = edit(source.text, changes)
        new = compiled(Source(name=source.name, text=text), folder, folder, folder, again=True)
        found = compare(old, new)
        facts = list(moved(old, new))
        lines = [*about(old, new, place, facts), "", *markdown(found, folder.name)]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        name = Path(source.name).name
        if apply:
            replace_file(folder, name, text.encode())
    rows([(one.path, f"{show(one.old)} -> {show(one.new)}") for one in facts[:MOST]], indent="")
    say(f"\n{diff(source.text, text, name)}", end="")
    say(f"\nwritten: {out}, the text of a pull request")
    nothing = "trainer.yaml is as it was; `--apply` writes it"
    say(f"written: {name} (next: trainerspec build, trainerspec run)" if apply else nothing)


def bumped(version: str) -> str:
    """Return the version of the next release with the same interface.

    >>> bumped("0.1.9"), bumped("2.0.0-rc.1")
    ('0.1.10', '2.0.0')
    """
    head, _, before = version.partition("-")
    if before:
        return head
    major, minor, patch = head.partition("+")[0].split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def moved(old: "Compiled", new: "Compiled") -> Iterator["Change"]:
    """Return what is new about the data: the fingerprint, then each fact that changed."""
    from trainerspec.revising.compare import changes

    yield from changes(known(old), known(new))


def known(side: "Compiled") -> Mapping[str, "Json"]:
    """Return what is known of one side's data, by name."""
    from trainerspec.revising.compare import flat

    profile = side.pinned.decided.observed.profile
    numbers: dict[str, Json] = {}
    for name, fact in profile.facts.items():
        numbers |= {path.lstrip("/").replace("/", "."): value for path, value in flat({name: fact.value}).items()}
    return {"fingerprint": profile.fingerprint, **numbers}


def about(old: "Compiled", new: "Compiled", place: str, facts: list["Change"]) -> Iterator[str]:
    """Return the first lines of the pull request: which data, and what is new about them."""
    from trainerspec.backends.project import show

    yield f"## Retrain {plain(new.spec.name)} {plain(old.spec.version)} as {plain(new.spec.version)}"
    yield from ("", f"On the data of {plain(place)}.")
    listed = [(one.path, show(one.old), show(one.new)) for one in facts[:MOST]]
    yield from table(("of the data", "before", "after"), listed)
    if len(facts) > MOST:
        yield from ("", f"{len(facts) - MOST} more facts changed.")
