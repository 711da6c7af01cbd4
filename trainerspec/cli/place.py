"""The project that a command line names, and what its compilation works with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.cli.check import read
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.catalog.model import Card, Task
    from trainerspec.compiler import Workplace
    from trainerspec.diagnostics.model import Outcome
    from trainerspec.procedures.slot_context import Filler


KEPT: tuple[str, ...] = (
    "trainer.lock",
    "params.yaml",
    "dvc.yaml",
    "dvc.lock",
    "gate.json",
    "metrics.json",
    "failure.json",
)
KEPT += ("build", "labels", "work", "package", "mlruns", "mlflow.db")
"""What commands that write read of a project, or write there: none of it may be a symbolic link."""


def locate(path: Path) -> tuple[Source, Path]:
    """Read the trainer.yaml that a file or a folder means, and give its folder. Raises Stopped with TS10x and TS709."""
    source = Log().take(read(path))
    return source, Path(source.name).parent.resolve()


@contextmanager
def changing(path: Path) -> Iterator[tuple[Source, Path]]:
    """Hold the lock of the project that a file or a folder means, and finish what was cut off there.

    Gives its trainer.yaml, read under the lock, and its folder. Raises Stopped: TS10x, TS705, TS709, TS805.
    """
    from trainerspec.prepared import keep
    from trainerspec.workspace.inside import linked
    from trainerspec.workspace.write import recover
    from trainerspec.workspace.writer import writing

    keep()
    _, folder = locate(path)
    if links := linked(folder, KEPT):
        raise Stopped(links)
    with writing(folder):
        recover(folder)
        yield locate(path)


@dataclass(frozen=True, kw_only=True)
class Llm:
    """What the command line says about language models."""

    name: str | None = None
    """The model at OPENAI_BASE_URL, `auto` for its first one; None lets the rules decide."""
    replay: Path | None = None
    """A transcript to take the answers from."""
    samples: int = 0
    """How many data rows may be sent."""

    @property
    def model(self) -> str:
        """Return the endpoint's name of the model; empty for its first one."""
        return "" if self.name in (None, "auto") else str(self.name)


RULES = Llm()


class Hub:
    """The model hub that the environment names, loaded when a spec names a model there."""

    def card(self, name: str, revision: str) -> "Outcome[Card]":
        """Describe a model of the hub at its commit."""
        from trainerspec.workspace.hub import from_environment

        return from_environment().card(name, revision)


@contextmanager
def workplace(
    source: Source, folder: Path, llm: Llm = RULES, *, remember: bool = False, own: Path | None = None
) -> "Iterator[Workplace]":
    """Put together what a compilation needs; to `remember`, the agents' memories are saved at the end.

    Without that nothing is written: neither memories nor what a language model was asked. `own` holds custom/ and the
    organisation's files where that is another folder.
    """
    from trainerspec.catalog.load import tasks
    from trainerspec.compiler import Workplace
    from trainerspec.procedures.agent import at_work
    from trainerspec.procedures.sops import sops
    from trainerspec.workspace.last_build import last_build
    from trainerspec.workspace.organisation import organisation
    from trainerspec.workspace.prober import DataProber
    from trainerspec.workspace.write import custom

    files = organisation(own or folder)
    procedures, known = sops(files / "sops", files / "templates"), tasks(files / "templates")
    chosen = filler(source, folder, known, llm, remember=remember)
    with at_work(chosen, procedures, folder if remember else None) as team:
        yield Workplace(
            tasks=known,
            sops=procedures,
            filler=team,
            prober=DataProber(folder=folder),
            hub=Hub(),
            custom=custom(own or folder),
            last=last_build(folder),
        )


def filler(source: Source, folder: Path, tasks: "Mapping[str, Task]", llm: Llm, *, remember: bool) -> "Filler":
    """Choose who fills slots. Raises Stopped with TS808 when there is no language model to ask."""
    from trainerspec.procedures.rules import Rules

    if llm.name is None and llm.replay is None:
        return Rules()
    from trainerspec.llm.model import Unavailable
    from trainerspec.procedures.agent import MEMORIES
    from trainerspec.procedures.choose_filler import Wish, choose_filler
    from trainerspec.workspace.inside import own

    transcript = own(folder, MEMORIES / "transcript.jsonl") if remember else None
    wish = Wish(model=llm.model, transcript=transcript, replay=llm.replay)
    try:
        return choose_filler(wish, shared(source, folder, tasks, llm.samples))
    except (Unavailable, OSError) as error:
        hint = "set OPENAI_BASE_URL and OPENAI_API_KEY, or leave `--llm` out"
        raise Stopped((Diagnostic(code="TS808", message=f"no language model: {error}", hint=hint),)) from error


def shared(source: Source, folder: Path, tasks: "Mapping[str, Task]", number: int) -> tuple[str, ...]:
    """Return the data rows that may be sent; none unless a person asked for it. Raises Stopped."""
    from trainerspec.compiler import read_spec
    from trainerspec.workspace.inspect_data import inspect_data
    from trainerspec.workspace.look import samples
    from trainerspec.workspace.sources import located

    if not number:
        return ()
    log = Log(source)
    spec = read_spec(source, tasks, log)
    return samples(log.take(inspect_data(log.take(located(spec, folder))[0])), number)
