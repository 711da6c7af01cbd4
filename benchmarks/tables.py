"""Compare what the rules choose for a table with other people's models, on tables that packages carry.

    python -m benchmarks.tables --seeds 1 2 --metrics metrics/tables.json

For each table and split a project is built with nothing stated but the task, and run up to its artifact: the graph that
ships is what answers. The other sides are fitted on the same rows in an environment of their own, which is made from
benchmarks/peers/table_peers.txt in build/table-peers, or is that of `--peers PYTHON`. Scored are logarithmic loss and
root mean squared error; ranks are of the means over splits. `worse` is how many sides are better than ours by more than
chance on a table: the interval of the paired difference of losses, from samples of the test rows, leaves out zero.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import rankdata

from benchmarks.measured import ROOT, Value, write
from benchmarks.table_data import TABLES, Table

SIDES = ("autogluon", "catboost", "lightgbm", "xgboost", "hist-gradient-boosting", "linear")
OURS = "ours"
PEERS = Path(__file__).parent / "peers" / "table_peers.py"
CHOSEN = (
    *("penguins", "glass", "titanic", "attrition", "churn", "credit"),
    *("auto-mpg", "diabetes", "sacramento", "concrete"),
)
MOST = 1500
"""Rows of a table that are taken, so that all sides take minutes."""
SAMPLES, SURE = 2000, 0.95
LEAST = 1e-6
"""A probability below counts as this, of any side."""
ONCE = """
import json
import sys
import time
from pathlib import Path

import numpy as np
import polars

from pipeline import export, optimize, train
from pipeline.graph import inference
from pipeline.task import data, processing

sys.argv[1:] = []
began = time.process_time()
train.main()
fit = time.process_time() - began
export.main()
optimize.main()
processor, opened = processing.load(Path("build/artifact")), inference.session(Path("build/artifact"), 1)
raw = data.raw(polars.read_parquet("build/data/test.parquet"))


def answered(rows):
    return inference.outputs(opened, processor.encode(rows))


times = []
for place in range(min(200, len(next(iter(raw.values()))))):
    one = {name: values[place : place + 1] for name, values in raw.items()}
    start = time.perf_counter()
    processor.decode(answered(one), one)
    times.append(time.perf_counter() - start)
found = answered(raw)
first = found["probabilities"] if "probabilities" in found else found["value"]
size = Path("build/artifact/model.onnx").stat().st_size
kept = {"answers": first, "fit": fit, "row": float(np.median(times)), "size": size}
labels = {"classes": np.array(processor.labels)} if "probabilities" in found else {}
np.savez("ours.npz", **kept, **labels)
"""
"""The stages from training to the artifact, and its answers, in one process, which loads the libraries once."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Split:
    """One split: what each side lost on each test row, and what it cost."""

    losses: Mapping[str, Floats]
    costs: Mapping[str, float] = field(default_factory=dict)
    """By `SIDE.fit` in processor seconds, `SIDE.row` in seconds, and `ours.size` in bytes."""


def call(folder: Path, *words: str) -> str:
    """Run `python -m ...` in a folder with one thread; return what it said. Raises SystemExit with it on failure."""
    return run(folder, sys.executable, "-m", *words)


def run(folder: Path, *words: str) -> str:
    """Run a command in a folder with one thread; return what it said. Raises SystemExit with it on failure."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)[:200]}: {done.stdout}{done.stderr}")
    return done.stdout


def environment() -> str:
    """Return the Python of the other sides' environment; make it first where it is not there."""
    place = ROOT / "build" / "table-peers"
    python = place / "bin" / "python"
    if not python.exists():
        run(ROOT, sys.executable, "-m", "venv", str(place))
        run(ROOT, str(python), "-m", "pip", "install", "--quiet", "-r", str(PEERS.with_suffix(".txt")))
    return str(python)


def built(folder: Path, table: Table, seed: int, rows: int) -> None:
    """Build a project whose trainer.yaml states the task alone, and prepare its data."""
    frame = table.frame()
    frame.sample(min(rows, frame.height), seed=7, shuffle=True).write_csv(folder / "data.csv")
    task = {"label": "classification", "value": "regression"}[table.kind]
    spec = {
        "trainerspec": 1,
        "name": "benchmark",
        "task": {"type": f"tabular-{task}", "outputs": {table.kind: table.column}},
        "data": {"source": {"path": "data.csv"}, "split": {"seed": seed}},
    }
    (folder / "trainer.yaml").write_text(json.dumps(spec), encoding="utf-8")
    call(folder, "trainerspec", "build")
    call(folder, "pipeline.prepare")


def split(folder: Path, table: Table, peers: str, sides: tuple[str, ...]) -> Split:
    """Fit all sides on the rows of a project; return what they lost on its test rows."""
    run(folder, sys.executable, "-c", ONCE)
    told = folder / "told"
    told.mkdir()
    shutil.move(folder / "ours.npz", told / "ours.npz")
    for name in ("train", "validation", "test"):
        shutil.copy(folder / f"build/data/{name}.parquet", told)
    if sides:
        run(told, peers, str(PEERS.resolve()), str(told), table.kind, *sides)
    truth = pl.read_parquet(told / "test.parquet")[table.kind].to_numpy()
    losses, costs = dict[str, Floats](), dict[str, float]()
    for side in (OURS, *sides):
        with np.load(told / f"{side}.npz") as found:
            losses[side] = lost(found["answers"], found.get("classes", None), truth)
            costs |= {f"{side}.{name}": float(found[name]) for name in ("fit", "row", "size") if name in found}
    return Split(losses=losses, costs=costs)


def lost(
    answers: npt.NDArray[np.generic], classes: npt.NDArray[np.str_] | None, truth: npt.NDArray[np.generic]
) -> Floats:
    """Return the logarithmic loss or the squared error of each row.

    >>> lost(np.array([[0.25, 0.75]]), np.array(["a", "b"]), np.array(["b"])).round(4).tolist()
    [0.2877]
    """
    given = np.asarray(answers, dtype=np.float64)
    if classes is None:
        return np.asarray((given.reshape(-1) - truth.astype(np.float64)) ** 2, dtype=np.float64)
    places = {name: place for place, name in enumerate(classes.tolist())}
    chosen = [given[row, places[str(name)]] if str(name) in places else 0.0 for row, name in enumerate(truth.tolist())]
    return np.asarray(-np.log(np.clip(chosen, LEAST, 1.0)), dtype=np.float64)


def scores(splits: list[Split], kind: str) -> dict[str, float]:
    """Return each side's logarithmic loss or root mean squared error, averaged over the splits."""
    means = {side: [float(one.losses[side].mean()) for one in splits] for side in splits[0].losses}
    return {side: float(np.mean(values if kind == "label" else np.sqrt(values))) for side, values in means.items()}


def better(splits: list[Split]) -> list[str]:
    """Name the sides that lose less than ours by more than chance: a paired bootstrap over the rows of all splits."""
    chance, found = np.random.default_rng(0), list[str]()
    for side in splits[0].losses:
        apart = np.concatenate([one.losses[OURS] - one.losses[side] for one in splits])
        means = [apart[chance.integers(0, len(apart), len(apart))].mean() for _ in range(SAMPLES)]
        if side != OURS and np.quantile(means, (1 - SURE) / 2) > 0:
            found.append(side)
    return found


def main() -> None:
    """Run what the command line names and print a row a table."""
    parser = argparse.ArgumentParser(description="Compare the rules' choice for tables with other people's models.")
    parser.add_argument("tables", nargs="*", default=CHOSEN, metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rows", type=int, default=MOST, help="rows of a table at most")
    parser.add_argument("--peers", metavar="PYTHON", help="of an environment with the other sides")
    parser.add_argument("--sides", nargs="*", default=SIDES, choices=SIDES)
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    peers = (asked.peers or environment()) if asked.sides else ""
    numbers: dict[str, Value] = {}
    ranks = dict[str, list[float]]()
    print(f"| table | {' | '.join((OURS, *asked.sides))} | better than ours |")
    for name in asked.tables:
        table, splits = TABLES[name], list[Split]()
        for seed in asked.seeds:
            with tempfile.TemporaryDirectory() as place:
                built(Path(place), table, seed, asked.rows)
                splits.append(split(Path(place), table, peers, tuple(asked.sides)))
        found, ahead = scores(splits, table.kind), better(splits)
        for side, rank in zip(found, rankdata(list(found.values())).tolist(), strict=True):
            ranks.setdefault(side, []).append(rank)
        print(f"| {name} | {' | '.join(f'{value:.4g}' for value in found.values())} | {', '.join(ahead)} |", flush=True)
        costs = {key: float(np.mean([one.costs[key] for one in splits])) for key in splits[0].costs}
        measured = {**found, **costs, "worse": float(len(ahead)), "splits": float(len(splits))}
        measured["rows"] = float(min(asked.rows, table.frame().height))
        numbers |= {f"{name}.{key}": value for key, value in measured.items()}
        numbers |= {f"rank.{side}": float(np.mean(values)) for side, values in ranks.items()}
        numbers["tables"] = float(len(ranks[OURS]))
        if asked.metrics:  # after each table, so that one that is cut off leaves what it measured
            write(asked.metrics, numbers)
    print("mean rank: " + ", ".join(f"{side} {np.mean(values):.2f}" for side, values in ranks.items()))


if __name__ == "__main__":
    main()
