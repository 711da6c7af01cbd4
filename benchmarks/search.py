"""Compare what a search finds with what the rules choose, on small tables that packages carry.

    python -m benchmarks.search --metrics metrics/search.json

For each table `trainerspec tune` tries bases and their settings on the training and validation rows, and what it takes
and the rules' choice are trained and scored on the test split, which no trial reads. So that all tables take minutes,
there are at most 600 rows, half of them test; the rules choose all else. The tables are
those of benchmarks/table_data.py.
"""

import argparse
import json
import re
import resource
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measured import Value, write
from benchmarks.table_data import TABLES, Table
from benchmarks.tables import call, run

ROWS = 600
SPLIT = {"train": "40%", "validation": "10%", "test": "50%", "seed": 7}
METRIC = {"label": "log_loss", "value": "rmse"}
TAKEN, FIRST = re.compile(r"of what is taken: ([\d.e+-]+);"), re.compile(r"as it is built: ([\d.e+-]+)")
"""How a search says the validation score of what it takes, and of the rules' choice."""
ONCE = """
import sys
from pipeline import train, export, optimize, evaluate
sys.argv[1:] = []
train.main()
export.main()
optimize.main()
sys.argv[1:] = ["--split", "test"]
evaluate.main()
"""
"""The stages up to the score of the test split, in one process, which loads the libraries once."""


ALL = ("penguins", "breast-cancer", "diabetes", "auto-mpg", "titanic", "wine", "fair", "glass")


def scored(folder: Path, metric: str) -> float:
    """Build and train what trainer.yaml says, and score the graph that ships on the test split."""
    call(folder, "trainerspec", "build")
    run(folder, sys.executable, "-c", ONCE)
    found: dict[str, float] = json.loads((folder / "build/evaluation/test.json").read_text(encoding="utf-8"))
    return found[metric]


def compared(folder: Path, table: Table, trials: int) -> Mapping[str, float]:
    """Search in `folder`; return the scores of the rules' choice and of the winner."""
    rows = table.frame()
    rows.sample(min(ROWS, rows.height), seed=7, shuffle=True).write_csv(folder / "data.csv")
    task = {"label": "classification", "value": "regression"}[table.kind]
    spec = {
        "trainerspec": 1,
        "name": "benchmark",
        "task": {"type": f"tabular-{task}", "outputs": {table.kind: table.column}},
        "data": {"source": {"path": "data.csv"}, "split": SPLIT},
        "objectives": [f"minimize {METRIC[table.kind]}"],
        "search": {"trials": trials},
    }
    (folder / "trainer.yaml").write_text(json.dumps(spec), encoding="utf-8")
    call(folder, "trainerspec", "build")
    call(folder, "pipeline.prepare")
    rule = scored(folder, METRIC[table.kind])
    said = call(folder, "trainerspec", "tune", ".", "--apply")
    taken, first = TAKEN.search(said), FIRST.search(said)
    assert taken
    assert first
    return {
        "validation.rule": float(first[1]),
        "validation.search": float(taken[1]),
        "test.rule": rule,
        "test.search": scored(folder, METRIC[table.kind]),
        "rows": float(min(ROWS, rows.height)),
    }


def main() -> None:
    """Run what the command line names and print a row a table."""
    parser = argparse.ArgumentParser(description="Compare a search with the rules' choice.")
    parser.add_argument("tables", nargs="*", default=ALL)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    numbers: dict[str, Value] = {"trials": float(asked.trials)}
    gains, better = list[float](), 0
    print("| table | validation: rule, search | test: rule, search |\n| --- | --- | --- |")
    for name in asked.tables:
        with tempfile.TemporaryDirectory() as place:
            found = compared(Path(place), TABLES[name], asked.trials)
        better += found["validation.search"] < found["validation.rule"]
        gains.append(1 - found["test.search"] / found["test.rule"])
        shown = [f"{found[f'{split}.rule']:.4g}, {found[f'{split}.search']:.4g}" for split in ("validation", "test")]
        print(f"| {name} | {' | '.join(shown)} |", flush=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        numbers |= {f"{name}.{key}": value for key, value in found.items()}
        numbers |= {"validation.better": float(better), "test.gain": sum(gains) / len(gains)}
        numbers |= {"tables": float(len(gains)), "seconds.cpu": used.ru_utime + used.ru_stime}
        if asked.metrics:  # after each table, so that one that is cut off leaves what it measured
            write(asked.metrics, numbers)
    print(f"validation better on {better} of {len(gains)}; test error {numbers['test.gain']:.1%} lower on average")


if __name__ == "__main__":
    main()
