"""trainerspec auto: the whole loop unattended, from a sentence or a trainer.yaml to a package."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from trainerspec.cli.build import format_option
from trainerspec.cli.check import Form
from trainerspec.cli.models import collect_option, connection_option, limit_option, llm_option, replay_option
from trainerspec.cli.place import Llm, changing, workplace
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from trainerspec.revising.load_case import Patch
    from trainerspec.revising.rounds import Limits, State


@click.argument(
    "what",
    metavar="[REQUEST|PATH]",
    default=".",
    help="What is wanted, in plain words; or a trainer.yaml or its folder.",
)
@click.option("--data", help="Where the data is, for a request.")
@connection_option
@collect_option
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True, metavar="N", help="Most rounds.")
@click.option(
    "--budget", default="30min", show_default=True, metavar="TIME", help="Most time for all rounds: `30min`, `2h`."
)
@click.option("--no-scm", is_flag=True, help="Do without git: rounds are not committed.")
@llm_option
@replay_option
@limit_option
@format_option
def auto(
    what: str,
    data: str | None,
    connection: str,
    collect: bool,
    rounds: int,
    budget: str,
    no_scm: bool,
    llm: str | None,
    replay: Path | None,
    llm_limit: tuple[str, ...],
    form: Form,
) -> None:
    """Draft, check, build, run and revise until all objectives are met; then score the test split once and package.

    Each round is judged on the validation split, committed to git and recorded in MLflow. May be killed at any time:
    called again, it goes on. Exit status: 0 a package, 1 the objectives were not met or something failed, 3 refused.

    \b
    Examples:
      trainerspec auto "Sort our mails into billing and other, 95% accurate" --data data/mails.csv
      trainerspec auto news-desk --rounds 5 --budget 2h
    """
    from trainerspec.language.duration import seconds
    from trainerspec.revising.rounds import Limits

    most = seconds(budget)
    if most is None:
        raise click.BadParameter(f"`{budget}` is no time: write 90s, 30min or 2h", param_hint="--budget")
    limits = Limits(rounds=rounds, seconds=most)
    path = Path(what) if Path(what).exists() else drafted(what.strip(), data, connection, collect=collect)
    with changing(path) as (source, folder):
        go_round(source, folder, limits, Llm(name=llm, replay=replay), llm_limit, no_scm=no_scm)


def go_round(
    source: Source, folder: Path, limits: "Limits", llm: Llm, llm_limit: tuple[str, ...], *, no_scm: bool
) -> None:
    """Go round, then score the test split once. Raises Stopped and, after a signal, Exit."""
    from functools import partial

    from rich.console import Console

    from trainerspec.cli.revise import asked
    from trainerspec.cli.run import tell
    from trainerspec.revising import auto as loop
    from trainerspec.running.display import display
    from trainerspec.running.process_group import Interrupted, stoppable
    from trainerspec.running.summary import summary

    file = folder / Path(source.name).name
    console = Console()
    around = loop.Surroundings(
        workplace=partial(workplace, remember=True),
        display=lambda titles: display(console, titles),
        say=lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True),
        explain=explain,
        no_scm=no_scm,
        search=looked,
        model=asked(llm, folder, llm_limit),
    )
    try:
        with stoppable():
            state = loop.auto(file, source.text, limits, around)
            table(state, console)
            if not state.reached:
                raise Stopped((loop.exhausted(state, limits),))
            around.say(f"{loop.reached(state)}; now the test split, once")
            try:
                loop.finish(file, state, around)
            finally:
                if (result := summary(folder)) is not None:
                    tell(result, console)
    except Interrupted as interrupted:
        around.say("interrupted; `trainerspec auto` goes on from here")
        raise Exit(128 + interrupted.signal) from None


def looked(source: Source, folder: Path, seconds: float) -> tuple[str, str]:
    """Search settings within some seconds; returns trainer.yaml with better ones, and why, or empty texts."""
    from trainerspec.cli.tuning import Asked, improved

    with workplace(source, folder, remember=True) as place:
        return improved(source, folder, place, Asked(seconds=seconds))


def drafted(request: str, data: str | None, connection: str, *, collect: bool) -> Path:
    """Draft a spec for a request and give its folder; a draft of the same request that is there is taken as it is.

    Raises Exit with 3 when the request is refused, and Stopped with TS225 (held) and TS845 (open questions).
    """
    from trainerspec.catalog.load import tasks
    from trainerspec.cli.draft import HELD, draft
    from trainerspec.cli.draft_data import drafted as fetched
    from trainerspec.drafting import draft as drafting
    from trainerspec.ir.draft import Draft, Request
    from trainerspec.workspace.organisation import organisation

    own = organisation(Path())
    known = tasks(own / "templates")

    def by_rule(wish: Request) -> Draft:
        return drafting(wish, known, organisation=own / "sops", folder=Path("."))

    wish = Request(text=request, data=data, connection=connection)
    made = by_rule(wish)
    if collect and made.spec is not None:
        made = fetched(wish, made, by_rule, Path("."))
    folder = Path(str(made.spec["name"])) if made.spec is not None else Path()
    if made.spec is None or not same_request(folder / "trainer.yaml", request):
        try:
            draft(request, data=data, connection=connection, collect=collect)
        except Exit as ended:
            if ended.exit_code != HELD:
                raise
    held = [Diagnostic(code="TS225", message=f"held at `{one.path}`: {one.question}", hint=_JUDGE) for one in made.held]
    asked = [Diagnostic(code="TS845", message=one.question, hint=_ANSWER) for one in made.questions]
    if held or asked:
        raise Stopped((*held, *asked))
    return folder


_JUDGE = (
    "a person who is sure adds `by` and `because` to it in trainer.yaml, then runs `trainerspec auto` with its folder"
)
_ANSWER = "answer it in trainer.yaml, then run `trainerspec auto` with its folder"


def same_request(path: Path, request: str) -> bool:
    """Tell whether a trainer.yaml is there that was drafted from this request."""
    from trainerspec.cli.check import read
    from trainerspec.passes.parse import parse

    source = read(path).value if path.is_file() else None
    document = parse(source).value if source is not None else None
    return document is not None and str(document.data.get("request", "")).strip() == request.strip()


def explain(found: "Patch") -> tuple[str, ...]:
    """Write what a patch changes and why; without one, why nothing helps."""
    from trainerspec.cli.revise import out_of_reach, shown

    note = (f"the rules proposed alone: {found.revision.note}",) if found.revision.note else ()
    if found.revision.changes:
        return (*note, *shown(found))
    return note + tuple(f"{one.message}{f' ({one.hint})' if one.hint else ''}" for one in out_of_reach(found))


def table(state: "State", console: "Console") -> None:
    """Print the rounds: what was changed, what was measured, and where it is recorded; below them the simple models."""
    from rich.table import Table
    from rich.text import Text

    made = Table("round", "measured on validation", "outcome", "commit", "MLflow run", box=None, pad_edge=False)
    words = {"narrow": "met, narrowly"}
    for one in state.turns:
        outcome = one.outcome or "not finished"
        style = {"met": "green", "narrow": "yellow", "missed": "yellow"}.get(one.outcome, "red")
        shown = Text(words.get(outcome, outcome), style=style)
        made.add_row(str(one.number), Text(measures(one.told)), shown, one.commit, one.run[:8])
    judged = [one for one in state.turns if one.beside]
    for name, rows in judged[-1].beside if judged else ():
        if rows:
            outcome = "met" if all(met for *_, met in rows) else "missed"
            made.add_row("baseline", Text(measures(rows)), Text(f"{name}: {outcome}"), "", "")
    console.print()
    for one in state.turns:
        for line in one.why:
            console.print(f"round {one.number}: {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(made, soft_wrap=True)


def measures(rows: "Sequence[tuple[str, str, bool]]") -> str:
    """Write each bound with what was measured, a line each."""
    return "\n".join(f"{text}: {value}{'' if met else ' (missed)'}" for text, value, met in rows)
