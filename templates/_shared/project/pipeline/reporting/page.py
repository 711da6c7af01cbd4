"""What the pages for people are made of: style, sections, tables, numbers as people read them."""

import html
from collections.abc import Iterable, Mapping, Sequence

from pipeline.base.params import Value
from pipeline.reporting.numbers import plain

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
svg .end { text-anchor: end } details { margin: 0 0 1rem } summary { cursor: pointer }
pre { background: var(--card); padding: 1rem; border-radius: .5rem; overflow-x: auto; font-size: .85rem }
"""

PARTS = ("train", "validation", "test")


def whole(title: str, body: Sequence[str], style: str = "") -> bytes:
    """Return a page that needs no network; `body` holds HTML."""
    head = (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{STYLE}{style}</style></head><body><main>\n"
    )
    return (head + "\n".join(body) + "\n</main></body></html>\n").encode()


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
    return f"{value:.0f}/s" if unit == "per_second" else plain(value)


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table of HTML cells; `numbers` are columns that stand right."""
    if not (rows := list(rows)):
        return ""
    kinds = [" class='number'" if index in numbers else "" for index in range(len(head))]
    top = "".join(f"<th{kind}>{html.escape(name)}</th>" for name, kind in zip(head, kinds, strict=True))
    lines = ("".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class='scroll' tabindex='0'><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


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


def reduction(report: Mapping[str, object]) -> str:
    """Say to how many rows the training split was reduced, and what that costs nearest neighbours."""
    told = report.get("reduced")
    if not isinstance(told, Mapping):
        return ""
    ways = {"random": "rows by chance", "near_duplicates": "rows that repeat no earlier one as nearly as others do"}
    way = ways.get(str(told["by"]), "rows that cover the others (a coreset)")
    said = f"The training split was reduced from {told['before']} to {told['rows']} {way}."
    if "metric" in told:
        unit = "ratio" if told["metric"] == "accuracy" else "number"
        all_rows, kept, chance = (shown(told[name], unit) for name in ("all", "kept", "random"))
        said += f" What it costs, by nearest neighbours on the validation split ({told['metric']}):"
        said += f" {all_rows} with all rows, {kept} with these, {chance} with as many by chance."
    return f"<p>{html.escape(said)}</p>"
