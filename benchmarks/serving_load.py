"""Keep the laptop server at saturation, with a reload and a SIGTERM in the middle: `python -m benchmarks.serving_load`.

Sixteen connections ask without a pause for --minutes; one request in a hundred is malformed. After a third of the time
a new package is put in place and loaded, after two thirds the server gets SIGTERM and a second one, on the same port,
takes over as soon as it is free, as a supervisor would do it. A good request is lost when it was sent and was not
answered with 200 and the right label; what was refused at connect was not sent, and is asked again. Prints a Markdown
table; ends with status 1 when a request was lost or the memory grew by more than 5 %. Loopback only.

With --abusive 5 or --against REV the time goes to short rounds in turn instead: alone, the other revision's server, and
beside abusive clients (benchmarks/abusers.py), one for twenty good ones. The other revision's compiler makes what its
server takes, of the same data and settings; --tiny takes packages whose graphs cost nothing, so that the servers alone
are compared. Ends with status 1 when the slowest hundredth took more than twice as long beside abusive clients, a good
request was lost, or the memory grew by more than 10 %.
"""

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks import serving_rounds as rounds
from benchmarks.good_clients import CONNECTIONS, Load, Servers, memory
from benchmarks.measured import ROOT, Value, write
from benchmarks.pipeline import checkout
from benchmarks.serving import chosen

COUNTED = ("good.answered", "good.lost", "malformed.rejected", "malformed.unanswered", "malformed.other", "refused")


def reload(package: Path, port: int, name: str) -> float:
    """Put the package in place anew, with another file in it, and load it. Gives the seconds that it took."""
    listing = package / "package.json"
    listing.write_text(json.dumps({**json.loads(listing.read_text()), "reloaded": True}))
    began = time.perf_counter()
    url = f"http://127.0.0.1:{port}/v2/repository/models/{name}/load"
    with urllib.request.urlopen(urllib.request.Request(url, b""), timeout=60) as response:
        assert response.status == 200
    return time.perf_counter() - began


async def run(package: Path, minutes: float) -> dict[str, float]:
    """Make the load; return what was seen: counts of requests, megabytes, seconds."""
    golden = [json.loads(line) for line in (package / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    name = json.loads((package / "package.json").read_text())["name"]
    servers = Servers(package)
    await servers.ready()
    load = Load(servers.port, name, [(line["raw"]["text"], line["answer"]["label"]) for line in golden])
    people = [asyncio.create_task(load.connection(7 * number)) for number in range(CONNECTIONS)]
    third, found = 20 * minutes, dict[str, float]()
    warm = min(10.0, third / 2)
    await asyncio.sleep(warm)
    found["memory.warm.mb"] = memory(servers.process)
    await asyncio.sleep(third - warm)
    found["memory.before_reload.mb"] = memory(servers.process)
    found["reload.seconds"] = await asyncio.to_thread(reload, package, servers.port, name)
    await asyncio.sleep(third)
    found["memory.before_sigterm.mb"] = memory(servers.process)
    found["drain.seconds"] = await servers.replace()
    await asyncio.sleep(third)
    found["memory.successor.mb"] = memory(servers.process)
    load.over = True
    await asyncio.gather(*people)
    servers.process.send_signal(signal.SIGTERM)
    servers.process.wait()
    return found | {name: float(load.counts[name]) for name in (*COUNTED, *load.counts)}


def in_turn(options: argparse.Namespace) -> int:
    """Make the packages and compare their servers; return the status to end with."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = rounds.tiny if options.tiny else rounds.packaged
        package = folder / "package"
        shutil.copytree(options.package or made(ROOT, folder / "here"), package)
        other = None
        if options.against:
            other = made(stack.enter_context(checkout(options.against)), folder / "against")
        abusive = -(-int(options.abusive * CONNECTIONS) // 100)
        seconds = 60 * options.minutes / ((2 + bool(options.against)) * (options.rounds + 1))
        compared = rounds.compare(package, other, options.against, seconds, options.rounds, abusive)
        return asyncio.run(compared)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--package", type=Path, help="a packaged text project; else the example of the text template is built and run"
    )
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    parser.add_argument("--abusive", type=float, default=0, metavar="PERCENT", help="rounds beside abusive clients")
    parser.add_argument("--against", default="", metavar="REV", help="rounds of another revision's server in between")
    parser.add_argument("--rounds", type=int, default=5, help="of these, after one that warms up")
    parser.add_argument("--tiny", action="store_true", help="take the packages of tests/serving/tiny.py")
    options = parser.parse_args()
    if options.package and (options.tiny or options.against):
        parser.error("--package is no package of another revision: leave it out, or leave --against and --tiny out")
    if options.abusive or options.against or options.tiny:
        raise SystemExit(in_turn(options))
    with chosen(options.package) as given, tempfile.TemporaryDirectory() as folder:
        package = Path(shutil.copytree(given, Path(folder) / "package"))
        found = asyncio.run(run(package, options.minutes))
    print("| | |\n| --- | --- |")
    print("\n".join(f"| {name} | {value:,.6g} |" for name, value in found.items()))
    lost = found["good.lost"] + found["malformed.other"]
    if lost or found["memory.before_sigterm.mb"] > 1.05 * found["memory.warm.mb"]:
        raise SystemExit("a request was lost, or the memory grew by more than 5 %")
    if options.metrics:
        values: dict[str, Value] = {**found, "minutes": options.minutes, "connections": float(CONNECTIONS)}
        write(options.metrics, values)


if __name__ == "__main__":
    main()
