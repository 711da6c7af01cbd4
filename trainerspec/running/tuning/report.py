"""What a search found, for people: work/tune/report.html with the trials, their history and which settings mattered."""

import base64
import html
import io
from pathlib import Path

import optuna
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

from trainerspec.running.tuning.choosing import chosen
from trainerspec.running.tuning.families import Family
from trainerspec.running.tuning.leads import done, score
from trainerspec.running.tuning.places import FOLDER
from trainerspec.running.tuning.study import REASON, Plan, shown, taken, values_of

FILE = FOLDER / "report.html"
FEWEST = 6
"""Trials with a score from which importances are told."""
COLOURS = ("#2f5bea", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#172033}"
    "img{max-width:100%}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}"
    "td,th{padding:.2rem .7rem;border-bottom:1px solid #d9deea;text-align:left}"
    ".best{background:#eef3ff;font-weight:600}caption{text-align:left;padding:.5rem 0;color:#4a5568}"
)


def write(folder: Path, study: optuna.Study, plan: Plan) -> Path:
    """Write the report and return its place."""
    title = f"Search for settings: {plan.metric}"
    body = f"<h1>{html.escape(title)}</h1><p>{html.escape(summary(study, plan))}</p>"
    body += history(study, plan) + importances(study, plan)
    body += "".join(table(study, plan, family) for family in plan.families)
    page = f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Search</title><style>{STYLE}</style>{body}"
    (folder / FILE).write_text(page + "</html>\n", encoding="utf-8")
    return folder / FILE


def summary(study: optuna.Study, plan: Plan) -> str:
    """Say how many trials there were, how they were scored, and what came of them."""
    states = [one.state for one in study.trials]
    words = ((TrialState.PRUNED, "ended early"), (TrialState.FAIL, "failed"))
    ended = ", ".join(f"{states.count(state)} {word}" for state, word in words if state in states)
    told = f"{len(states)} trials{f' ({ended})' if ended else ''}, {plan.scored}. "
    first = study.trials[0].value
    was = f"{first:.4f}" if first is not None else "no score"
    trial = chosen(study, plan)
    if trial is None:
        return told + "None came to a score."
    best = f"trial {study.best_trial.number + 1} ({taken(study.best_trial, plan).name}): {study.best_value:.4f}"
    if trial.number == study.best_trial.number:
        return f"{told}As it is built: {was}; the best, {best}."
    end = "what is built" if not trial.number else f"trial {trial.number + 1}, {score(trial):.4f}"
    return f"{told}As it is built: {was}. The best, {best}, leads by no more than chance; taken: {end}."


def table(study: optuna.Study, plan: Plan, family: Family) -> str:
    """Write the trials of one way to build, with its settings."""
    trials = [one for one in study.trials if taken(one, plan) == family]
    slots = [one.slot for one in family.space]
    head = ["trial", plan.metric, *(slot.removeprefix("model.train.") for slot in slots), "what came of it"]
    rows, best = list[str](), chosen(study, plan)
    for trial in trials:
        values = values_of(trial.params, family, plan)
        whole = trial.state == TrialState.COMPLETE and trial.value is not None
        score = f"{trial.value:.4f}" if whole else ""
        ends = {TrialState.PRUNED: "ended early", TrialState.FAIL: str(trial.user_attrs.get(REASON, ""))[-200:]}
        cells = [str(trial.number + 1), score, *(shown(values[slot]) for slot in slots), ends.get(trial.state, "")]
        mark = " class='best'" if best is not None and trial.number == best.number else ""
        rows.append(f"<tr{mark}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    columns = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    caption = f"<caption>{html.escape(family.name)}</caption>"
    inside = f"{caption}<thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f"<div class='wide'><table>{inside}</table></div>"


def history(study: optuna.Study, plan: Plan) -> str:
    """Draw each trial's score, by the way to build, and the best so far."""
    scored = done(study)
    if not scored:
        return ""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    for family, colour in zip(plan.families, COLOURS * len(plan.families), strict=False):
        own = [one for one in scored if taken(one, plan) == family]
        axes.plot([one.number + 1 for one in own], [one.value or 0.0 for one in own], "o", color=colour, markersize=4)
        axes.lines[-1].set_label(family.name)
    better = max if plan.better == "higher" else min
    best = [better(float(one.value or 0.0) for one in scored[: place + 1]) for place in range(len(scored))]
    numbers = [one.number + 1 for one in scored]
    axes.step(numbers, best, where="post", color="#172033", linewidth=1, label="best so far")
    axes.legend(fontsize="small")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="trial", ylabel=plan.metric, title="Scores, and the best so far")
    return picture(figure, "Score of each trial, and the best so far")


def importances(study: optuna.Study, plan: Plan) -> str:
    """Draw which settings of the best way to build explain the scores' differences (fANOVA, Hutter and others 2014)."""
    scored, best = done(study), chosen(study, plan)
    if best is None:
        return ""
    family = taken(best, plan)
    own = [one for one in scored if taken(one, plan) == family]
    if len(own) < FEWEST or len({one.value for one in own}) < 2 or len(family.space) < 2:
        return ""
    alone = optuna.create_study(direction=study.direction)
    alone.add_trials(own)
    keys = {plan.key(family, one): one.slot for one in family.space}
    told = get_param_importances(alone, evaluator=FanovaImportanceEvaluator(seed=plan.seed), params=list(keys))
    figure = Figure(figsize=(8, 1 + 0.3 * len(told)), layout="constrained")
    axes = figure.subplots()
    names = list(told)[::-1]
    axes.barh([keys[name] for name in names], [told[name] for name in names], color=COLOURS[0])
    axes.set(xlabel="share of the differences", title=f"Which settings mattered: {family.name}, {len(own)} trials")
    return picture(figure, "Importance of each setting")


def picture(figure: Figure, says: str) -> str:
    """Return a figure as an image of a page."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    data = base64.b64encode(out.getvalue()).decode()
    return f"<p><img alt='{html.escape(says)}' src='data:image/svg+xml;base64,{data}'></p>"
