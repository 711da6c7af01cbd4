"""trainerspec revise: what to change after results that miss an objective, or after a failure."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.models import limit_option, limits, llm_option, opened, replay_option
from trainerspec.cli.place import Llm, changing, workplace
from trainerspec.cli.say import say, say_json
from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.source import Source

if TYPE_CHECKING:
    from trainerspec.llm.model import Model
    from trainerspec.revising.evidence import Missed
    from trainerspec.revising.load_case import Patch
    from trainerspec.revising.revision import Case, Change


@path_argument
@click.option("--apply", is_flag=True, help="Write the patch into trainer.yaml.")
@click.option("--branch", default="", metavar="NAME", help="Commit the patch on this new branch; change nothing here.")
@llm_option
@replay_option
@limit_option
@format_option
def revise(
    path: Path, apply: bool, branch: str, llm: str | None, replay: Path | None, llm_limit: tuple[str, ...], form: Form
) -> None:
    """Propose a patch to trainer.yaml after a failure or a missed objective, with its reasons.

    Looks at the validation split, never at the test split. No objective changes, and what trainer.yaml states only
    where the SOP's step may, which is told. A language model may propose; the rules stand behind it. Exit status: 0 a
    patch, or nothing to mend; 1 no rule helps.

    \b
    Examples:
      trainerspec revise                          # shows the patch
      trainerspec revise news-desk --apply
      trainerspec revise --branch more-epochs     # a commit ready for a pull request
      trainerspec revise --llm auto               # ask the model at OPENAI_BASE_URL first
    """
    from trainerspec.revising.load_case import patch

    with changing(path) as (source, folder):
        with workplace(source, folder, remember=True) as place:
            found = patch(source, folder, place, asked(Llm(name=llm, replay=replay), folder, llm_limit))
        act(found, source, folder, form, apply=apply, branch=branch)


def act(found: "Patch", source: Source, folder: Path, form: Form, *, apply: bool, branch: str) -> None:
    """Tell a patch, and write or commit it where that was asked for."""
    from trainerspec.revising.revise import diff
    from trainerspec.workspace.inside import replace_file

    if found.revision.note:
        say(f"warning: the rules proposed alone: {found.revision.note}", file=sys.stderr)
    if not found.revision.changes:
        nothing(found, folder, form)
        return
    change = diff(source.text, found.text, Path(source.name).name)
    if form is Form.json:
        as_json(found, change)
    else:
        reasons(found)
        say(f"\n{change}", end="")
    if branch:
        made = on_branch(found, folder, Path(source.name).name, branch)
        tell(f"\nbranch `{branch}`: {made[:12]} (next: git push -u origin {branch})", form)
    if apply:
        replace_file(folder, Path(source.name).name, found.text.encode())
        tell(f"\nwritten: {source.name} (next: trainerspec build, trainerspec run)", form)
    elif not branch:
        tell("\nnothing was written; `--apply` writes it, `--branch NAME` commits it on a new branch", form)


def asked(llm: Llm, folder: Path, caps: tuple[str, ...]) -> "Model | None":
    """Open the language model that is to propose; None without one.

    One that cannot be opened is asked in vain, so that the rules propose, and why is told.
    """
    from trainerspec.llm.model import Unavailable
    from trainerspec.llm.replay import Scripted
    from trainerspec.procedures.agent import MEMORIES
    from trainerspec.workspace.inside import own

    allowed = limits(caps)
    if llm.name is None and llm.replay is None:
        return None
    try:
        return opened(llm, own(folder, MEMORIES / "revise.jsonl"), allowed)
    except (Unavailable, OSError) as error:
        return Scripted([Unavailable(str(error))], name=llm.name or "replay")


def tell(line: str, form: Form) -> None:
    """Print a line for people; to standard error beside JSON."""
    say(line, file=sys.stderr if form is Form.json else sys.stdout)


def nothing(found: "Patch", folder: Path, form: Form) -> None:
    """Say that there is nothing to mend. Raises Stopped with TS842 when there is, and no rule helps."""
    from trainerspec.revising.evidence import verdict

    failed = found.case.evidence.failure
    if failed is not None or found.revision.missed:
        raise Stopped(tuple(out_of_reach(found)))
    if verdict(folder) == "fail":
        message = "all objectives are met on the validation split; the gate failed on the test split alone"
        hint = "nothing is tuned on the test split: more data makes both splits tell the same"
        raise Stopped((Diagnostic(code="TS842", message=message, hint=hint),))
    if form is Form.json:
        say_json({"changes": [], "missed": []}, indent=None)
    else:
        say("all objectives are met on the validation split: nothing to revise")


def out_of_reach(found: "Patch") -> list[Diagnostic]:
    """Say which objective is out of reach, how far, and what a person could do."""
    hint = "; ".join([*found.revision.blocked, *found.revision.advice])
    failed = found.case.evidence.failure
    if failed is not None:
        message = f"no rule mends the failure of `{failed.stage}`: {failed.code} {failed.message}"
        return [Diagnostic(code="TS842", message=message, hint=hint)]
    told = [shortfall(one, found.case) for one in found.revision.missed]
    return [Diagnostic(code="TS842", message=f"out of reach: {line}", hint=hint) for line in told]


def shortfall(one: "Missed", case: "Case") -> str:
    """Say how far a measure is from its bound."""
    from trainerspec.running.summary import quantity

    unit = case.task.metric(one.objective).unit
    bound = one.objective.bound or 0.0
    apart = f"{100 * abs(one.value - bound):.1f} points" if unit == "ratio" else f"{100 * one.gap:.0f}% of the bound"
    return f"`{one.objective.text}`, measured {quantity(one.value, unit)}, {apart} off"


def shown(found: "Patch") -> list[str]:
    """Write the changes, those of one step together with its reason, and whether they override a person."""
    from trainerspec.backends.project import show

    lines: dict[tuple[str, str], list[str]] = {}
    for one in found.revision.changes:
        lines.setdefault((one.because, one.sop), []).append(f"{one.slot} {show(one.old)} -> {_new(one, found)}")
    stated = [f"`{one.slot}: {show(one.old)}`" for one in found.revision.changes if one.overrides]
    told = [f"{because}{f' [{sop}]' if sop else ''}: {', '.join(some)}" for (because, sop), some in lines.items()]
    return [
        *told,
        *([f"this changes what trainer.yaml states, as the step may: {', '.join(stated)}"] if stated else []),
    ]


def _new(change: "Change", found: "Patch") -> str:
    """Write a new value; one that is left to the SOPs with what they make of it."""
    from trainerspec.backends.project import show

    if change.new != "auto" or found.compiled is None:
        return show(change.new)
    return f"auto ({show(found.compiled.pinned.values[change.slot])})"


def reasons(found: "Patch") -> None:
    """Print what is mended, and the changes, each with its reason and its SOP step."""
    failed = found.case.evidence.failure
    if failed is not None:
        say(f"failed: {failed.stage}: {failed.code} {failed.message}")
    for one in found.revision.missed:
        say(f"missed: {shortfall(one, found.case)}")
    for line in shown(found):
        say(f"  {line}")


def message(found: "Patch", name: str) -> str:
    """Write the commit message: what changes, why, and what it mends."""
    changed = ", ".join(f"{one.slot.rpartition('.')[2]} {one.new}" for one in found.revision.changes[:3])
    failed = found.case.evidence.failure
    missed = [f"Missed {shortfall(one, found.case)}." for one in found.revision.missed]
    missed += [f"`{failed.stage}` failed: {failed.code} {failed.message}."] if failed is not None else []
    lines = [f"- {line}" for line in shown(found)]
    return "\n".join([f"revise({name}): {changed}", "", *missed, "", *lines, ""])


def on_branch(found: "Patch", folder: Path, file: str, name: str) -> str:
    """Commit trainer.yaml and what it builds to on a new branch; gives the commit. Raises Stopped with TS843."""
    from trainerspec.diagnostics.model import Log
    from trainerspec.revising import git
    from trainerspec.workspace.write import emitted

    assert found.compiled is not None
    files = {file: found.text.encode(), **found.compiled.project.files}
    before = Log().take(emitted(folder))
    gone = sorted(before.keys() - files.keys())
    return git.branch(folder, name, files, gone, message(found, found.case.spec.name))


def as_json(found: "Patch", change: str) -> None:
    """Print the revision as one JSON object."""
    parts = {
        "changes": [vars(one) for one in found.revision.changes],
        "missed": [
            {"objective": one.objective.text, "metric": one.objective.metric, "value": one.value, "gap": one.gap}
            for one in found.revision.missed
        ],
        "diff": change,
        "author": found.revision.author,
        **({"note": found.revision.note} if found.revision.note else {}),
    }
    say_json(parts)
