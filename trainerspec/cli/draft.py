"""trainerspec draft: a sentence becomes a spec to review, or a reasoned refusal."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from trainerspec.cli.draft_batch import answer_lines, plain, unfit
from trainerspec.cli.models import (
    collect_option,
    connection_option,
    limit_option,
    limits,
    llm_option,
    opened,
    replay_option,
)
from trainerspec.cli.place import Llm
from trainerspec.cli.say import say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trainerspec.catalog.model import Task
    from trainerspec.ir.draft import Draft, Request
    from trainerspec.llm.limits import Limits

REFUSED = 3
"""Exit status of a request that is refused or names a task that is not supported."""
HELD = 4
"""Exit status of a draft that a person must judge before anything is built."""
WIDEST = 60
"""Characters of a quote that the table shows."""


@click.argument("request", default="", help="What is wanted, in plain words; `-` reads it from standard input.")
@click.option("--data", help="Where the data is: a path, an address, a query, or hub:org/name.")
@connection_option
@collect_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("."),
    show_default=True,
    help="Folder below which <name>/trainer.yaml is written.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; write nothing.")
@click.option("--batch", is_flag=True, help="Read JSON Lines {id, request} from standard input.")
@click.option("--interactive", is_flag=True, help="Ask the open questions here.")
@click.option("--force", is_flag=True, help="Write over a trainer.yaml that is there.")
@llm_option
@click.option("--no-llm", is_flag=True, help="Leave the model at OPENAI_BASE_URL out.")
@replay_option
@limit_option
def draft(
    request: str = "",
    data: str | None = None,
    connection: str = "",
    collect: bool = False,
    out: Path = Path("."),
    as_json: bool = False,
    batch: bool = False,
    interactive: bool = False,
    force: bool = False,
    llm: str | None = None,
    no_llm: bool = False,
    replay: Path | None = None,
    llm_limit: tuple[str, ...] = (),
) -> None:
    """Draft a spec: what the request says, what the data shows, and what is still to be asked.

    Every field carries its evidence as a comment. A language model at OPENAI_BASE_URL, where that is set, corrects the
    draft within the same rules; it sees the request, never a row of data; --no-llm does without. Its answers are kept
    in .trainerspec/agents/draft.jsonl. With --batch each line is answered by one, a line that is no request by `error`.

    Exit status: 0 drafted, 1 --batch met a broken line, 2 wrong usage, 3 refused or not supported, 4 held: drafted,
    and `check` fails until a person answers in trainer.yaml, with name and reason.

    \b
    Examples:
      trainerspec draft "Sort our mails into billing and other, 95% accurate" --data data/mails.csv
      trainerspec draft "Sort our mails into billing and other" --llm auto --llm-limit tokens=20000
      trainerspec draft "Predict which customers churn" --data "select * from customers" --connection CRM_URL --collect
      trainerspec draft "Sort our mails into billing and other" --replay .trainerspec/agents/draft.jsonl
    """
    from trainerspec.catalog.load import tasks
    from trainerspec.ir.draft import Request
    from trainerspec.prepared import keep
    from trainerspec.workspace.organisation import organisation

    keep()
    known = tasks(organisation(Path()) / "templates")
    if no_llm and (llm or replay):
        raise click.BadParameter("give one of --llm, --replay and --no-llm", param_hint="--no-llm")
    if llm is None and replay is None and not no_llm and os.environ.get("OPENAI_BASE_URL"):
        llm = "auto"
    drafting = drafter(known, Llm(name=llm, replay=replay), limits(llm_limit), None if batch else Path("."))
    if batch:
        if not answer_lines(drafting):
            raise Exit(1)
        return
    text = sys.stdin.read().strip() if request == "-" else request.strip()
    if not text:
        raise click.BadParameter("say what is wanted", param_hint="request")
    if why := unfit(text):
        raise click.BadParameter(why, param_hint="request")
    wish = Request(text=text, data=data, connection=connection)
    made = drafting(wish)
    if collect and made.spec is not None:
        from trainerspec.cli.draft_data import drafted

        made = drafted(wish, made, drafting, out)
    if interactive and made.spec is not None:
        made = _interview(made, known, as_json)
    if "fallback" in made.usage:
        say(f"warning: the rules drafted alone: {made.usage['fallback']}", file=sys.stderr)
    if as_json:
        say_json(plain(made), indent=None)
    elif made.spec is not None:
        _write(made, out, force)
    else:
        _refuse(made)
    if made.outcome != "draft":
        raise Exit(HELD if made.outcome == "held" else REFUSED)


def _interview(made: "Draft", known: "Mapping[str, Task]", as_json: bool) -> "Draft":
    """Ask the open questions in the terminal; what holds the draft first, with name and reason."""
    from trainerspec.drafting import answer, judge
    from trainerspec.ir.draft import Question

    def prompt(text: str) -> str:
        return str(click.prompt(text, default="", show_default=False, err=as_json)).strip()

    for question in made.held:
        because = prompt(f"{question.question}\nWhy it may be built as it stands (empty: it stays held)")
        made = judge(made, question, prompt("Your name") if because else "", because)
    asked: set[Question] = set()
    while left := [one for one in made.questions if one not in asked]:
        question = min(left, key=lambda one: one.path != "/data/source")  # what the data shows need not be asked
        asked.add(question)
        made = answer(made, question, prompt(question.question), known, Path("."))
    return made


def drafter(known: "Mapping[str, Task]", llm: Llm, caps: "Limits", folder: Path | None) -> "Callable[[Request], Draft]":
    """Choose who drafts: the rules, or a language model with the rules before and behind it.

    Paths of data are looked at below `folder`. Without a language model the rules draft, and the draft says so.
    """
    from dataclasses import replace

    from trainerspec.drafting import draft as by_rule
    from trainerspec.workspace.organisation import organisation

    policy = organisation(Path()) / "sops"

    def rules(request: "Request") -> "Draft":
        return by_rule(request, known, organisation=policy, folder=folder)

    if llm.name is None and llm.replay is None:
        return rules
    from trainerspec.drafting.assisting.assist import Drafter
    from trainerspec.llm.model import Unavailable
    from trainerspec.procedures.agent import MEMORIES
    from trainerspec.workspace.inside import own

    try:
        model = opened(llm, own(Path(), MEMORIES / "draft.jsonl"), caps)
    except (Unavailable, OSError) as error:
        reason = f"no language model: {error}"
        return lambda request: replace(rules(request), usage={"fallback": reason})
    return Drafter(tasks=known, model=model, organisation=policy, folder=folder).draft


def _refuse(made: "Draft") -> None:
    what = "refused" if made.outcome == "rejected" else "not supported"
    for reason in made.reasons:
        say(f"{what}: {reason.code} {reason.message}", file=sys.stderr)
        if reason.quote:
            say(f'  "{reason.quote}"', file=sys.stderr)


def _write(made: "Draft", out: Path, force: bool) -> None:
    """Write <name>/trainer.yaml and tell what is stated, inferred and asked."""
    from trainerspec.cli.draft_data import absent, relative
    from trainerspec.cli.show import rows
    from trainerspec.language.printer import print_spec
    from trainerspec.workspace.inside import own, replace_file
    from trainerspec.workspace.writer import writing

    assert made.spec is not None
    folder = out / str(made.spec["name"])
    path = folder / "trainer.yaml"
    spec = relative(made.spec, folder)
    text = print_spec(spec, {one.path: _comment(one.status, one.quote, one.why) for one in made.evidence})
    own(out, path.relative_to(out))
    with writing(folder):
        if path.exists() and not force:
            raise click.BadParameter(f"`{path.as_posix()}` is there already; give --force to write over it, or --out")
        replace_file(out, path.relative_to(out), text.encode())
    say(text)
    table: list[tuple[str, str, str]] = [
        (one.status, one.path, _short(f'"{one.quote}"' if one.quote and one.status == "stated" else one.why))
        for one in made.evidence
    ]
    table += [("asked", one.path, one.question) for one in made.questions]
    table += [("held", one.path, one.question) for one in made.held]
    rows(sorted(table, key=lambda row: ("stated", "inferred", "default", "asked", "held").index(row[0])), indent="")
    if made.author != "rules":
        say(f"\ndrafted by rule, corrected by {made.author}: {_used(made)}")
    if told := absent(spec, made.spec, folder):
        say(f"\n{told}")
    count = len(made.questions)
    asked = "the question" if count == 1 else f"the {count} questions"
    then = f"answer {asked} in it, then " if count else ""
    if made.held:
        then = f"a person who is sure adds `by` and `because` (name and reason) under `held` in it; {then}"
    say(f"\nwritten: {path.as_posix()} (next: {then}trainerspec check {folder.as_posix()})")


def _used(made: "Draft") -> str:
    """Say what the language model used, and which of its edits were thrown out."""
    used = f"{made.usage['prompt_tokens']} + {made.usage['completion_tokens']} tokens"
    thrown = made.usage.get("thrown_out")
    return "\n  thrown out: ".join([used, *map(str, thrown)]) if isinstance(thrown, list) else used


def _comment(status: str, quote: str, why: str) -> str:
    said = f'"{quote}"' if quote and status == "stated" else why
    return _short(f"{status}: {said}" if said else status)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDEST else line[: WIDEST - 3] + "..."
