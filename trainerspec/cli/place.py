"""The project that a command line names, and what its compilation works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.cli.check import read
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.catalog.sops import Sops
    from trainerspec.compiler import Workplace
    from trainerspec.passes.situation import Filler

ORGANISATION = ".trainerspec"


def locate(path: Path) -> tuple[Source, Path]:
    """Read the trainer.yaml that a file or a folder means, and give its folder. Raises Stopped with TS10x."""
    source = Log().take(read(path))
    return source, Path(source.name).resolve().parent


@contextmanager
def workplace(folder: Path, llm: str | None) -> "Iterator[Workplace]":
    """Put together what a compilation needs; the agents' memories are saved at the end, whatever happens.

    `llm` names a model at OPENAI_BASE_URL (`auto` for its first one); without it the rules decide.
    """
    from trainerspec.agents.agent import at_work
    from trainerspec.catalog.load import tasks
    from trainerspec.catalog.sops import sops
    from trainerspec.compiler import Workplace
    from trainerspec.workspace.hub import from_environment
    from trainerspec.workspace.profile import DataProber
    from trainerspec.workspace.write import custom

    own = folder / ORGANISATION
    procedures: Sops = sops(own / "sops")
    with at_work(mind(folder, llm), procedures, own / "agents") as team:
        yield Workplace(
            tasks=tasks(own / "templates"),
            sops=procedures,
            filler=team,
            prober=DataProber(folder=folder),
            hub=from_environment(),
            custom=custom(folder),
        )


def mind(folder: Path, llm: str | None) -> "Filler":
    """Choose who fills slots: the rules, or a language model with the rules behind it."""
    from trainerspec.agents.sop import Rules

    if llm is None:
        return Rules()
    from trainerspec.agents.language import Language
    from trainerspec.llm.endpoint import connect
    from trainerspec.llm.limits import Limits, Metered
    from trainerspec.llm.model import Unavailable
    from trainerspec.llm.twins import Recording

    try:
        model = connect("" if llm == "auto" else llm)
    except Unavailable as error:
        hint = "set OPENAI_BASE_URL and OPENAI_API_KEY, or leave `--llm` out"
        raise Stopped((Diagnostic(code="TS808", message=f"no language model: {error}", hint=hint),)) from error
    return Language(Recording(Metered(model, Limits()), folder / ORGANISATION / "agents" / "transcript.jsonl"))
