"""Compare the two models of tables with each other and with scikit-learn's, on tables that packages carry.

    python -m benchmarks.tables penguins breast-cancer diabetes --seeds 7 1 2

For each table, model and seed of the split a project is built and run up to the score of its test split: what is
scored is the graph that ships. HistGradientBoosting with its usual settings is fitted on the training and validation
rows together. Prints a Markdown table of means over seeds. `titanic` and `auto-mpg` are in the package
bokeh-sampledata, `penguins` in palmerpenguins.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import sklearn.datasets
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, roc_auc_score, root_mean_squared_error
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.measured import Value, write

STAGES = ("prepare", "train", "export", "optimize", "evaluate --split test")
BASES = ("boosted-trees", "table-network")
SHOWN = {"label": ("log_loss", "accuracy", "auroc", "seconds"), "value": ("rmse", "mae", "r2", "coverage", "seconds")}


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, and which column is predicted: a `label` or a `value`."""

    frame: Callable[[], pl.DataFrame]
    column: str
    kind: str


def packaged(package: str, path: str) -> pl.DataFrame:
    """Read a CSV file inside a package. Raises SystemExit when the package is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the package {package} is not installed")
    return pl.read_csv(
        Path(spec.submodule_search_locations[0]) / path, null_values=["NA", "?"], infer_schema_length=None
    )


def bundled(load: Callable[..., object], *, names: bool) -> pl.DataFrame:
    """Make a table of one of scikit-learn's data sets; `names` puts classes by name."""
    found = load()
    frame = pl.DataFrame({str(name): found.data[:, place] for place, name in enumerate(found.feature_names)})  # type: ignore[attr-defined]
    target = [str(found.target_names[code]) for code in found.target] if names else found.target  # type: ignore[attr-defined]
    return frame.with_columns(target=pl.Series(target))


TABLES = {
    "penguins": Table(frame=lambda: packaged("palmerpenguins", "data/penguins.csv"), column="species", kind="label"),
    "breast-cancer": Table(
        frame=lambda: bundled(sklearn.datasets.load_breast_cancer, names=True), column="target", kind="label"
    ),
    "titanic": Table(
        frame=lambda: packaged("bokeh_sampledata", "_data/titanic_all.csv"), column="survived", kind="label"
    ),
    "diabetes": Table(
        frame=lambda: bundled(sklearn.datasets.load_diabetes, names=False), column="target", kind="value"
    ),
    "auto-mpg": Table(
        frame=lambda: packaged("bokeh_sampledata", "_data/auto-mpg.csv").drop("name"), column="mpg", kind="value"
    ),
}


def call(folder: Path, *words: str) -> str:
    """Run `python -m ...` in a folder with one thread; return what it said. Raises SystemExit with it on failure."""
    return run(folder, "-m", *words)


def run(folder: Path, *words: str) -> str:
    """Run `python ...` in a folder with one thread; return what it said. Raises SystemExit with it on failure."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def ours(folder: Path, table: Table, base: str, seed: int) -> Mapping[str, float]:
    """Build and run a project in `folder`, which holds data.csv; give the scores of its test split."""
    task = {"label": "classification", "value": "regression"}[table.kind]
    spec = {
        "trainerspec": 1,
        "name": "benchmark",
        "task": {"type": f"tabular-{task}", "outputs": {table.kind: table.column}},
        "data": {"source": {"path": "data.csv"}, "split": {"seed": seed}},
        "model": {"base": base},
    }
    (folder / "trainer.yaml").write_text(json.dumps(spec), encoding="utf-8")
    call(folder, "trainerspec", "build")
    for stage in STAGES:
        call(folder, *f"pipeline.{stage}".split())
    found: dict[str, float] = json.loads((folder / "build/evaluation/test.json").read_text(encoding="utf-8"))
    return found


def theirs(folder: Path, kind: str) -> Mapping[str, float]:
    """Fit scikit-learn's boosting on the project's own splits and score it."""
    parts = [pl.read_parquet(folder / f"build/data/{part}.parquet") for part in ("train", "validation", "test")]
    fitted, held = pl.concat(parts[:2]), parts[2]
    read = [name for name in fitted.columns if name not in ("id", "key", kind)]
    texts = [fitted.schema[name] in (pl.String, pl.Boolean) for name in read]
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    columns: list[Sequence[np.ndarray]] = []
    for name, is_text in zip(read, texts, strict=True):
        pair = [
            frame[name].cast(pl.String if is_text else pl.Float64).to_numpy().reshape(-1, 1) for frame in (fitted, held)
        ]
        columns.append((codes.fit_transform(pair[0]), codes.transform(pair[1])) if is_text else pair)
    seen, asked = (np.concatenate([pair[side] for pair in columns], axis=1).astype(float) for side in (0, 1))
    truth = held[kind].to_numpy()
    if kind == "value":
        said = (
            HistGradientBoostingRegressor(categorical_features=texts, random_state=0)
            .fit(seen, fitted[kind])
            .predict(asked)
        )
        return {"rmse": root_mean_squared_error(truth, said), "mae": mean_absolute_error(truth, said)}
    model = HistGradientBoostingClassifier(categorical_features=texts, random_state=0).fit(
        seen, fitted[kind].to_numpy()
    )
    scores = model.predict_proba(asked)
    ranked = scores[:, 1] if scores.shape[1] == 2 else scores
    return {
        "log_loss": log_loss(truth, scores, labels=model.classes_),
        "accuracy": accuracy_score(truth, model.predict(asked)),
        "auroc": roc_auc_score(truth, ranked, multi_class="ovr", labels=model.classes_),
    }


def main() -> None:
    """Run what the command line names and print a row a table and model."""
    parser = argparse.ArgumentParser(description="Compare models of tables.")
    parser.add_argument("tables", nargs="+", choices=sorted(TABLES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[7])
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write the numbers to this file")
    asked = parser.parse_args()
    numbers: dict[str, Value] = {}
    print("| table | model | scores | training |\n| --- | --- | --- | --- |")
    for name in asked.tables:
        table, found = TABLES[name], dict[str, list[Mapping[str, float]]]()
        for seed in asked.seeds:
            for base in BASES:
                with tempfile.TemporaryDirectory() as place:
                    folder = Path(place)
                    table.frame().write_csv(folder / "data.csv")
                    scores = dict(ours(folder, table, base, seed))
                    trained = json.loads((folder / "build/training.json").read_text(encoding="utf-8"))["train.time"]
                    found.setdefault(base, []).append(scores | {"seconds": trained})
                    if base == BASES[0]:
                        found.setdefault("scikit-learn", []).append(theirs(folder, table.kind))
                        prefix = f"baseline.{'logistic' if table.kind == 'label' else 'linear'}."
                        line = {
                            key.removeprefix(prefix): value for key, value in scores.items() if key.startswith(prefix)
                        }
                        found.setdefault("linear", []).append(line)
        for model, runs in found.items():
            means = {key: float(np.mean([run[key] for run in runs])) for key in SHOWN[table.kind] if key in runs[0]}
            shown = ", ".join(f"{key} {value:.4g}" for key, value in means.items())
            seconds = f"{means['seconds']:.0f} s" if "seconds" in means else ""
            print(f"| {name} | {model} | {shown} | {seconds} |", flush=True)
            numbers |= {f"{name}.{model}.{key}": value for key, value in means.items()}
        numbers |= {f"{name}.rows": float(table.frame().height), f"{name}.splits": float(len(asked.seeds))}
    if asked.metrics:
        write(asked.metrics, numbers)


if __name__ == "__main__":
    main()
