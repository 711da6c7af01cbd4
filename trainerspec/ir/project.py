"""A project in memory."""

from collections.abc import Mapping

from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class Project:
    files: Mapping[str, bytes]
    """POSIX path to content, sorted by path; trainer.lock among them."""
