"""What `trainerspec tune` does once the project is held: data, trials, report, and the winner as a patch."""

import json
import subprocess
from pathlib import Path
from typing import cast

from optuna.study import Study
from optuna.trial import TrialState

from trainerspec.backends.project import show
from trainerspec.cli.show import rows
from trainerspec.compiler import Workplace, compile
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.language import yaml
from trainerspec.language.editing import edit
from trainerspec.revising.revise import diff
from trainerspec.running import run as stages
from trainerspec.running.process_group import Interrupted, stoppable
from trainerspec.running.repository import environment
from trainerspec.running.tuning import report, study
from trainerspec.running.tuning.space import Dimension, dimensions
from trainerspec.workspace.inside import own, replace_file
from trainerspec.workspace.lock import NAME, read_lock

SPLITS = ("train", "validation")


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def searched(
    source: Source,
    folder: Path,
    place: Workplace,
    narrowed: tuple[str, ...],
    limits: tuple[int, float | None, int],
    *,
    apply: bool,
) -> None:
    """Search, and show the winner. Raises Stopped: TS803 not built, TS847 nothing to search, TS848 no score."""
    if not (folder / NAME).is_file():
        message = f"`{folder.name}` was not built yet"
        raise Stopped((Diagnostic(code="TS803", message=message, hint="run `trainerspec build` first"),))
    locked = Log(source).take(read_lock(own(folder, NAME).read_bytes()))
    task = place.tasks[locked.task]
    stated = [slot for slot, one in locked.decisions.items() if one.author == "spec"]
    values = {slot: value for slot, value in locked.values.items() if slot != "model.base"}
    space = dimensions(task.slots, values, stated, narrowed)
    say("searched:")
    for one in space:
        say(f"  {one}")
    try:
        with stoppable():
            stages.run(folder, lambda _: None, say, no_scm=False, until="prepare", force=False, again="")
            plan = planned(folder, space, limits)
            found = study.search(folder, plan, study.runner(folder, stages.stages(folder).threads), say)
    except Interrupted as interrupted:
        say("interrupted; the same command goes on from here")
        raise SystemExit(128 + interrupted.signal) from None
    told(source, folder, place, plan, found, apply=apply)


def planned(folder: Path, space: tuple[Dimension, ...], limits: tuple[int, float | None, int]) -> study.Plan:
    """Return what is searched; the study's name follows from settings, data, space and seed."""
    content = (folder / "params.yaml").read_bytes()
    document = cast(dict[str, dict[str, str]], yaml.load(content))
    trials, limit, seed = limits
    return study.Plan(
        name=study.name(content, [folder / f"build/data/{split}.parquet" for split in SPLITS], space, seed),
        space=space,
        better=document["monitor"]["better"],
        metric=document["monitor"]["metric"],
        trials=trials,
        seconds=limit,
        seed=seed,
    )


def told(source: Source, folder: Path, place: Workplace, plan: study.Plan, found: Study, *, apply: bool) -> None:
    """Write the report, record the trials in MLflow, and show the winner as a patch; `apply` writes it."""
    best = study.winner(found)
    if best is None:
        hint = "`trainerspec run` says what is wrong; work/tune/report.html has each trial's last words"
        raise Stopped((Diagnostic(code="TS848", message="no trial came to a score", hint=hint),))
    page = report.write(folder, found, plan)
    record(folder, found, plan)
    first = study.finished(found)[0]
    was = f"{first.value:.4f}" if first.value is not None else "no score"
    say(f"\nbest validation {plan.metric}: {found.best_value:.4f}; as it is built: {was}")
    say(f"report: {page.relative_to(folder).as_posix()}")
    changed = {one.slot: (one.current, best[one.slot]) for one in plan.space if best[one.slot] != one.current}
    if not changed:
        say("nothing was better than what is built")
        return
    pointers: dict[str, Json] = {"/" + slot.replace(".", "/"): now for slot, (_, now) in changed.items()}
    text = edit(source.text, pointers)
    compiled = compile(Source(name=source.name, text=text), place)
    rows([(slot, f"{show(was)} -> {show(now)}") for slot, (was, now) in changed.items()], indent="")
    file = Path(source.name)
    say(f"\n{diff(source.text, text, file.name)}")
    if not apply:
        say("nothing was written; `--apply` writes it (the trials are remembered)")
        return
    replace_file(folder, file.name, text.encode())
    replace_file(folder, "params.yaml", compiled.project.files["params.yaml"])
    say(f"written: {file.as_posix()} (next: trainerspec build)")


def record(folder: Path, found: Study, plan: study.Plan) -> None:
    """Record the trials as runs of MLflow below one of the search; the project's own module does it."""
    trials = [
        {
            "number": number,
            "values": study.rounded(one.params),
            "score": one.value if one.state == TrialState.COMPLETE else None,
            "state": one.state.name,
        }
        for number, one in enumerate(study.finished(found))
    ]
    said = json.dumps({"study": plan.name, "metric": plan.metric, "trials": trials})
    command = ["python", "-m", "pipeline.record_trials"]
    subprocess.run(command, cwd=folder, env=environment(1), input=said, text=True, check=False)
