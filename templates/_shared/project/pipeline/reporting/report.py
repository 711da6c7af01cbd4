"""Write build/report.html: objectives, numbers, pictures, errors and data in one file that needs no network."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from pipeline.base import labels_told
from pipeline.base.files import read_json, write_bytes
from pipeline.base.params import Params, Value
from pipeline.base.verdict import notes, titled
from pipeline.reporting import curves
from pipeline.reporting.evaluation_sections import errors, groups, listed, parts, pictures, thresholds
from pipeline.reporting.page import PARTS, badge, grid, large, pairs, reduction, section, shown, whole

BUILD = Path("build")
MOST_PLACES = 200


LIFT = (
    "How often the class is there among the rows with its highest scores; a lift of 2 is twice as often as on average."
)
DECILES = "Tenths of the rows, the smallest predictions first: bias is the mean of true less predicted values."
LINK = "<p><a href='data.html'>What the data looks like</a>: distributions, examples, what is missing or odd.</p>"
Rows: TypeAlias = Sequence[Mapping[str, Value]]


def write(settings: Params, values: Mapping[str, float], verdicts: Rows, overall: str, tried: Rows) -> None:
    """Write the report from what the stages left in build/."""
    name, version = settings.text("name"), settings.text("version")
    units = {metric: about for metric, about in settings.mapping("metrics").items() if isinstance(about, Mapping)}
    body = [
        f"<h1>{html.escape(name)} <span class='dim'>{html.escape(version)}</span></h1>",
        f"<p class='dim'>{html.escape(settings.text('task'))}, measured on the test split. ",
        f"{positive(settings)}Verdict: {badge(overall)}</p>",
        section("Objectives", objectives(verdicts)),
        section("Number formats", formats(tried, settings.text("monitor.metric"))),
        section("Measured", measured(values, units) + as_good(values, settings)),
        section("Pictures", pictures(BUILD / "plots/test")),
        section("Thresholds", thresholds(settings, BUILD / "evaluation/test/thresholds.csv")),
        section("Classes", listed(BUILD / "evaluation/test/classes.csv")),
        section("By size of the prediction", listed(BUILD / "evaluation/test/deciles.csv", DECILES)),
        section("Lift", listed(BUILD / "evaluation/test/lift.csv", LIFT)),
        section("Parts of the data", parts(settings, BUILD / "evaluation/test/slices.csv")),
        section("Groups, for auditing only", groups(BUILD / "evaluation/test/groups.csv")),
        section("Worst errors", errors(BUILD / "evaluation/test/errors.csv")),
        section("Data", LINK + data(read_json(BUILD / "data/report.json"))),
        section("Checks of the data", checked(BUILD / "checks.json")),
        section("Labels", pairs(labels_told.told(read_json(BUILD / "data/report.json")))),
        section("Training", training(settings) + pictures(BUILD / "plots/train")),
        section("Machine", machine(read_json(BUILD / "machine.json"), values)),
    ]
    write_bytes(BUILD / "report.html", whole(f"{name}: report", body))


def checked(path: Path) -> str:
    """List what the checks of the data found, with what the author accepts and why; nothing before they ran."""
    found = read_json(path)["findings"] if path.is_file() else []
    assert isinstance(found, list)
    rows = []
    for one in found:
        accepted = f"accepted: {one['acknowledged']}" if one["acknowledged"] else str(one["fix"])
        mark = badge({"error": "fail", "warning": "pending"}.get(one["severity"], "note"), str(one["severity"]))
        rows.append([mark, html.escape(str(one["code"])), html.escape(str(one["message"])), html.escape(accepted)])
    return grid(("", "Check", "Found", "What to do"), rows)


def positive(settings: Params) -> str:
    """Name the positive class, where there is one."""
    label = settings.value("positive")
    return f"Positive class: <b>{html.escape(str(label))}</b>. " if label else ""


def objectives(verdicts: Sequence[Mapping[str, Value]]) -> str:
    """List the objectives with their verdicts."""
    rows = []
    for row in verdicts:
        interval = ""
        if isinstance(row["low"], float):
            interval = f"{shown(row['low'], row['unit'])} to {shown(row['high'], row['unit'])}"
        doubt = " " + badge("uncertain") if row["uncertain"] else ""
        verdict = badge(str(row["verdict"])) + doubt
        told = "; ".join(html.escape(note) for note in notes(row))
        trivial = shown(row.get("trivial"), row["unit"])
        rows.append([html.escape(titled(row)), shown(row["value"], row["unit"]), interval, trivial, verdict, told])
    return grid(("Objective", "Measured", "95% interval", "Without looking", "Verdict", ""), rows, (1, 2, 3))


def formats(tried: Rows, metric: str) -> str:
    """List the number formats of the graph: which one ships, and what came of the others."""
    rows = []
    for row in tried:
        moved, drop = (f"{row[name]:.2g}" if name in row else "" for name in ("golden.difference", "drop"))
        numbers = [shown(row.get("size"), "bytes"), moved, drop, shown(row.get("latency.p95"), "seconds")]
        mark = badge("pass", "ships") if row["ships"] else html.escape(str(row["verdict"]))
        rows.append([html.escape(str(row["precision"])), *numbers, mark, html.escape(str(row["because"]))])
    head = ("Format", "Size", "Golden answers moved", f"Lost {metric}", "p95", "", "Because")
    return grid(head, rows, (1, 2, 3, 4))


def measured(values: Mapping[str, float], units: Mapping[str, Mapping[str, Value]]) -> str:
    """List all metrics of the task, with intervals and baselines where there are any."""
    names = sorted({key.split(".")[1] for key in values if key.startswith("baseline.")})
    rows = []
    for metric, about in units.items():
        if metric in values:
            unit = about.get("unit")
            interval = ""
            if f"{metric}.low" in values:
                interval = f"{shown(values[f'{metric}.low'], unit)} to {shown(values[f'{metric}.high'], unit)}"
            others = [values.get(f"baseline.{name}.{metric}") for name in names]
            beside = [shown(other, unit) if other is not None else "" for other in others]
            title = f"{html.escape(str(about.get('title', metric)))} <span class='dim'>{html.escape(metric)}</span>"
            rows.append([title, shown(values[metric], unit), interval, *beside])
    head = ("Metric", "This model", "95% interval", *(f"Baseline {name}" for name in names))
    return grid(head, rows, range(1, len(head)))


def as_good(values: Mapping[str, float], settings: Params) -> str:
    """Say which simple models are as good as the one that was trained, or better, by the monitored metric."""
    metric, higher = settings.text("monitor.metric"), settings.text("monitor.better") == "higher"
    low, high = values.get(f"{metric}.low"), values.get(f"{metric}.high")
    if low is None or high is None:
        return ""
    scores = {key.split(".")[1]: value for key, value in values.items() if key.startswith("baseline.")}
    scores = {name: values[key] for name in scores if (key := f"baseline.{name}.{metric}") in values}
    about = settings.mapping("metrics").get(metric)
    unit = about.get("unit") if isinstance(about, Mapping) else None
    told = []
    for name, value in scores.items():
        if not (value >= low if higher else value <= high):
            continue
        better = value > high if higher else value < low
        word, beside = ("better", "beyond") if better else ("as good", "within")
        bounds = f"{shown(low, unit)} to {shown(high, unit)}"
        told.append(
            f"<p>{badge('pending', 'simple')} The simple model <b>{html.escape(name)}</b> is {word}: "
            f"{html.escape(metric)} {shown(value, unit)}, {beside} this model's "
            f"interval of {bounds}. A base as simple costs a fraction.</p>"
        )
    return "".join(told)


def data(about: Mapping[str, object]) -> str:
    """Say what was read, dropped and split, and what moved since the project was built."""
    dropped = about["dropped"]
    assert isinstance(dropped, list)
    steps = [[html.escape(str(step["step"])), str(step["rows"])] for step in dropped]
    balance, rows = about["labels"], about["rows"]
    assert isinstance(balance, dict)
    assert isinstance(rows, dict)
    names = list(balance.get("train", {}))
    counts = [[html.escape(name), *(str(balance[part][name]) for part in PARTS)] for name in names]
    warnings = about["warnings"]
    assert isinstance(warnings, list)
    said = "".join(f"<p>{badge('pending')} {html.escape(str(warning))}</p>" for warning in warnings)
    unusable = about.get("left_out", [])
    assert isinstance(unusable, list)
    places = [[html.escape(str(one["place"])), html.escape(str(one["problem"]))] for one in unusable[:MOST_PLACES]]
    left_out = grid(("Left out", "Why"), places) if places else ""
    classes = grid(("Class", *PARTS), counts, range(1, len(PARTS) + 1))
    parts = ("read", "kept", *PARTS)
    sizes = grid(("", *parts), [["Rows", *(str(rows[part]) for part in parts)]], range(1, len(parts) + 1))
    gone = "".join(named(str(step["step"]), step.get("places") or []) for step in dropped)
    return said + sizes + reduction(about) + grid(("Dropped by", "Rows"), steps, (1,)) + gone + left_out + classes


def named(step: str, places: Sequence[str]) -> str:
    """Name the rows that a step dropped, folded away."""
    if not places:
        return ""
    listed = ", ".join(html.escape(place) for place in places[:MOST_PLACES])
    return f"<details><summary>dropped as {html.escape(step)}</summary><p class='dim'>{listed}</p></details>"


def training(settings: Params) -> str:
    """Say how training went."""
    about = read_json(BUILD / "training.json")
    assert isinstance(about, Mapping)
    metric, best = str(about["train.metric"]), about["train.best"]
    told = {
        f"Best validation {metric}": f"{best:.4f}",
        "Time": shown(float(str(about["train.time"])), "seconds"),
        "Weights, sha256": about["weights.sha256"],
        "Augmentation": ways(settings.value("data.augment")),
    }
    folder = BUILD / "plots/train"
    drawn = curves.draw(folder / "loss.csv", "Training loss") + curves.draw(
        folder / "score.csv", f"Validation {metric}"
    )
    drawn += curves.draw(folder / "learning.csv", f"Validation {metric} by training rows", "rows")
    said = more_rows(settings, curves.read(folder / "learning.csv"))
    return pairs(told) + (f"<div class='pictures'>{drawn}</div>" if drawn else "") + said


def more_rows(settings: Params, points: Sequence[tuple[float, float]]) -> str:
    """Say what twice the rows would give, beside what chance moves the score by."""
    then = curves.doubled(points)
    if then is None:
        return ""
    metric, higher = settings.text("monitor.metric"), settings.text("monitor.better") == "higher"
    about = settings.mapping("metrics").get(metric)
    unit = about.get("unit") if isinstance(about, Mapping) else None
    now, found = points[-1][1], read_json(BUILD / "evaluation/validation.json")
    low, high = (found.get(f"{metric}.{side}") for side in ("low", "high"))
    gain = (then - now) * (1 if higher else -1)
    parts = ", ".join(f"{shown(score, unit)} with {rows:,.0f}" for rows, score in points)
    said = f"Training on parts of the rows gave a validation {metric} of {parts}. "
    if gain <= 0:
        said += "More rows of this kind would not help: look at the columns, the labels, or another model."
    else:
        said += f"Twice the rows would give about {shown(then, unit)}"
        if isinstance(low, float) and isinstance(high, float):
            less = gain < (high - low) / 2
            said += (
                f", {'within' if less else 'beyond'} what chance moves it ({shown(low, unit)} to {shown(high, unit)})"
            )
        said += "."
    return f"<p>{html.escape(said)}</p>"


def ways(augment: Value) -> str:
    """Say how training examples are varied.

    >>> ways("none"), ways(["flip", "crop"]), ways([{"templates": ["Hello, {text}"]}])
    ('none', 'flip, crop', 'templates')
    """
    if isinstance(augment, str) or not isinstance(augment, Sequence):
        return str(augment or "none")
    return ", ".join("templates" if isinstance(one, Mapping) else str(one) for one in augment) or "none"


def machine(about: object, values: Mapping[str, float]) -> str:
    """Say what the benchmark ran on, and what of the graph it computed there."""
    assert isinstance(about, Mapping)
    told = {"Memory": f"{about['memory'] / 2**30:.0f} GiB", "GPUs": ", ".join(about["gpus"]) or "none"}
    names = {"processor": "Processor", "cores": "Cores", "system": "System", "python": "Python"}
    if "operations" in values:
        told["Operations of the graph, one input"] = large(values["operations"])
        told["Operations a second"] = large(values["operations.rate"])
    if values.get("contention.crowded"):
        told["Crowded"] = f"other programs used {values.get('contention.others', 0):.1f} cores during the benchmark"
        told["p95 by the clock"] = shown(values["latency.p95.wall"], "seconds")
    return pairs({title: about[name] for name, title in names.items()} | told)
