"""Show a run: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from trainerspec.diagnostics.render import harmless
from trainerspec.running.events import Began, Event, Failed, Progressed, Said, Skipped


class Display(Protocol):
    """Takes events in order."""

    def take(self, event: Event) -> None: ...

    def __enter__(self) -> "Display": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def display(console: Console, stages: Mapping[str, str]) -> Display:
    """Choose the display that the console can show; `stages` maps name to title, in order."""
    return Live(console, stages) if console.is_terminal else Lines(console, stages)


def duration(seconds: float) -> str:
    """Write seconds as people read them.

    >>> duration(4.23), duration(83), duration(4000)
    ('4.2 s', '1 min 23 s', '1 h 06 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


class Lines:
    """A line when a stage begins and ends, and what it prints between."""

    def __init__(self, console: Console, stages: Mapping[str, str]) -> None:
        self.console, self.stages = console, stages
        self.number = 0
        self.stage, self.since = "", 0.0

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def head(self, stage: str, what: str) -> None:
        self.number += 1
        self.say(f"[{self.number}/{len(self.stages)}] {stage}: {what}")

    def end(self, how: str = "done in") -> None:
        if self.stage:
            self.say(f"      {how} {duration(time.monotonic() - self.since)}")
        self.stage = ""

    def take(self, event: Event) -> None:
        """Print the event; progress is what the stages print themselves here."""
        if isinstance(event, Began):
            self.end()
            self.head(event.stage, self.stages.get(event.stage, ""))
            self.stage, self.since = event.stage, time.monotonic()
        elif isinstance(event, Skipped):
            self.end()
            self.head(event.stage, "nothing changed" if event.why == "unchanged" else "taken from the cache")
        elif isinstance(event, Failed):
            if event.stage != self.stage:
                self.end()
                self.head(event.stage, self.stages.get(event.stage, ""))
                self.stage, self.since = event.stage, time.monotonic()
            self.end("failed after")
        elif isinstance(event, Said):
            self.say(f"      {harmless(event.line.removeprefix(f'{self.stage}: '))}")


class Live:
    """A bar over the stages, and one for the stage that runs, with the time that is left."""

    def __init__(self, console: Console, stages: Mapping[str, str]) -> None:
        self.console, self.stages = console, stages
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=True)
        self.all = self.progress.add_task("stages", total=len(stages), text=f"0/{len(stages)}")
        self.bar: TaskID | None = None
        self.stage, self.since, self.done = "", 0.0, 0
        self.first: Progressed | None = None

    def __enter__(self) -> "Live":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end("[green]✓[/]")
        self.progress.stop()

    def end(self, mark: str, what: str = "") -> None:
        """Leave a line for the stage that ran, above the bars."""
        if not self.stage:
            return
        taken = what or duration(time.monotonic() - self.since)
        title = self.stages.get(self.stage, "")
        self.progress.console.print(f"{mark} {self.stage:<10} {escape(title)} [dim]{taken}[/]", highlight=False)
        if self.bar is not None:
            self.progress.remove_task(self.bar)
        self.bar, self.stage, self.first = None, "", None
        self.done += 1
        self.progress.update(self.all, completed=self.done, text=f"{self.done}/{len(self.stages)}")

    def begin(self, stage: str) -> None:
        self.stage, self.since = stage, time.monotonic()

    def take(self, event: Event) -> None:
        """Move the bars."""
        if isinstance(event, Began):
            self.end("[green]✓[/]")
            self.begin(event.stage)
            self.bar = self.progress.add_task(event.stage, total=None, text="")
        elif isinstance(event, Skipped):
            self.end("[green]✓[/]")
            self.begin(event.stage)
            self.end("[dim]=[/]", "unchanged" if event.why == "unchanged" else "from the cache")
        elif isinstance(event, Failed):
            if event.stage != self.stage:
                self.end("[green]✓[/]")
                self.begin(event.stage)
            self.end("[red]✗[/]")
        elif isinstance(event, Said):
            self.progress.console.print(
                f"  [dim]{escape(harmless(event.line.removeprefix(f'{self.stage}: ')))}[/]", highlight=False
            )
        elif event.stage == self.stage and self.bar is not None and event.total > 0:
            text = f"{event.step:g}/{event.total:g} {event.unit}{self.left(event)}"
            self.progress.update(self.bar, total=event.total, completed=event.step, text=text)

    def left(self, event: Progressed) -> str:
        """Estimate the time that is left, from the pace since this stage's first report."""
        if self.first is None or event.total != self.first.total:
            self.first = event
        done, taken = event.step - self.first.step, event.time - self.first.time
        if done <= 0 or taken <= 0 or event.step >= event.total:
            return ""
        return f", {duration((event.total - event.step) * taken / done)} left"
