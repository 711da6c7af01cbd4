"""Rounds of load on servers side by side: alone, beside abusive clients, and a server of another revision.

Each server has a package that its own revision's compiler made of the same data and settings.
"""

import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.good_clients import CONNECTIONS, Load, Servers, memory
from benchmarks.measured import ROOT
from benchmarks.pipeline import build, environment, repro
from tests.contract.examples import TIMED

WORST = 2.0
"""How many times longer the slowest hundredth may take beside abusive clients."""


class Timed(Load):
    """A load that keeps how long each good answer took."""

    def __init__(self, port: int, name: str, texts: list[tuple[str, str]]) -> None:
        super().__init__(port, name, texts)
        self.seconds: list[float] = []
        self.spent = 0.0
        """Seconds of processor time that the server had."""

    async def one(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Time one request."""
        began, before = time.perf_counter(), self.counts["good.answered"]
        stays = await super().one(number, reader, writer)
        if self.counts["good.answered"] > before:
            self.seconds.append(time.perf_counter() - began)
        return stays


@dataclass(frozen=True, kw_only=True)
class Side:
    """A server with the package that its own compiler made, and what is asked of it."""

    servers: Servers
    name: str
    texts: list[tuple[str, str]]


def opened(package: Path) -> Side:
    """Start the server of a package; the texts and their labels are those of its golden.jsonl."""
    golden = [json.loads(line) for line in (package / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    name = json.loads((package / "package.json").read_text(encoding="utf-8"))["name"]
    texts = [(line["raw"]["text"], line["answer"]["label"]) for line in golden]
    return Side(servers=Servers(package), name=name, texts=texts)


def packaged(source: Path, folder: Path) -> Path:
    """Return the package of the text template's example, built and run by the compiler that lies in `source`.

    Raises CalledProcessError or SystemExit when that fails.
    """
    template, project = source / "templates" / "text-classification", folder / "project"
    project.mkdir(parents=True)
    subprocess.run([sys.executable, str(template / "sample.py"), "data"], cwd=project, check=True)
    build(source, project, TIMED.sub("", (template / "example.yaml").read_text(encoding="utf-8")))
    repro(project, source)
    return project / "package"


def tiny(source: Path, folder: Path) -> Path:
    """Return the package of tests/serving/tiny.py of a source tree: its graph costs nothing."""
    code = "import sys, pathlib; from tests.serving import tiny; tiny.package(pathlib.Path(sys.argv[1]))"
    package = folder / "tiny"
    subprocess.run([sys.executable, "-c", code, str(package)], cwd=source, check=True, env=environment(source))
    return package


async def round_of(servers: Servers, name: str, texts: list[tuple[str, str]], seconds: float, abusive: int) -> Timed:
    """Keep the load up for some seconds, beside `abusive` clients in a process of their own."""
    load = Timed(servers.port, name, texts)
    command = [sys.executable, str(ROOT / "benchmarks/abusers.py"), str(servers.port), name, str(abusive)]
    others = subprocess.Popen(command) if abusive else None
    before = spent(servers.process.pid)
    people = [asyncio.create_task(load.connection(7 * number)) for number in range(CONNECTIONS)]
    await asyncio.sleep(seconds)
    load.over = True
    await asyncio.gather(*people)
    load.spent = spent(servers.process.pid) - before
    if others is not None:
        others.kill()
        others.wait()
    return load


def spent(pid: int) -> float:
    """Return the processor time that a process has had, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def compare(package: Path, other: Path | None, against: str, seconds: float, rounds: int, abusive: int) -> int:
    """Run all kinds of rounds in turn and print a table. Returns 1 when abuse cost more than it may.

    `other` is the package that the revision `against` made.
    """
    ours = opened(package)
    kinds = [("alone", ours, 0), (f"beside {abusive} abusive", ours, abusive)]
    if other is not None:
        kinds.insert(1, (f"{against} alone", opened(other), 0))
    seen: dict[str, list[Timed]] = {kind: [] for kind, _, _ in kinds}
    sizes: list[float] = []
    try:
        for _, one, _ in kinds:
            await one.servers.ready()
        for number in range(rounds + 1):
            for kind, one, count in kinds:
                done = await round_of(one.servers, one.name, one.texts, seconds, count)
                if number:  # the first round warms up
                    seen[kind].append(done)
            sizes.append(memory(ours.servers.process))
    finally:
        for servers in {id(one.servers): one.servers for _, one, _ in kinds}.values():
            servers.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                servers.process.wait(40)
    rows = {kind: row(loads, seconds) for kind, loads in seen.items()}
    print("| rounds | good requests a second | p50 (ms) | p99 (ms) | processor time a request (us) | lost |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, (rate, p50, p99, each, lost) in rows.items():
        print(f"| {kind} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {each:,.0f} | {lost} |")
    print(f"\nmemory after each round: {', '.join(f'{size:.0f}' for size in sizes)} MB")
    slower = rows[kinds[-1][0]][2] / rows["alone"][2]
    print(f"p99 beside abusive clients: {slower:.2f} times that without (at most {WORST:g})")
    flat = sizes[-1] <= 1.1 * sizes[0]
    return 0 if slower <= WORST and flat and not any(lost for *_, lost in rows.values()) else 1


def row(loads: Sequence[Timed], seconds: float) -> tuple[float, float, float, float, int]:
    """Return the median round: good requests a second, p50 and p99 in ms, us of the server each; all that were lost."""
    rate = statistics.median(len(load.seconds) / seconds for load in loads)
    p50 = statistics.median(statistics.median(load.seconds) for load in loads)
    p99 = statistics.median(statistics.quantiles(load.seconds, n=100)[98] for load in loads)
    each = statistics.median(load.spent / max(1, len(load.seconds)) for load in loads)
    return rate, 1000 * p50, 1000 * p99, 1e6 * each, sum(load.counts["good.lost"] for load in loads)
