"""Write build/report.html: objectives, numbers, pictures, errors and data in one file that needs no network."""

import base64
import csv
import html
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from pipeline.base import labels_told
from pipeline.base.files import read_json, write_bytes
from pipeline.base.params import Params, Value
from pipeline.base.verdict import notes, titled
from pipeline.reporting import curves, spreadsheets

BUILD = Path("build")
SPLITS = ("train", "validation", "test")
MOST_PICTURES, MOST_PLACES = 12, 200
WIDE = 1200
"""Pictures of more pixels in a row get the whole width of the page."""
STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --dim: #616e7c; --line: #e4e7eb; --paper: #ffffff; --card: #f8fafc }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --dim: #9aa5b1; --line: #323f4b; --paper: #161b22; --card: #1f2630 }
  img { background: #ffffff }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink) }
body { font: 16px/1.6 system-ui, "Segoe UI", Roboto, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 3rem 1.5rem 5rem }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.02em }
h2 { font-size: 1.2rem; margin: 3rem 0 .75rem; letter-spacing: -.01em }
.dim { color: var(--dim) }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600 }
.pass { background: #def7ec; color: #03543f } .fail { background: #fde8e8; color: #9b1c1c }
.pending, .uncertain { background: #fdf6b2; color: #723b13 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93rem }
th { text-align: left; font-weight: 600; color: var(--dim) }
mark { background: #fdf6b2; color: #723b13; border-radius: .25rem; padding: 0 .2rem }
mark small { font-weight: 600 }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, th.number { text-align: right; white-space: nowrap }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; align-items: start }
.pictures img { width: 100%; border: 1px solid var(--line); border-radius: .5rem }
.pictures img.wide { grid-column: 1 / -1 }
.scroll { overflow-x: auto; margin-bottom: 1rem }
figure { margin: 0 } figcaption { font-weight: 600; font-size: .93rem }
svg { width: 100%; display: block } polyline { fill: none; stroke: #3b82c4; stroke-width: 2 }
svg .axis { fill: none; stroke: var(--line) } svg text { fill: var(--dim); font-size: 12px }
svg .end { text-anchor: end } details { margin: -.5rem 0 1rem }
pre { background: var(--card); padding: 1rem; border-radius: .5rem; overflow-x: auto; font-size: .85rem }
"""


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
        section("Measured", measured(values, units)),
        section("Pictures", pictures(BUILD / "plots/test")),
        section("Thresholds", thresholds(settings, BUILD / "evaluation/test/thresholds.csv")),
        section("Most certain errors", errors(BUILD / "evaluation/test/errors.csv")),
        section("Data", data(read_json(BUILD / "data/report.json"))),
        section("Labels", pairs(labels_told.told(read_json(BUILD / "data/report.json")))),
        section("Training", training() + pictures(BUILD / "plots/train")),
        section("Machine", machine(read_json(BUILD / "machine.json"), values)),
    ]
    page = (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(name)}: report</title><style>{STYLE}</style></head><body><main>\n"
    )
    write_bytes(BUILD / "report.html", (page + "\n".join(body) + "\n</main></body></html>\n").encode())


def thresholds(settings: Params, path: Path) -> str:
    """Show what other thresholds on the positive class would give, where evaluation tells."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    told = f"<p>Probability of <b>{html.escape(str(settings.value('positive')))}</b> from which on it is answered.</p>"
    return told + grid(head, ([html.escape(cell) for cell in row] for row in rows), range(len(head) - 1))


def positive(settings: Params) -> str:
    """Name the positive class, where there is one."""
    label = settings.value("positive")
    return f"Positive class: <b>{html.escape(str(label))}</b>. " if label else ""


def section(title: str, content: str) -> str:
    """Return a headed section, or nothing when it has no content."""
    return f"<h2>{html.escape(title)}</h2>\n{content}" if content else ""


def badge(verdict: str, word: str = "") -> str:
    """Return a coloured word; the verdict itself, if there is no other."""
    return f"<span class='badge {html.escape(verdict)}'>{html.escape(word or verdict)}</span>"


def shown(value: Value, unit: Value) -> str:
    """Write a number in base units as people read it."""
    if not isinstance(value, int | float):
        return "–"
    if unit == "ratio":
        return f"{100 * value:.2f}%"
    if unit == "seconds":
        return f"{value:.1f} s" if value >= 1 else f"{value * 1e3:.2f} ms"
    if unit == "bytes":
        return f"{value / 1e6:.1f} MB"
    return f"{value:.0f}/s" if unit == "per_second" else f"{value:.4g}"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table of HTML cells; `numbers` are columns that stand right."""
    if not (rows := list(rows)):
        return ""
    kinds = [" class='number'" if index in numbers else "" for index in range(len(head))]
    top = "".join(f"<th{kind}>{html.escape(name)}</th>" for name, kind in zip(head, kinds, strict=True))
    lines = ("".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class='scroll'><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


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


def pictures(folder: Path) -> str:
    """Return the pictures of a folder, inside the page; of many of them some, evenly spread, the last one too."""
    images, found = [], sorted(folder.glob("*.png"))
    step = -(-len(found) // MOST_PICTURES)
    for path in found[::-1][::step][::-1] if found else []:
        content = path.read_bytes()
        (width,) = struct.unpack(">I", content[16:20])  # of every PNG
        wide = " class='wide'" if width > WIDE else ""
        source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        images.append(f"<img{wide} alt='{html.escape(path.stem)}' src='{source}'>")
    return f"<div class='pictures'>{''.join(images)}</div>" if images else ""


def errors(path: Path) -> str:
    """Return the table of wrong answers."""
    if not path.exists():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = [[spreadsheets.original(cell) for cell in row] for row in csv.reader(file)] or [[]]
    return grid(
        head, [[MARKED.sub(r"<mark>\1 <small>\2</small></mark>", html.escape(cell)) for cell in row] for row in rows]
    )


MARKED = re.compile(r"⟦(.*?)⟧(\S*)")
"""A marked part of a text, and what it is: `⟦Ada Lovelace⟧PERSON`."""


def data(about: Mapping[str, object]) -> str:
    """Say what was read, dropped and split, and what moved since the project was built."""
    dropped = about["dropped"]
    assert isinstance(dropped, list)
    steps = [[html.escape(str(step["step"])), str(step["rows"])] for step in dropped]
    balance, rows = about["labels"], about["rows"]
    assert isinstance(balance, dict)
    assert isinstance(rows, dict)
    names = list(balance.get("train", {}))
    counts = [[html.escape(name), *(str(balance[part][name]) for part in SPLITS)] for name in names]
    warnings = about["warnings"]
    assert isinstance(warnings, list)
    said = "".join(f"<p>{badge('pending')} {html.escape(str(warning))}</p>" for warning in warnings)
    unusable = about.get("left_out", [])
    assert isinstance(unusable, list)
    places = [[html.escape(str(one["place"])), html.escape(str(one["problem"]))] for one in unusable[:MOST_PLACES]]
    left_out = grid(("Left out", "Why"), places) if places else ""
    classes = grid(("Class", *SPLITS), counts, range(1, len(SPLITS) + 1))
    parts = ("read", "kept", *SPLITS)
    sizes = grid(("", *parts), [["Rows", *(str(rows[part]) for part in parts)]], range(1, len(parts) + 1))
    gone = "".join(named(str(step["step"]), step.get("places") or []) for step in dropped)
    return said + sizes + grid(("Dropped by", "Rows"), steps, (1,)) + gone + left_out + classes


def named(step: str, places: Sequence[str]) -> str:
    """Name the rows that a step dropped, folded away."""
    if not places:
        return ""
    listed = ", ".join(html.escape(place) for place in places[:MOST_PLACES])
    return f"<details><summary>dropped as {html.escape(step)}</summary><p class='dim'>{listed}</p></details>"


def training() -> str:
    """Say how training went."""
    about = read_json(BUILD / "training.json")
    assert isinstance(about, Mapping)
    metric, best = str(about["train.metric"]), about["train.best"]
    told = {
        f"Best validation {metric}": f"{best:.4f}",
        "Time": shown(float(str(about["train.time"])), "seconds"),
        "Weights, sha256": about["weights.sha256"],
    }
    folder = BUILD / "plots/train"
    drawn = curves.draw(folder / "loss.csv", "Training loss") + curves.draw(
        folder / "score.csv", f"Validation {metric}"
    )
    return pairs(told) + (f"<div class='pictures'>{drawn}</div>" if drawn else "")


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


def large(value: float) -> str:
    """Write a large number in thousands (`k`), millions (`M`) and so on.

    >>> large(2.87e9), large(31500)
    ('2.87 G', '31.5 k')
    """
    unit, word = next(
        ((unit, word) for unit, word in ((1e12, "T"), (1e9, "G"), (1e6, "M")) if value >= unit), (1e3, "k")
    )
    return f"{value / unit:.3g} {word}"


def pairs(values: Mapping[str, object]) -> str:
    """Return names and values as a table."""
    return grid(("", ""), [[html.escape(str(name)), html.escape(str(value))] for name, value in values.items()])
