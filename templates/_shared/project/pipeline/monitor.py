"""Is it still right? `python -m pipeline.monitor --metrics http://localhost:8080/metrics -o monitor.html`.

Compares what was served with the package's profile.json: counts of the server's metrics, or logged requests, which
are answered again. Writes a page. Exits 0 when all is as it was, 5 when something drifts, 1 when it cannot tell.
"""

import argparse
import json
import sys
from pathlib import Path

from pipeline.base import params
from pipeline.base.failure import Failure, run
from pipeline.base.files import write_bytes
from pipeline.monitoring import page, samples
from pipeline.server.bundle import check_digests, open_bundle
from pipeline.server.golden import replay
from pipeline.watching import reference
from pipeline.watching.counting import DAILY, Found, compared

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
    if asked.metrics:
        live = samples.of_metrics(asked.metrics, profile, settings.text("name"))
        about = [f"Counted by the server: {', '.join(asked.metrics)}."]
    else:
        bundle = open_bundle(folder)
        replay(folder, bundle.contract, bundle.answer)  # with the libraries that are here
        live, bad = samples.of_requests(asked.requests, bundle, profile)
        about = [f"Logged requests, answered again: {asked.requests.name}."]
        about += [f"{bad:,} of them have no answer."] if bad else []
    found = compared(profile, live, DAILY)
    name = settings.text("name")
    title = f"{name} {settings.text('version')}: is it still right?"
    write_bytes(asked.out, page.page(title, about, profile, found))
    alarms = [one for one in page.ordered(found) if page.drifts(one)]
    if asked.json:
        print(json.dumps({"name": name, "drifts": bool(alarms), "signals": [told(one) for one in found]}))
    else:
        say(found, alarms, about[1:], asked.out)
    return DRIFTS if alarms else 0


def say(found: list[Found], alarms: list[Found], about: list[str], out: Path) -> None:
    """Tell the screen."""
    rows = max((sum(one.live) for one in found), default=0)
    if all(one.drift is None for one in found):
        print(f"too few rows to compare: {rows:,}")
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
