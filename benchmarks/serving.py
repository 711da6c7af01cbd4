"""Compare the laptop server with its peers on one text graph, tokenisation included: `python -m benchmarks.serving`.

Needs `wrk` (Debian package `wrk`), and for the peers MLServer in an environment of its own (`make
.venv-mlserver/.ready`) and tritonserver in another (`make .venv-triton/.ready`, and TRAINERSPEC_TRITON_PYTHON); a peer
that is not there is left out. Builds the text template's example, or takes a package (--package). All listen on
127.0.0.1. All servers are up, one at a time is asked: in each of three rounds each server answers one connection and
then eight, for --seconds. Prints Markdown tables: the median round, and what a request costs above the raw session;
`--metrics` writes the numbers to a file.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import ROOT, Value, write
from tests.contract.examples import packaged
from tests.contract.pod import pod
from tests.serving.browser import free_port

PEERS = ROOT / "benchmarks" / "peers"

TEXT = "The company said its profit rose by a fifth in the last quarter."
CONNECTIONS = (1, 8)
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [==[%s]==]\n'


@dataclass(frozen=True, kw_only=True)
class Target:
    """One server's way in."""

    name: str
    title: str
    url: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Round:
    """What wrk saw: requests a second, and milliseconds."""

    rate: float
    p50: float
    p99: float


def body(texts: list[str]) -> str:
    """Write a request."""
    return json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}]})


@contextmanager
def process(command: list[str], ready: str, cwd: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends. Raises SystemExit when it does not come up."""
    threads = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=cwd, env={**os.environ, **threads, **variables}, stdout=log, stderr=log)
        try:
            end = time.monotonic() + 120
            while not up(ready):
                if server.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    raise SystemExit(f"{' '.join(command)} did not come up:\n{log.read().decode()[-3000:]}")
                time.sleep(0.2)
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def up(url: str) -> bool:
    """Tell whether a URL answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def ours(package: Path) -> tuple[list[str], int]:
    """Return the laptop server's command and port."""
    port = free_port()
    command = [sys.executable, "-m", "pipeline.serve", "--package", ".", "--port", str(port)]
    return [*command, "--grpc-port", str(free_port()), "--quiet"], port


def targets(package: Path, name: str, scratch: Path, stack: ExitStack) -> Iterator[Target]:
    """Start every server that is installed."""
    command, port = ours(package)
    stack.enter_context(process(command, f"http://127.0.0.1:{port}/v2/health/ready", package))
    yield Target(
        name="laptop", title="laptop server", url=f"http://127.0.0.1:{port}/v2/models/{name}/infer", body=body([TEXT])
    )
    port = free_port()
    plain = f"http://127.0.0.1:{port}/v2/models/plain"
    command = [sys.executable, str(PEERS / "kserve_plain.py"), str(package), str(port)]
    stack.enter_context(process(command, f"{plain}/ready", scratch))
    yield Target(name="kserve", title="kserve 0.21, plain example", url=f"{plain}/infer", body=body([TEXT]))
    python = Path(os.environ.get("TRAINERSPEC_MLSERVER_PYTHON", ROOT / ".venv-mlserver/bin/python"))
    if python.exists():
        yield mlserver(python, package, scratch, stack)
    if os.environ.get("TRAINERSPEC_TRITON_PYTHON"):
        (scratch / "pod").mkdir()
        started = stack.enter_context(pod(package, name, scratch / "pod"))
        title = "Triton 2.51 behind the transformer"
        yield Target(name="triton-behind", title=title, url=f"http://{started.infer}", body=body([TEXT]))
        url = f"http://{started.triton_http}/v2/models/{name}/infer"
        yield Target(name="triton-alone", title="Triton 2.51 alone, tensors", url=url, body=encoded(package))


def mlserver(python: Path, package: Path, scratch: Path, stack: ExitStack) -> Target:
    """Start MLServer."""
    folder, port = scratch / "mlserver", free_port()
    variables = {"PYTHONPATH": str(PEERS), "PACKAGE": str(package)}
    fill = [str(python), str(PEERS / "mlserver_plain.py"), str(package), str(folder), str(port)]
    subprocess.run(fill, check=True, capture_output=True)
    command = [str(python.parent / "mlserver"), "start", str(folder)]
    url = f"http://127.0.0.1:{port}/v2/models/plain"
    stack.enter_context(process(command, f"{url}/ready", scratch, **variables))
    return Target(name="mlserver", title="MLServer 1.7.1", url=f"{url}/infer", body=body([TEXT]))


SOLO = """
import json, sys, time
from pathlib import Path
from pipeline.base import contract, params
from pipeline.server import bundle
settings = params.load(Path("params.yaml"))
packed = bundle.assemble(Path(), settings)
raw = {"text": [sys.argv[1]]}
tensors = packed.processor.encode(raw)
inputs = [{"name": p.name, "datatype": p.datatype, "shape": list(tensors[p.name].shape),
           "data": tensors[p.name].ravel().tolist()} for p in packed.contract.inputs]
outputs = packed.run(tensors)
steps = {"run": lambda: packed.run(tensors), "encode": lambda: packed.processor.encode(raw),
         "decode": lambda: packed.processor.decode(outputs, raw)}
took = {}
for name, step in steps.items():
    times = []
    for _ in range(2000):
        began = time.perf_counter(); step(); times.append(time.perf_counter() - began)
    took[name] = 1000 * sorted(times)[len(times) // 2]
print(json.dumps({"tensors": {"inputs": inputs}, "milliseconds": took}))
"""


def alone(package: Path) -> Mapping[str, dict[str, float]]:
    """Time encode, the raw session and decode in a process of their own, and give the tensors."""
    command = [sys.executable, "-B", "-c", SOLO, TEXT]
    done = subprocess.run(
        command, cwd=package, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    told: Mapping[str, dict[str, float]] = json.loads(done.stdout)
    return told


def encoded(package: Path) -> str:
    """Return the request as tensors."""
    return json.dumps(alone(package)["tensors"])


def ask(target: Target) -> None:
    """Ask once. Raises urllib.error.HTTPError unless the answer is 200."""
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(target.url, target.body.encode(), headers), timeout=20):
        pass


def wrk(target: Target, connections: int, seconds: int, scratch: Path) -> Round:
    """Measure for some seconds. Raises SystemExit when a request fails."""
    script = scratch / "post.lua"
    script.write_text(LUA % target.body)
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "10s",
        "-s",
        str(script),
        target.url,
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{target.title}: {said}")
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    assert rate
    return Round(rate=float(rate[1]), p50=quantile(said, "50%"), p99=quantile(said, "99%"))


def quantile(said: str, name: str) -> float:
    """Read one of wrk's quantiles in milliseconds."""
    found = re.search(rf"{name} +([\d.]+)(us|ms|s)", said)
    assert found
    return float(found[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[found[2]]


def compare(package: Path, seconds: int, rounds: int) -> dict[str, Value]:
    """Print both tables and return their numbers."""
    name = json.loads((package / "package.json").read_text())["name"]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        scratch = Path(folder)
        servers = list(targets(package, name, scratch, stack))
        for target in servers:
            ask(target)
            wrk(target, 8, 1, scratch)
        seen: dict[tuple[str, int], list[Round]] = {}
        for _ in range(rounds):
            for connections in CONNECTIONS:
                for target in servers:
                    seen.setdefault((target.title, connections), []).append(wrk(target, connections, seconds, scratch))
        steps = alone(package)["milliseconds"]
    print("| server | c1 requests/s | c1 p50 ms | c1 p99 ms | c8 requests/s | c8 p50 ms | c8 p99 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    medians = {key: median(runs) for key, runs in seen.items()}
    for target in servers:
        cells = [medians[target.title, connections] for connections in CONNECTIONS]
        print(f"| {target.title} | " + " | ".join(f"{c.rate:.0f} | {c.p50:.2f} | {c.p99:.1f}" for c in cells) + " |")
    whole = medians["laptop server", 1].p50
    door = whole - sum(steps.values())
    print("\n| part of a request, one connection | ms |\n| --- | --- |")
    print(
        f"| raw session | {steps['run']:.3f} |\n| encode | {steps['encode']:.3f} |\n| decode | {steps['decode']:.3f} |"
    )
    print(f"| HTTP, checks, counters, client | {door:.3f} |\n| all (wrk's p50) | {whole:.3f} |")
    found: dict[str, Value] = {
        f"part.{name}.ms": value for name, value in (*steps.items(), ("rest", door), ("all", whole))
    }
    for target in servers:
        for connections in CONNECTIONS:
            cell = medians[target.title, connections]
            for name, value in (("rate", cell.rate), ("p50.ms", cell.p50), ("p99.ms", cell.p99)):
                found[f"{target.name}.c{connections}.{name}"] = value
    return found


def median(runs: list[Round]) -> Round:
    """Return the median of each number."""
    return Round(**{name: statistics.median(getattr(run, name) for run in runs) for name in ("rate", "p50", "p99")})


@contextmanager
def chosen(package: Path | None) -> Iterator[Path]:
    """Return the package that was named, else that of the text template's example, built and run for the block.

    Raises SystemExit when what was named is no package.
    """
    if package is None:
        with tempfile.TemporaryDirectory() as folder:
            yield packaged("text-classification", Path(folder)) / "package"
    elif (package / "package.json").is_file():
        yield package.resolve()
    else:
        raise SystemExit(f"{package} is no package: run `dvc repro news` first and give build/repro/news/package")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--package", type=Path, help="a packaged text project; else the example of the text template is built and run"
    )
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    with chosen(options.package) as package:
        found = compare(package, options.seconds, options.rounds)
    if options.metrics:
        write(options.metrics, found | {"rounds": float(options.rounds), "seconds.each": float(options.seconds)})


if __name__ == "__main__":
    main()
