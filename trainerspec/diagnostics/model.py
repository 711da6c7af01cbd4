"""A user's mistake, as a value."""

from typing import Generic, Literal, NoReturn, TypeVar

from trainerspec.ir.record import record
from trainerspec.ir.source import Source, Span

T = TypeVar("T")


@record(frozen=True, kw_only=True)
class Diagnostic:
    code: str
    """`TS204`; listed in grammar/diagnostics.yaml."""
    message: str
    """What is wrong: lower case, names in backticks, no full stop."""
    hint: str = ""
    """What to do, in a few words."""
    severity: Literal["error", "warning"] = "error"
    span: Span | None = None
    file: str = ""
    """The file or folder concerned, when there is no span in a source."""


@record(frozen=True, kw_only=True)
class Outcome(Generic[T]):
    """What a pass returns: a value unless there are errors, and all diagnostics of the pass."""

    value: T | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


class Stopped(Exception):
    """A pass found errors; carries everything that the line has to tell so far."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: tuple[Source, ...] = ()) -> None:
        super().__init__("; ".join(f"{d.code} {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics
        self.sources = sources


class Log:
    """Collects the diagnostics of a line of passes and stops it at the first pass that fails."""

    def __init__(self, *sources: Source) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.sources = sources

    def take(self, outcome: Outcome[T]) -> T:
        """Return the outcome's value, or raise `Stopped` with all that was collected."""
        self.diagnostics.extend(outcome.diagnostics)
        if outcome.value is None or any(d.severity == "error" for d in outcome.diagnostics):
            self.stop()
        return outcome.value

    def stop(self) -> NoReturn:
        """Raise `Stopped` with all diagnostics collected so far."""
        raise Stopped(tuple(self.diagnostics), self.sources)
