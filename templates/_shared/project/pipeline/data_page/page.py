"""Write build/data.html: what the data looks like, from the source to the splits, in one file that needs no network."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.base.files import write_bytes
from pipeline.base.params import Params
from pipeline.data_page import distributions
from pipeline.data_page.columns import Column, columns, years
from pipeline.reporting.page import PARTS, grid, reduction, section, shown, whole
from pipeline.task import gallery

STYLE = """
nav { position: sticky; top: 0; background: var(--paper); border-bottom: 1px solid var(--line); padding: .5rem 0 }
nav { display: flex; gap: .25rem 1rem; overflow-x: auto; white-space: nowrap; z-index: 1; scrollbar-width: none }
a { color: inherit } h2 { scroll-margin-top: 3rem } h3 { font-size: 1rem; margin: 1.75rem 0 .5rem }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.5rem 2rem }
.charts { align-items: start } .chart svg { height: auto; max-width: 34rem; color: var(--ink) }
.chart svg text { font-family: inherit !important; fill: var(--ink) !important }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .75rem }
.examples.wide { grid-template-columns: minmax(0, 1fr) } .examples > * { min-width: 0 }
.examples img { width: 100% } .pair img { max-width: 100% }
.examples img, .pair img { background: none; border-radius: .35rem; display: block }
td:nth-child(3):not(.number) { min-width: 11rem }
.examples figcaption, .pair figcaption { font-weight: 400; font-size: .8rem; color: var(--dim) }
figcaption { overflow-wrap: anywhere }
blockquote { margin: 0; padding: .5rem .75rem; background: var(--card); border-left: 3px solid var(--line) }
blockquote { overflow-wrap: anywhere; white-space: pre-line }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem; margin: 0; padding: .6rem .75rem }
dl { background: var(--card); border-radius: .5rem; font-size: .85rem }
dt { color: var(--dim) } dd { margin: 0; text-align: right; overflow-wrap: anywhere }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; max-width: 40rem }
@media (max-width: 40rem) { .pair.wide { grid-template-columns: minmax(0, 1fr) } }
.pair { margin: 0 0 1.25rem } .pair > p { grid-column: 1 / -1; margin: 0 }
.finding { padding: .6rem .9rem; background: var(--card); border-radius: .5rem; margin: 0 0 .75rem }
.finding p, .finding li { margin: .2rem 0; overflow-wrap: anywhere }
.finding details { margin: .2rem 0; font-size: .9rem } .finding ul { margin: .2rem 0; padding-left: 1.2rem }
"""
HUES = "".join(
    f".hue{number} {{ background: hsl({30 * number} 70% 85%); color: hsl({30 * number} 60% 20%) }}\n"
    for number in range(12)
)
EXAMPLES = {True: 3, False: 6}
"""Of each class, by whether they take the whole width."""
CLASSES, ALONE = 12, 12
"""Classes of which examples are shown; examples where there are no classes."""
DRAWN = ("number", "time", "category", "truth value")
"""Kinds of columns that are drawn."""
PAIRS, COMPARED = 12, 50_000
"""Pairs that are shown; rows that are compared."""


def write(settings: Params, parts: Mapping[str, pl.DataFrame], report: Mapping[str, object], findings: str) -> None:
    """Write the page; `report` is build/data/report.json, `findings` HTML."""
    frame = pl.concat([part.with_columns(pl.lit(name).alias("split")) for name, part in parts.items()])
    held = columns(frame, times(settings) | dict(gallery.KINDS))
    one_each = settings.texts("labels") and frame.schema.get("label") == pl.String
    label = frame["label"] if one_each else None
    pairs = near(frame)
    name = settings.text("name")
    content = {
        "Rows": rows(report),
        "Findings": findings,
        "Columns": table(held, frame.height, settings) + charts([distributions.missing(held, frame.height)]),
        "Classes": charts([shares(report)]),
        "Distributions": spreads(frame, held, label),
        "Examples": examples(parts["train"], label is not None),
        "Augmentation": varied(parts["train"], settings),
        "Near duplicates": pairs,
    }
    listed = {title: some for title, some in content.items() if some}
    links = "".join(f"<a href='#{anchor(title)}'>{html.escape(title)}</a>" for title in listed)
    body = [
        f"<h1>{html.escape(name)} <span class='dim'>data</span></h1>",
        f"<p class='dim'>{html.escape(settings.text('task'))}: what the model learns from, and is measured on.</p>",
        f"<nav aria-label='sections'>{links}</nav>",
        *(f"<div id='{anchor(title)}'>{section(title, some)}</div>" for title, some in listed.items()),
    ]
    write_bytes(Path("build/data.html"), whole(f"{name}: data", body, STYLE + HUES))


def times(settings: Params) -> dict[str, str]:
    """Return the roles that hold times, which are kept as texts."""
    hard = settings.mapping("data.contract").get("hard")
    types = hard.get("columns") if isinstance(hard, Mapping) else None
    named = settings.renames("inputs") | settings.renames("outputs")
    agreed = types if isinstance(types, Mapping) else {}
    return {role: "time" for role, name in named.items() if agreed.get(name) == "time"}


def anchor(title: str) -> str:
    """Return what a link to a section goes to.

    >>> anchor("Near duplicates")
    'near-duplicates'
    """
    return title.lower().replace(" ", "-")


def counted(report: Mapping[str, object]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the rows (read, kept, and of each split), and those that each reason took."""
    sizes, dropped = report["rows"], report["dropped"]
    assert isinstance(sizes, Mapping)
    assert isinstance(dropped, list)
    taken: dict[str, int] = {}
    for step in dropped:
        taken[str(step["step"])] = taken.get(str(step["step"]), 0) + int(step["rows"])
    return {str(name): int(count) for name, count in sizes.items()}, taken


def rows(report: Mapping[str, object]) -> str:
    """Show the way of the rows, and that it adds up."""
    sizes, taken = counted(report)
    lines = [("read", sizes["read"])]
    left = sizes["read"]
    for step, count in taken.items():
        if count:
            left -= count
            lines.append((f"left out: {step}", -count))
    lines += [(part, sizes[part]) for part in ("kept", *PARTS)]
    all_rows = max(1, sizes["read"])
    cells = [[html.escape(what), str(count), shown(count / all_rows, "ratio")] for what, count in lines]
    rest = "" if left == sizes["kept"] else f"; {left - sizes['kept']} more were left out"
    told = f"<p>{sizes['read']} rows read, {sizes['kept']} kept{rest}.</p>"
    told += reduction(report)
    return told + charts([distributions.flow(sizes, taken)]) + grid(("", "Rows", "Of those read"), cells, (1, 2))


def table(held: Sequence[Column], count: int, settings: Params) -> str:
    """List the columns."""
    named = settings.renames("inputs") | settings.renames("outputs")
    cells = []
    for one in held:
        name = named.get(one.name, one.name)
        role = f" <span class='dim'>{html.escape(one.name)}</span>" if name != one.name else ""
        different = "" if one.different is None else str(one.different)
        missing = f"{one.missing} ({shown(one.missing / max(1, count), 'ratio')})" if one.missing else "0"
        cells.append([html.escape(name) + role, html.escape(one.kind), html.escape(one.typical), missing, different])
    return grid(("Column", "Holds", "Typical", "Missing", "Different"), cells, (3, 4))


def charts(drawn: Sequence[str]) -> str:
    """Put charts beside or below one another."""
    inside = "".join(drawn)
    return f"<div class='charts'>{inside}</div>" if inside else ""


def shares(report: Mapping[str, object]) -> str:
    """Draw the classes, where there are some."""
    counts = report["labels"]
    assert isinstance(counts, Mapping)
    labels = list(counts.get("train") or {})
    return distributions.classes(counts, labels) if labels else ""


def spreads(frame: pl.DataFrame, held: Sequence[Column], label: pl.Series | None) -> str:
    """Draw what the task measures of its examples, then the columns, as many as a page has room for."""
    splits = frame["split"]
    drawn = [distributions.spread(name, values, splits, label) for name, values in gallery.numbers(frame).items()]
    columns_ = [one for one in held if one.kind in DRAWN and one.name not in gallery.KINDS]
    columns_ = [one for one in columns_ if label is None or one.name != "label"]
    for one in columns_[: distributions.MOST]:
        if one.kind == "time":
            drawn.append(distributions.spread(f"{one.name} (year)", years(one.values), splits, label))
        elif one.kind == "number":
            drawn.append(distributions.spread(one.name, one.values, splits, label))
        else:
            drawn.append(distributions.categories(one.name, one.values, splits, label))
    more = len(columns_) - distributions.MOST
    told = f"<p class='dim'>{more} more columns are not drawn.</p>" if more > 0 else ""
    return charts(drawn) + told


def examples(train: pl.DataFrame, classed: bool) -> str:
    """Show training examples, class by class where there are classes, evenly from the whole split."""
    if not classed:
        return gathered(train, ALONE)
    found = distributions.frequent(train["label"], CLASSES)
    made = []
    for one in found:
        cards = gathered(train.filter(pl.col("label") == one).drop("label"), EXAMPLES[gallery.WIDE])
        made.append(f"<h3>{html.escape(one)}</h3>{cards}")
    more = train["label"].n_unique() - len(found)
    return "".join(made) + (f"<p class='dim'>{more} more classes are not shown.</p>" if more > 0 else "")


def gathered(frame: pl.DataFrame, most: int) -> str:
    """Show some rows of a frame."""
    step = max(1, frame.height // most)
    wide = " wide" if gallery.WIDE else ""
    hidden = [name for name in ("key", "group", "split", "id") if name in frame.columns]
    cards = "".join(gallery.example(row) for row in frame[::step].head(most).drop(hidden).iter_rows(named=True))
    return f"<div class='examples{wide}'>{cards}</div>"


def varied(train: pl.DataFrame, settings: Params) -> str:
    """Show training examples beside their varied copies, where the task makes some before it trains."""
    count, found = gallery.varied(train, settings)
    if not count:
        return ""
    told = f"<p>{count} varied copies join the {train.height} rows of the training split; the other splits stay.</p>"
    wide = " wide" if gallery.WIDE else ""
    shown_pairs = [f"<div class='pair{wide}'><div>{before}</div><div>{after}</div></div>" for before, after in found]
    return told + "".join(shown_pairs)


def near(frame: pl.DataFrame) -> str:
    """Show pairs that are nearly the same: those in two splits first, then the most alike."""
    compared = frame
    if frame.height > COMPARED:
        compared = pl.concat([frame.filter(pl.col("split") == part) for part in reversed(PARTS)]).head(COMPARED)
    splits, places = compared["split"].to_list(), compared["id"].to_list()
    found = gallery.pairs(compared)
    across = sum(splits[one] != splits[other] for one, other, _ in found)
    limit = "" if compared.height == frame.height else f" {COMPARED} rows were compared, those of the test split first."
    if not found:
        return f"<p>None was found.{limit}</p>"
    measured = f"; {across} of them stand in two splits: what is measured there was nearly seen" if across else ""
    told = f"<p>{len(found)} {'pair' if len(found) == 1 else 'pairs'}{measured}.{limit}</p>"
    order = sorted(found, key=lambda pair: (splits[pair[0]] == splits[pair[1]], -pair[2], pair[:2]))
    made, wide = [], " wide" if gallery.WIDE else ""
    for one, other, share in order[:PAIRS]:
        names = [f"{html.escape(str(places[at]))} <span class='dim'>{splits[at]}</span>" for at in (one, other)]
        cards = "".join(f"<div>{gallery.example(compared.row(at, named=True))}</div>" for at in (one, other))
        made.append(f"<div class='pair{wide}'><p>{shown(share, 'ratio')} alike: {' and '.join(names)}</p>{cards}</div>")
    return told + "".join(made)
