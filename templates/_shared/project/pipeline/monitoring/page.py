"""The page: what drifts first, each signal beside its reference; one file that needs no network."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.data_page import drawings
from pipeline.data_page.page import STYLE
from pipeline.reporting.page import badge, grid, section, shown, whole
from pipeline.watching.counting import Found
from pipeline.watching.noise import ENOUGH
from pipeline.watching.reference import Profile

CHARTS = 16
"""Signals that are drawn, those that drift most first."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """One metric or objective, when the model was judged and now."""

    title: str
    unit: str
    then: tuple[float, float, float] | None
    """The value on the test split with the bounds of its 95% interval."""
    now: tuple[float, float, float]
    verdict: str
    """`misses`, `worse`, `uncertain`, or `pass`; empty for what has no bound."""


def drifts(found: Found) -> bool:
    """Tell whether a signal drifts."""
    return found.drift is not None and found.drift > 1


def ordered(found: Sequence[Found]) -> list[Found]:
    """Put what drifts most first."""
    return sorted(found, key=lambda one: (-(one.drift or 0.0), one.reference.name))


def page(
    title: str, about: Sequence[str], profile: Profile, found: Sequence[Found], quality: Sequence[Quality] = ()
) -> bytes:
    """Return the page; `about` says where the counts are from, a sentence each."""
    alarms = [one for one in found if drifts(one)]
    told = f"{len(alarms)} of {len(found)} signals drift" if alarms else "as it was"
    if all(one.drift is None for one in found):
        told = f"too few rows to compare: {ENOUGH} at least, here and in the reference"
    said = " ".join(html.escape(one) for one in about)
    charts = "".join(chart(one) for one in ordered(found)[:CHARTS] if sum(one.live))
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p class='dim'>{said} The reference is {profile.rows:,} rows of the validation split.</p>",
        f"<p>{badge('fail' if alarms else 'pass', told)} {live(quality)}</p>",
        section("Quality", scores(quality)),
        section("Signals", table(found)),
        section("Beside the reference", f"<div class='charts'>{charts}</div>" if charts else ""),
        section("How to read it", f"<p class='dim'>{READ}</p>"),
    ]
    return whole(title, body, STYLE)


READ = (
    "A signal drifts when its difference is beyond chance (Pearson's chi-squared test of two samples, divided by the "
    "design effect of the reference's groups; all tests of a month share one false alarm in a hundred months) and when "
    "it matters: 5% of the rows are in another bin, or 1% became missing or unseen. Drift is a reason to look, and no "
    "verdict on the answers."
)


ALARMS = ("misses", "worse")
"""Beyond chance an objective is missed, or the metric is worse than when it was judged."""


def live(quality: Sequence[Quality]) -> str:
    """Say in a word how good it is now."""
    if not quality:
        return ""
    return badge("fail", "not as good") if any(one.verdict in ALARMS for one in quality) else badge("pass", "as good")


def scores(quality: Sequence[Quality]) -> str:
    """List the objectives and metrics, when the model was judged and now."""
    rows = []
    for one in quality:
        kinds = {"pass": "pass", "uncertain": "pending"}
        mark = badge(kinds.get(one.verdict, "fail"), one.verdict) if one.verdict else ""
        rows.append([html.escape(one.title), spelled(one.then, one.unit), spelled(one.now, one.unit), mark])
    return grid(("", "On the test split (95% interval)", "Now (95% interval)", ""), rows, (1, 2))


def spelled(value: tuple[float, float, float] | None, unit: str) -> str:
    """Write a value with its interval."""
    if value is None:
        return "–"
    middle, low, high = (shown(one, unit) for one in value)
    return f"{middle} <span class='dim'>({low} to {high})</span>"


def table(found: Sequence[Found]) -> str:
    """List the signals."""
    rows = []
    for one in ordered(found):
        known, live = one.reference.counts, one.live
        cells = ["–", "–", "–"]
        if one.drift is not None:
            best = one.bins or one.missing
            assert best is not None
            cells = [f"{best.moved:.1%}", f"{best.chance:.2g}", f"{one.drift:.2f}"]
        gaps = ", ".join(f"{counts[-1] / sum(counts):.1%}" if sum(counts) else "–" for counts in (known, live))
        verdict = badge("fail", "drifts") if drifts(one) else badge("pass", "as it was") if one.drift else "too few"
        rows.append([html.escape(one.reference.name), f"{sum(live):,}", *cells, gaps, verdict])
    return grid(("Signal", "Rows", "Moved", "By chance", "Drift", "Missing, then and now", ""), rows, range(1, 6))


def chart(one: Found) -> str:
    """Draw the share of each bin, in the reference and in what was served."""
    names = one.reference.names()
    both = (one.reference.counts, one.live)
    used = [place for place in range(len(names)) if both[0][place] or both[1][place]]
    shares = {
        title: [counts[place] / sum(counts) for place in used]
        for title, counts in zip(("reference", "served"), both, strict=True)
    }
    return drawings.bars([names[place] for place in used], shares, one.reference.name, share=True)
