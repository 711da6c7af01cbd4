"""What `trainerspec tune` does once the project is held: data, trials, report, and the winner as a patch."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from optuna.study import Study
from optuna.trial import TrialState

from trainerspec.backends.project import show
from trainerspec.catalog.model import Task
from trainerspec.cli.show import rows
from trainerspec.compiler import Workplace, compile, read_spec
from trainerspec.diagnostics.model import Diagnostic, Log, Stopped
from trainerspec.diagnostics.render import harmless
from trainerspec.ir.json import Json
from trainerspec.ir.source import Source
from trainerspec.ir.spec import Search, SlotPath
from trainerspec.language import yaml
from trainerspec.revising.revise import diff
from trainerspec.running import run as stages
from trainerspec.running.process_group import Interrupted, stoppable
from trainerspec.running.repository import environment
from trainerspec.running.tuning import choosing, leads, places, report, study
from trainerspec.running.tuning.families import Family, edited, families
from trainerspec.running.tuning.space import narrowed
from trainerspec.running.tuning.trial import Trials
from trainerspec.workspace.inside import own, replace_file
from trainerspec.workspace.lock import NAME, read_lock, spec_digest


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says; it wins over trainer.yaml."""

    trials: int | None = None
    seconds: float | None = None
    sampler: str | None = None
    pruner: str | None = None
    space: tuple[str, ...] = ()
    seed: int = 7

    def over(self, search: Search, task: Task) -> Search:
        """Return what is searched in the end. Raises Stopped with TS847 for a text of `space` that cannot be read."""
        said = {"trials": self.trials, "seconds": self.seconds, "sampler": self.sampler, "pruner": self.pruner}
        given = {key: value for key, value in said.items() if value is not None}
        return replace(search, **given, space={**search.space, **narrowed(self.space, task)})  # type: ignore[arg-type]


def say(line: str) -> None:
    """Print a line at once."""
    print(harmless(line), flush=True)


def searched(source: Source, folder: Path, place: Workplace, asked: Asked, *, apply: bool) -> None:
    """Search, and show the winner.

    Raises Stopped: TS803 not built, TS841 trainer.yaml changed since, TS847 nothing to search, TS848 no score.
    """
    try:
        with stoppable():
            plan, made = tried(source, folder, place, asked)
    except Interrupted as interrupted:
        say("interrupted; the same command goes on from here")
        raise SystemExit(128 + interrupted.signal) from None
    told(source, folder, place, plan, made, apply=apply)


def improved(source: Source, folder: Path, place: Workplace, asked: Asked) -> tuple[str, str]:
    """Search, and return trainer.yaml with the winner and what it scored; empty texts where nothing is better.

    Raises Stopped as `searched` does, but where there is nothing to search.
    """
    try:
        plan, found = tried(source, folder, place, asked)
    except Stopped as stopped:
        if {one.code for one in stopped.diagnostics} == {"TS847"}:
            return "", ""
        raise
    changed, best = choosing.winner(found, plan), choosing.chosen(found, plan)
    if not changed or best is None:
        return "", ""
    report.write(folder, found, plan)
    record(folder, found, plan)
    was = found.trials[0].value
    before = "no score" if was is None else f"{was:.4f}"
    why = f"a search of {len(found.trials)} trials found {plan.metric} {leads.score(best):.4f} instead of {before}"
    return edited(source.text, changed), f"{why}: {', '.join(f'{slot} {show(one)}' for slot, one in changed.items())}"


def tried(source: Source, folder: Path, place: Workplace, asked: Asked) -> tuple[study.Plan, Study]:
    """Prepare the data, and run the trials that are not done yet."""
    task, search, values, stated = built(source, folder, place, asked)
    stages.run(folder, lambda _: None, say, no_scm=False, until="prepare", force=False, again="")
    found = families(source, folder, place, (task, values, stated), search.space, say)
    say("searched:")
    for one in found:
        say(f"  {one}".replace("\n", "\n  "))
    folds = rows_of(task, folder, place, source, found)
    plan = planned(folder, found, search, asked.seed, folds)
    say(plan.scored)
    with Trials(folder, stages.stages(folder).threads, folds) as trials:
        return plan, study.search(folder, plan, trials.run, say)


def built(
    source: Source, folder: Path, place: Workplace, asked: Asked
) -> tuple[Task, Search, Mapping[SlotPath, Json], list[SlotPath]]:
    """Return the task, what is searched, and the slots that the last build decided, with those that a person states."""
    if not (folder / NAME).is_file():
        message = f"`{folder.name}` was not built yet"
        raise Stopped((Diagnostic(code="TS803", message=message, hint="run `trainerspec build` first"),))
    log = Log(source)
    locked, spec = log.take(read_lock(own(folder, NAME).read_bytes())), read_spec(source, place.tasks, log)
    if locked.spec != spec_digest(spec):
        message = f"`{Path(source.name).name}` was changed after the last build: it is not clear what is searched"
        raise Stopped((Diagnostic(code="TS841", message=message, hint="run `trainerspec build` first"),))
    task = place.tasks[locked.task]
    stated = [slot for slot, one in locked.decisions.items() if one.author == "spec"]
    return task, asked.over(spec.search, task), locked.values, stated


def rows_of(
    task: Task, folder: Path, place: Workplace, source: Source, found: tuple[Family, ...]
) -> dict[str, list[Path]]:
    """Prepare what other ways to build read, and return their folds, where rows are few and split at random."""
    spec = read_spec(source, place.tasks, Log(source))
    label = next(iter(task.outputs), "") if task.labels == "required" else ""
    made = dict[Path, list[Path]]()
    for family in found:
        if family.folder in made:
            continue
        if family.folder != folder:
            places.prepare(folder, family.folder, stages.stages(folder).threads)
        foldable = spec.split.by in ("random", "stratified")
        made[family.folder] = places.folds(family.folder, label, spec.split.seed) if foldable else []
    return {family.name: made[family.folder] for family in found}


def planned(
    folder: Path, found: tuple[Family, ...], search: Search, seed: int, folds: Mapping[str, list[Path]]
) -> study.Plan:
    """Return what is searched; the study's name follows from settings, data, space and seed."""
    document = cast(dict[str, dict[str, str]], yaml.load(found[0].params))
    count = len(folds[found[0].name])
    splits = [folder / places.DATA / f"{split}.parquet" for split in places.SPLITS]
    how = f"the mean of {count}-fold cross-validation, for rows are few" if count else "on the validation split"
    return study.Plan(
        name=study.name(splits, found, (seed, search.sampler, search.pruner, count)),
        families=found,
        better=document["monitor"]["better"],
        metric=document["monitor"]["metric"],
        trials=search.trials,
        seconds=search.seconds,
        seed=seed,
        sampler=search.sampler,
        pruner=search.pruner,
        folds=count,
        scored=f"scored by {how}" if count else f"scored {how}",
    )


def told(source: Source, folder: Path, place: Workplace, plan: study.Plan, found: Study, *, apply: bool) -> None:
    """Write the report, record the trials in MLflow, and show the winner as a patch; `apply` writes it."""
    changed, best = choosing.winner(found, plan), choosing.chosen(found, plan)
    if changed is None or best is None:
        hint = "`trainerspec run` says what is wrong; work/tune/report.html has each trial's last words"
        raise Stopped((Diagnostic(code="TS848", message="no trial came to a score", hint=hint),))
    page = report.write(folder, found, plan)
    record(folder, found, plan)
    was = found.trials[0].value
    before = "no score" if was is None else f"{was:.4f}"
    say(f"\n{plan.metric} of what is taken: {leads.score(best):.4f}; as it is built: {before}")
    say(f"report: {page.relative_to(folder).as_posix()}")
    if not changed:
        say("nothing was better than what is built by more than chance")
        return
    text = edited(source.text, changed)
    compile(Source(name=source.name, text=text), place)  # what is proposed can be built
    family = study.taken(best, plan)
    decided: dict[str, Json] = {one.slot: one.current for one in family.space}
    shown = {
        slot: f"{show(decided[slot])} -> {show(now)}" if slot in decided else show(now) for slot, now in changed.items()
    }
    rows(list(shown.items()), indent="")
    file = Path(source.name)
    say(f"\n{diff(source.text, text, file.name)}")
    if not apply:
        say("nothing was written; `--apply` writes it (the trials are remembered)")
        return
    replace_file(folder, file.name, text.encode())
    say(f"written: {file.as_posix()} (next: trainerspec build)")


def record(folder: Path, found: Study, plan: study.Plan) -> None:
    """Record the trials as runs of MLflow below one of the search; the project's own module does it."""
    trials = []
    for one in found.trials:
        family = study.taken(one, plan)
        values = {**family.values, **study.values_of(one.params, family, plan)}
        score = one.value if one.state == TrialState.COMPLETE else None
        trials.append({"number": one.number, "values": values, "score": score, "state": one.state.name})
    said = json.dumps({"study": plan.name, "metric": plan.metric, "trials": trials})
    command = ["python", "-m", "pipeline.record_trials"]
    subprocess.run(command, cwd=folder, env=environment(1), input=said, text=True, check=False)
