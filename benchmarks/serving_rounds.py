"""Rounds of load on servers side by side: alone, beside abusive clients, and a server of another revision."""

import asyncio
import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.serving_load import CONNECTIONS, Load, Servers, memory

ROOT = Path(__file__).resolve().parents[1]

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


def revision(package: Path, name: str, folder: Path) -> Path:
    """Lay out the package with the server of another revision of this repository."""
    made = Path(shutil.copytree(package, folder, ignore=shutil.ignore_patterns("pipeline", "*.log")))
    packed = subprocess.run(
        ["git", "archive", name, "templates/_shared/project/pipeline"], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(made / ".part", filter="data")
    shutil.move(made / ".part/templates/_shared/project/pipeline", made / "pipeline")
    shutil.rmtree(made / ".part")
    places = ("pipeline/task/processing.py", "pipeline/processing.py")
    source = next(package / place for place in places if (package / place).exists())
    shutil.copyfile(source, next(made / place for place in places if (made / place).exists()))
    listing = json.loads((made / "package.json").read_text())
    files = [path for path in made.rglob("*") if path.is_file() and path.name != "package.json"]
    listing["files"] = {str(path.relative_to(made)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (made / "package.json").write_text(json.dumps(listing))
    return made


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


async def compare(package: Path, against: str, seconds: float, rounds: int, abusive: int, scratch: Path) -> int:
    """Run all kinds of rounds in turn and print a table. Returns 1 when abuse cost more than it may."""
    golden = [json.loads(line) for line in (package / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    name = json.loads((package / "package.json").read_text())["name"]
    texts = [(line["raw"]["text"], line["answer"]["label"]) for line in golden]
    ours = Servers(package)
    kinds = [("alone", ours, 0), (f"beside {abusive} abusive", ours, abusive)]
    if against:
        kinds.insert(1, (f"{against} alone", Servers(revision(package, against, scratch / "against")), 0))
    seen: dict[str, list[Timed]] = {kind: [] for kind, _, _ in kinds}
    sizes: list[float] = []
    try:
        for _, servers, _ in kinds:
            await servers.ready()
        for number in range(rounds + 1):
            for kind, servers, count in kinds:
                done = await round_of(servers, name, texts, seconds, count)
                if number:  # the first round warms up
                    seen[kind].append(done)
            sizes.append(memory(ours.process))
    finally:
        for servers in {servers for _, servers, _ in kinds}:
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
