"""Is it still right? `python -m pipeline.monitor --metrics http://localhost:8080/metrics -o monitor.html`.

Compares what was served with the package's profile.json: counts of the server's metrics, or logged requests, which
are answered again; rows whose truth came later are scored too. Writes a page. Exits 0 when all is as it was, 5 when
something drifts, an objective is missed or it is not as good as it was, 1 when it cannot tell.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipeline.base import params
from pipeline.base.failure import Failure, run
from pipeline.base.files import write_bytes
from pipeline.monitoring import page, samples
from pipeline.reporting.page import shown
from pipeline.server.bundle import Bundle, check_digests, open_bundle
from pipeline.server.golden import replay
from pipeline.watching import reference
from pipeline.watching.counting import DAILY, Counting, Found, compared
from pipeline.watching.noise import ENOUGH
from pipeline.watching.reference import Profile

PACKAGE = Path("package")
DRIFTS = 5
"""The exit status."""
SHOWN = 10


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.monitor", description="Is it still right?", allow_abbrev=False
    )
    add = parser.add_argument
    ways = parser.add_mutually_exclusive_group(required=True).add_argument
    ways("--metrics", action="append", metavar="URL_OR_FILE", help="a server's /metrics; repeat it for each pod")
    ways("--feedback", type=Path, metavar="ROWS", help="rows as the data has them, whose truth came later")
    ways("--requests", type=Path, metavar="ROWS", help="logged requests: JSON Lines, a table, a folder")
    add("--package", type=Path, default=PACKAGE, help="the folder that the package stage made")
    add("-o", "--out", type=Path, default=Path("monitor.html"), help="where the page goes")
    add("--json", action="store_true", help="print what was found as JSON")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    run("", lambda: sys.exit(monitor(asked)))


def monitor(asked: argparse.Namespace) -> int:
    """Compare, write the page, and say what drifts; returns the exit status. Raises Failure."""
    folder: Path = asked.package
    if not (folder / "package.json").is_file():
        raise Failure("TS860", f"there is no package in {folder}", hint="run the stages first: `trainerspec run`")
    check_digests(folder, remote=bool(asked.metrics))
    profile, settings = reference.load(folder), params.load(folder / "params.yaml")
    if profile is None:
        hint = "build and run again: the stage `evaluate` makes it"
        raise Failure("TS855", f"the package in {folder} has no {reference.FILE}", hint=hint)
    quality: tuple[page.Quality, ...] = ()
    if asked.metrics:
        live = samples.of_metrics(asked.metrics, profile, settings.text("name"))
        about = [f"Counted by the server: {', '.join(asked.metrics)}."]
    elif asked.feedback:
        live, quality, about = later(asked.feedback, opened(folder), profile)
    else:
        bundle = opened(folder)
        live, bad = samples.of_requests(asked.requests, bundle, profile)
        about = [f"Logged requests, answered again: {asked.requests.name}."]
        about += [f"{bad:,} of them have no answer."] if bad else []
    found = compared(profile, live, DAILY)
    name = settings.text("name")
    title = f"{name} {settings.text('version')}: is it still right?"
    write_bytes(asked.out, page.page(title, about, profile, found, quality))
    alarms = [one for one in page.ordered(found) if page.drifts(one)]
    worse = [one for one in quality if one.verdict in page.ALARMS]
    if asked.json:
        scores = [asdict(one) for one in quality]
        both = {"drifts": bool(alarms), "worse": bool(worse)}
        print(json.dumps({"name": name, **both, "signals": [told(one) for one in found], "quality": scores}))
    else:
        for one in quality:
            if one.verdict:
                value, low, high = (shown(number, one.unit) for number in one.now)
                print(f"{one.verdict:<9} {one.title}: {value} ({low} to {high})")
        say(found, alarms, about[1:], asked.out)
    return DRIFTS if alarms or worse else 0


def opened(folder: Path) -> Bundle:
    """Open the package, and replay its golden answers with the libraries that are here."""
    bundle = open_bundle(folder)
    replay(folder, bundle.contract, bundle.answer)
    return bundle


def later(rows: Path, bundle: Bundle, profile: Profile) -> tuple[samples.Counts, tuple[page.Quality, ...], list[str]]:
    """Score and count rows whose truth came later.

    A package alone has no module that reads the task's data: it is asked for only here.
    """
    from pipeline.monitoring import feedback

    counting = Counting(profile, bundle.contract)
    found = feedback.scored(rows, bundle, counting)
    about = [f"{found.rows:,} rows whose truth came later, answered again: {rows.name}."]
    about += [f"{found.left_out:,} rows could not be scored."] if found.left_out else []
    return counting.total, found.quality, about


def say(found: list[Found], alarms: list[Found], about: list[str], out: Path) -> None:
    """Tell the screen."""
    rows = max((sum(one.live) for one in found), default=0)
    if all(one.drift is None for one in found):
        known = max((sum(one.reference.counts) for one in found), default=0)
        print(f"too few rows to compare: {rows:,}, beside {known:,} of the reference; {ENOUGH} each are needed")
    elif not alarms:
        print(f"as it was: {len(found)} signals of {rows:,} rows")
    for one in alarms[:SHOWN]:
        moved = max(part.moved for part in (one.bins, one.missing) if part)
        print(f"drifts: {one.reference.name}: {moved:.1%} of {sum(one.live):,} rows moved ({one.drift:.1f})")
    if len(alarms) > SHOWN:
        print(f"and {len(alarms) - SHOWN} more signals drift")
    for line in about:
        print(line)
    print(f"page: {out}")


def told(one: Found) -> dict[str, object]:
    """Return one signal as JSON has it."""
    kept: dict[str, object] = {"signal": one.reference.name, "rows": sum(one.live), "drift": one.drift}
    if one.bins is not None:
        kept |= {"moved": one.bins.moved, "chance": one.bins.chance}
    return kept | {"drifts": page.drifts(one)}


if __name__ == "__main__":
    main()
