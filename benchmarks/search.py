"""Compare what a search finds with what the rules choose, on small tables that packages carry.

    python -m benchmarks.search --metrics metrics/search.json

For each table boosted trees are built, `trainerspec tune` tries their settings on the training and validation rows, and
the rules' choice and the winner are trained and scored on the test split, which no trial reads. So that all tables take
minutes, there are at most 600 rows, half of them test, and one member; the rules choose all else. `titanic`,
`auto-mpg` and `glass` are in bokeh-sampledata, `fair` is in statsmodels, `penguins` in palmerpenguins.
"""

import argparse
import json
import resource
import tempfile
from collections.abc import Mapping
from pathlib import Path

import optuna
import polars as pl
import sklearn.datasets
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from benchmarks.measured import Value, write
from benchmarks.tables import TABLES, Table, bundled, call, packaged, run

ROWS = 600
SPLIT = {"train": "40%", "validation": "10%", "test": "50%", "seed": 7}
METRIC = {"label": "log_loss", "value": "rmse"}
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


def fair() -> pl.DataFrame:
    """Return Fair's survey of 1974, with whether there was an affair."""
    frame = packaged("statsmodels", "datasets/fair/fair.csv")
    return frame.with_columns(affair=pl.when(pl.col("affairs") > 0).then(pl.lit("yes")).otherwise(pl.lit("no"))).drop(
        "affairs"
    )


ALL = {
    **{name: TABLES[name] for name in ("penguins", "breast-cancer", "diabetes", "auto-mpg")},
    "titanic": Table(
        frame=lambda: packaged("bokeh_sampledata", "_data/titanic_all.csv").drop("name"),
        column="survived",
        kind="label",
    ),
    "wine": Table(frame=lambda: bundled(sklearn.datasets.load_wine, names=True), column="target", kind="label"),
    "fair": Table(frame=fair, column="affair", kind="label"),
    "glass": Table(frame=lambda: packaged("bokeh_sampledata", "_data/forensic_glass.csv"), column="type", kind="label"),
}


def scored(folder: Path, metric: str) -> float:
    """Build and train what trainer.yaml says, and score the graph that ships on the test split."""
    call(folder, "trainerspec", "build")
    run(folder, "-c", ONCE)
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
        "model": {"base": "boosted-trees", "train": {"members": 1}},
        "search": {"trials": trials},
    }
    (folder / "trainer.yaml").write_text(json.dumps(spec), encoding="utf-8")
    call(folder, "trainerspec", "build")
    call(folder, "pipeline.prepare")
    rule = scored(folder, METRIC[table.kind])
    call(folder, "trainerspec", "tune", ".", "--apply")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = JournalStorage(JournalFileBackend(str(folder / "work/tune/journal.log")))
    study = optuna.load_study(study_name=None, storage=journal)
    first = study.trials[0].value
    assert first is not None
    return {
        "validation.rule": first,
        "validation.search": study.best_value,
        "test.rule": rule,
        "test.search": scored(folder, METRIC[table.kind]),
        "rows": float(min(ROWS, rows.height)),
    }


def main() -> None:
    """Run what the command line names and print a row a table."""
    parser = argparse.ArgumentParser(description="Compare a search with the rules' choice.")
    parser.add_argument("tables", nargs="*", default=sorted(ALL))
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    numbers: dict[str, Value] = {"trials": float(asked.trials), "tables": float(len(asked.tables))}
    gains, better = list[float](), 0
    print("| table | validation: rule, search | test: rule, search |\n| --- | --- | --- |")
    for name in asked.tables:
        with tempfile.TemporaryDirectory() as place:
            found = compared(Path(place), ALL[name], asked.trials)
        better += found["validation.search"] < found["validation.rule"]
        gains.append(1 - found["test.search"] / found["test.rule"])
        shown = [f"{found[f'{split}.rule']:.4g}, {found[f'{split}.search']:.4g}" for split in ("validation", "test")]
        print(f"| {name} | {' | '.join(shown)} |", flush=True)
        numbers |= {f"{name}.{key}": value for key, value in found.items()}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    numbers |= {"validation.better": float(better), "test.gain": sum(gains) / len(gains)}
    numbers |= {"seconds.cpu": used.ru_utime + used.ru_stime}
    print(f"validation better on {better} of {len(gains)}; test error {numbers['test.gain']:.1%} lower on average")
    if asked.metrics:
        write(asked.metrics, numbers)


if __name__ == "__main__":
    main()
