"""Prepare what follows from the files that ship, so that the first run finds it: `python -m trainerspec.preparing`.

The build of the wheel does it, and `make setup` in a checkout. After an edit of the compiler's modules what was
prepared no longer fits; commands then do without it until this runs again.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from trainerspec import prepared
from trainerspec.catalog.load import tasks
from trainerspec.catalog.model import Task
from trainerspec.drafting.draft import hints
from trainerspec.drafting.policy import refusals
from trainerspec.drafting.reading import vocabulary
from trainerspec.language import grammar
from trainerspec.language.expression import parse, parser, parsing
from trainerspec.passes import guide, module
from trainerspec.passes.code import chosen_bytes
from trainerspec.passes.plan import copies
from trainerspec.procedures import sops


def prepare(folder: Path) -> None:
    """Write everything into `folder`, in place of what an earlier compiler left there. Raises OSError."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.bin"):
        old.unlink()
    known = tasks()
    for name in known:
        prepared.ship(f"task-{name}", known.parts(name), known.read(name), folder)
    prepared.ship("sops", sops.parts(), sops.read(), folder)
    prepared.ship("policy", [refusals.file().read_bytes()], refusals.load(refusals.file()), folder)
    words = hints(known)
    prepared.ship("vocabulary", vocabulary.parts(words), vocabulary.load(words), folder)
    for task in known.values():
        for condition in conditions(task):
            parse(condition)
        for path, source in files(task):
            module.read_module(source, path)
            if path in guide.FIRST or path.endswith("/__init__.py"):
                guide.told(source)
    for remembered in (parsing.TREES, module.READ, guide.TOLD):
        remembered.ship(folder)
    grammar.ship(parser.GRAMMAR, folder, **parser.OPTIONS)


def conditions(task: Task) -> Iterator[str]:
    """List the conditions of a task's variants and stages."""
    yield from (variant.when for variant in task.variants)
    for stage in task.stages:
        yield from (when for when in (stage.when, *(entry.when for entry in stage.modules)) if when)


def files(task: Task) -> Iterator[tuple[str, bytes]]:
    """List the files that a project of a task may have, by their paths there."""
    for choice in copies(task):
        yield choice.target, chosen_bytes(choice, task, {})
    for variant in task.variants:
        yield variant.target, task.file(task.origin(variant.file)).read_bytes()
    for card in task.cards.values():
        yield from ((target, task.file(task.origin(file)).read_bytes()) for target, file in card.files.items())


if __name__ == "__main__":
    prepare(Path(sys.argv[1]) if sys.argv[1:] else prepared.SHIPPED)
