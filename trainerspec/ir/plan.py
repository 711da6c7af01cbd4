"""What will be emitted and what will run."""

from collections.abc import Mapping

from trainerspec.ir.decision import Pinned
from trainerspec.ir.declared import Stage
from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class FileChoice:
    """One file that is copied into the project as it is."""

    target: str
    """Path inside the project."""
    origin: str
    """Path inside the template folders, or inside the project for a `custom/` hook."""
    because: str


@record(frozen=True, kw_only=True)
class Guide:
    """What a reader of the project's code is told first: each place with the first words of its own docstring."""

    rooms: Mapping[str, str]
    """The folders of the code."""
    first: Mapping[str, str]
    """The files by which the training is understood, in order."""


@record(frozen=True, kw_only=True)
class Plan:
    pinned: Pinned
    stages: tuple[Stage, ...]
    copies: tuple[FileChoice, ...]
    packages: Mapping[str, str]
    """The packages that stages import, each with what tells its version and those of all that it needs."""
    guide: Guide
    hooks: Mapping[str, str]
    """Hook name to the sha256 of the `custom/` file that replaces the template's."""
