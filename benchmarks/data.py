"""Measure what the commands cost on a large table, beside one plain read of it by Polars, in one run.

    python -m benchmarks.data [--rows 2000000] [--metrics FILE]

The table is made anew, seeded: eight columns and a class. `draft`, `plan`, `build`, `plan again` and `prepare` run in a
process of their own, and so does `pl.read_csv`. Processor seconds (user and system) and the peak of memory count, which
a busy machine changes less than wall seconds. The user's cache folder is empty at the beginning, and the package holds
what its build prepared.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measured import ROOT, Value, write

REQUEST = "Predict churned from the other columns of customers.csv"
PLAIN = "import polars; polars.read_csv('customers.csv')"
SEED = 7


def table(path: Path, rows: int) -> None:
    """Write customers: a row number, amounts, counts, a plan, a city, a date, and whether they left."""
    rng = np.random.default_rng(SEED)
    calls = rng.integers(0, 30, rows)
    left = rng.random(rows) < 1 / (1 + np.exp(-(calls - 15) / 4))
    day = np.datetime64("2015-01-01") + rng.integers(0, 3600, rows)
    frame = pl.DataFrame(
        {
            "customer": np.arange(rows),
            "months": rng.integers(0, 120, rows),
            "spend": np.round(rng.gamma(2, 40, rows), 2),
            "calls": calls,
            "rate": np.round(rng.normal(0, 1, rows), 4),
            "plan": np.array(["basic", "pro", "family", "team"])[rng.integers(0, 4, rows)],
            "city": np.array([f"city{number:03}" for number in range(200)])[rng.integers(0, 200, rows)],
            "joined": day.astype("datetime64[D]"),
            "churned": np.where(left, "yes", "no"),
        }
    )
    frame.write_csv(path)


def cost(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Run a command; return its processor seconds, and the most bytes that it held in memory.

    Raises RuntimeError when it fails.
    """
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(words)} failed: {(folder / 'output.txt').read_text()[-2000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024.0


def measure(rows: int, folder: Path) -> dict[str, Value]:
    """Measure every command in turn, the plain read first and last; of the two the cheaper one counts."""
    made = [sys.executable, "-m", "benchmarks.data", "--rows", str(rows), "--table", str(folder / "customers.csv")]
    subprocess.run(made, check=True, cwd=ROOT)  # apart: a process begins with the peak of the one that starts it
    subprocess.run([sys.executable, "-m", "trainerspec.preparing"], check=True, cwd=ROOT)  # as an installed package has
    cache = folder / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    python, compiler = [sys.executable], [sys.executable, "-m", "trainerspec"]
    found: dict[str, tuple[float, float]] = {"polars": cost([*python, "-c", PLAIN], folder, environment)}
    draft = [*compiler, "draft", REQUEST, "--data", "customers.csv", "--no-llm"]
    found["draft"] = cost(draft, folder, environment)
    project = next(folder.glob("*/trainer.yaml")).parent
    for name, words in {
        "plan": [*compiler, "plan"],
        "build": [*compiler, "build"],
        "plan again": [*compiler, "plan"],
        "prepare": [*python, "-m", "pipeline.prepare"],
    }.items():
        found[name] = cost(words, project, environment)
        print(f"{name}: {found[name][0]:.2f} s, {found[name][1] / 2**20:.0f} MiB", flush=True)
    found["polars"] = min(found["polars"], cost([*python, "-c", PLAIN], folder, environment))
    values: dict[str, Value] = {"rows": rows, "bytes": (folder / "customers.csv").stat().st_size}
    for name, (seconds, peak) in found.items():
        values |= {f"{name}.cpu": seconds, f"{name}.memory": peak}
        if name != "polars":
            values[f"{name}.cpu.times"] = seconds / found["polars"][0]
            values[f"{name}.memory.times"] = peak / found["polars"][1]
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--metrics", type=Path)
    parser.add_argument("--table", type=Path, help="Write the table there, and measure nothing.")
    given = parser.parse_args()
    if given.table:
        table(given.table, given.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        values = measure(given.rows, Path(folder))
    for name, value in values.items():
        print(f"{name:24} {value:,.2f}" if isinstance(value, float) else f"{name:24} {value}")
    if given.metrics:
        write(given.metrics, values)


if __name__ == "__main__":
    main()
