"""What a search found, for people: work/tune/report.html with the trials, their history and which settings mattered."""

import base64
import html
import io
from pathlib import Path

import optuna
from matplotlib.figure import Figure
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState

from trainerspec.running.tuning.study import REASON, Plan, rounded, shown
from trainerspec.running.tuning.trial import FOLDER

FILE = FOLDER / "report.html"
FEWEST = 6
"""Trials with a score from which importances are told."""
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#172033}"
    "table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #d9deea;text-align:right}"
)


def write(folder: Path, study: optuna.Study, plan: Plan) -> Path:
    """Write the report and return its place."""
    names = [one.slot for one in plan.space]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("trial", plan.metric, *names, "what came of it"))
    rows = list[str]()
    for trial in study.trials:
        if trial.state == TrialState.FAIL and REASON not in trial.user_attrs:
            continue
        values = rounded(trial.params)
        score = f"{trial.value:.4f}" if trial.state == TrialState.COMPLETE and trial.value is not None else ""
        ends = {TrialState.PRUNED: "ended early", TrialState.FAIL: str(trial.user_attrs.get(REASON, ""))[-200:]}
        cells = [str(len(rows) + 1), score, *(shown(values.get(name, "")) for name in names), ends.get(trial.state, "")]
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    pictures = history(study, plan) + importances(study, plan)
    body = f"<h1>Search: {html.escape(plan.metric)} on the validation split</h1>{pictures}"
    body += f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    page = f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Search</title><style>{STYLE}</style>{body}"
    (folder / FILE).write_text(page + "</html>\n", encoding="utf-8")
    return folder / FILE


def history(study: optuna.Study, plan: Plan) -> str:
    """Draw each trial's score, and the best so far."""
    done = [one for one in study.trials if one.state == TrialState.COMPLETE and one.value is not None]
    if not done:
        return ""
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    scores = [float(one.value or 0.0) for one in done]
    better = max if plan.better == "higher" else min
    axes.plot(range(1, len(scores) + 1), scores, "o", color="#2f5bea", markersize=4)
    best = [better(scores[: place + 1]) for place in range(len(scores))]
    axes.step(range(1, len(best) + 1), best, where="post", color="#172033", linewidth=1)
    axes.set(xlabel="trial", ylabel=plan.metric, title="Scores, and the best so far")
    return picture(figure)


def importances(study: optuna.Study, plan: Plan) -> str:
    """Draw which settings explain the scores' differences (fANOVA, Hutter and others 2014)."""
    done = [one for one in study.trials if one.state == TrialState.COMPLETE]
    if len(done) < FEWEST or len({one.value for one in done}) < 2 or len(plan.space) < 2:
        return ""
    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=plan.seed))
    figure = Figure(figsize=(7, 1 + 0.3 * len(found)), layout="constrained")
    axes = figure.subplots()
    names = list(found)[::-1]
    axes.barh(names, [found[name] for name in names], color="#2f5bea")
    axes.set(xlabel="share of the differences", title="Which settings mattered")
    return picture(figure)


def picture(figure: Figure) -> str:
    """Return a figure as an image of a page."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return f"<p><img alt='' src='data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}'></p>"
