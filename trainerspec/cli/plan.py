"""trainerspec plan: what build would decide and which stages there would be."""

from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.cli.build import FormatOption, LlmOption, PathArgument, ReplayOption, full_build
from trainerspec.cli.check import Form
from trainerspec.cli.place import Llm, locate

if TYPE_CHECKING:
    from trainerspec.compiler import Compiled


def plan(
    path: PathArgument = Path(), llm: LlmOption = None, replay: ReplayOption = None, form: FormatOption = Form.text
) -> None:
    """Show every decision with its reason, what else was considered, and the stages. Writes nothing.

    \b
    Examples:
      trainerspec plan
      trainerspec plan news-desk --format json
    """
    from trainerspec.cli.show import show

    compiled = full_build(*locate(path), {}, Llm(name=llm, replay=replay))
    show(compiled.diagnostics, (compiled.spec.document.source,), form)
    if form is Form.json:
        as_json(compiled)
    else:
        as_text(compiled)


def as_text(compiled: "Compiled") -> None:
    """Print the decisions, the candidates and the stages as a person reads them."""
    from trainerspec.backends.project import AUTHORS, as_read
    from trainerspec.backends.project import show as shown
    from trainerspec.cli.show import rows

    print(f"{compiled.spec.name}: {compiled.task.title}")
    for objective in compiled.spec.objectives:
        print(f"  objective  {objective.text}")
    print("\ndecisions")
    for one in as_read(compiled.pinned, compiled.task):
        by = AUTHORS.get(one.author, one.author) + (f", {one.sop}" if one.sop else "")
        print(f"  {one.slot} = {shown(one.value)}  ({by}: {one.because})")
        for candidate in one.candidates:
            if candidate.value != one.value:
                print(f"      {'kept' if candidate.kept else 'dropped'} {shown(candidate.value)}: {candidate.because}")
    print("\nstages")
    rows([(stage.name, stage.title, stage.cmd) for stage in compiled.plan.stages])
    own = [
        choice
        for choice in compiled.plan.copies
        if choice.origin.startswith(("custom/", f"{compiled.task.name}/variants/"))
    ]
    if own:
        print("\nfiles that a decision or custom/ picks")
        rows([(choice.target, choice.origin, choice.because) for choice in own])


def as_json(compiled: "Compiled") -> None:
    """Print the decisions and the stages as one JSON object."""
    import json

    decided = [
        {
            "slot": one.slot,
            "value": one.value,
            "author": one.author,
            "sop": one.sop,
            "because": one.because,
            "facts": dict(one.facts),
            "candidates": [vars(candidate) for candidate in one.candidates],
        }
        for one in compiled.pinned.decided.decisions.values()
    ]
    stages = [vars(stage) for stage in compiled.plan.stages]
    print(
        json.dumps({"name": compiled.spec.name, "decisions": decided, "stages": stages}, ensure_ascii=False, indent=2)
    )
