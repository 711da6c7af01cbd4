"""Compare answers without a server with asking our own server: `python -m benchmarks.predict`.

Takes the table template's example, run to its package, or a project that was run (--project) with rows for it (--data);
they are repeated until there are --rows. Answers them with `pipeline.predict`, and asks the package's own server for
--asked of them over HTTP in its largest batches, on one connection and on as many as there are cores, in turns with the
former. Prints rows a second, start-up and all, and the largest memory of all processes together; `--metrics` writes the
numbers to a file.
"""

import argparse
import http.client
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import psutil

from benchmarks.measured import METRICS, Value, write
from tests.contract.examples import packaged
from tests.serving.served import Served, serving
from trainerspec.language.yaml import load

ROUNDS = 3


def largest(process: psutil.Process, stop: threading.Event, found: list[int]) -> None:
    """Watch the memory of a process with all its children, without what they share; append the largest."""
    most = 0
    while not stop.wait(0.1):
        total = 0
        for one in (process, *process.children(recursive=True)):
            try:
                total += one.memory_full_info().uss
            except psutil.NoSuchProcess:
                continue
        most = max(most, total)
    found.append(most)


def answered(project: Path, package: Path, rows: Path, out: Path) -> tuple[float, float, int]:
    """Answer a file; give seconds and processor seconds, with all start-up, and the largest memory in bytes."""
    command = [sys.executable, "-m", "pipeline.predict", str(rows), "-o", str(out), "--package", str(package)]
    began, before = time.perf_counter(), spent()
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        stop, found = threading.Event(), list[int]()
        watch = threading.Thread(target=largest, args=(psutil.Process(process.pid), stop, found))
        watch.start()
        status = process.wait()
        seconds = time.perf_counter() - began
        stop.set()
        watch.join()
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return seconds, spent() - before, found[0]


def spent() -> float:
    """Return the processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bodies(rows: Path, ports: list[Mapping[str, object]], most: int, count: int) -> list[bytes]:
    """Write the requests for the first rows, as a client has them."""
    frame = pl.read_csv(rows, n_rows=count)
    made = []
    for start in range(0, frame.height, most):
        part, inputs = frame[start : start + most], []
        for port in ports:
            values = part[str(port["name"])]
            text = port["datatype"] == "BYTES"
            data = values.cast(pl.String).fill_null("").to_list() if text else values.to_list()
            inputs.append({"name": port["name"], "datatype": port["datatype"], "shape": [part.height], "data": data})
        made.append(json.dumps({"inputs": inputs}).encode())
    return made


def asked(server: Served, name: str, requests: list[bytes], connections: int) -> tuple[float, float]:
    """Send all requests over some connections; give seconds and processor seconds, of server and client."""
    process = psutil.Process(server.process.pid)

    def send(share: list[bytes]) -> None:
        connection = http.client.HTTPConnection(server.http)
        for body in share:
            connection.request("POST", f"/v2/models/{name}/infer", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise SystemExit(f"the server answered {response.status}: {answer[:200]!r}")
            json.loads(answer)

    began, before = time.perf_counter(), time.process_time() + sum(process.cpu_times()[:2])
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, [requests[place::connections] for place in range(connections)]))
    used = time.process_time() + sum(process.cpu_times()[:2]) - before
    return time.perf_counter() - began, used


def many(rows: Path, count: int, to: Path) -> None:
    """Repeat a table until it has `count` rows."""
    frame = pl.read_csv(rows, infer_schema=False)
    times = -(-count // frame.height)
    pl.concat([frame] * times).head(count).write_csv(to)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predict", description=__doc__)
    parser.add_argument("--project", type=Path, default=None, help="a project on a table, run; default: the example")
    parser.add_argument("--data", type=Path, default=None, help="a CSV with the model's columns")
    parser.add_argument("--rows", type=int, default=2_000_000, help="rows that are answered without a server")
    parser.add_argument("--asked", type=int, default=40_000, help="rows that the server is asked for")
    parser.add_argument("--metrics", type=Path, default=None, help=f"such as {METRICS / 'predict.json'}")
    options = parser.parse_args()
    project: Path = options.project or packaged("tabular-classification", Path(tempfile.mkdtemp()))
    project, data = project.resolve(), options.data or project / "data" / "subscribers.csv"
    package = project / "package"
    if not (package / "package.json").is_file():
        subprocess.run([sys.executable, "-m", "pipeline.package", "--unreleased"], cwd=project, check=True)
        package = project / "work" / "unreleased"
    settings = load((package / "params.yaml").read_bytes())
    assert isinstance(settings, dict)
    most, ports = settings["serve"]["max_batch_size"], settings["contract"]["raw"]
    cores = len(os.sched_getaffinity(0))
    ways = ("file", "http.1", f"http.{cores}")
    found: dict[str, list[float]] = {way: [] for way in ways}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    memory = 0
    with tempfile.TemporaryDirectory() as folder, serving(package) as server:
        rows = Path(folder) / "rows.csv"
        many(data, options.rows, rows)
        requests = bodies(rows, ports, most, options.asked)
        asked(server, settings["name"], requests[:50], 1)
        for _ in range(ROUNDS):
            for connections in (1, cores):
                seconds, used = asked(server, settings["name"], requests, connections)
                found[f"http.{connections}"].append(options.asked / seconds)
                rates[f"http.{connections}"].append(options.asked / used)
            seconds, used, most_bytes = answered(project, package, rows, Path(folder) / "answers.parquet")
            found["file"].append(options.rows / seconds)
            rates["file"].append(options.rows / used)
            memory = max(memory, most_bytes)
    middle = {way: statistics.median(values) for way, values in found.items()}
    each = {way: statistics.median(values) for way, values in rates.items()}
    best, cheapest = max(middle[way] for way in ways[1:]), max(each[way] for way in ways[1:])
    titles = {"file": f"`predict`, {options.rows:,} rows, {cores} cores"}
    titles |= {f"http.{count}": f"HTTP, batches of {most}, connections: {count}" for count in (1, cores)}
    print(f"Medians of {ROUNDS} rounds.\n\n| way | rows a second | rows a processor second |\n| --- | --- | --- |")
    for way in ways:
        print(f"| {titles[way]} | {middle[way]:,.0f} | {each[way]:,.0f} |")
    times = f"{middle['file'] / best:.1f} times as many by the clock, {each['file'] / cheapest:.1f} a processor second"
    print(f"\n{times}; {memory / 2**20:,.0f} MiB in all processes at most")
    if options.metrics:
        values: dict[str, Value] = {f"rows_per_second.{name}": value for name, value in middle.items()}
        values |= {f"rows_per_processor_second.{name}": value for name, value in each.items()}
        values |= {"times": middle["file"] / best, "times.processor": each["file"] / cheapest}
        values |= {"memory.bytes": memory, "rows": options.rows, "batch": most}
        write(options.metrics, values)


if __name__ == "__main__":
    main()
