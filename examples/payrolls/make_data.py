"""Write the monthly employment of the `vega-datasets` wheel as one long CSV file: a row a sector and month.

    python examples/payrolls/make_data.py FOLDER

The numbers are of the U.S. Bureau of Labor Statistics (public domain), in thousands, 2006 to 2015.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl

CHANGE = "nonfarm_change"
"""A column of differences, no sector."""


def table() -> Path:
    """Return the file inside the wheel.

    Raises SystemExit when the wheel is not installed.
    """
    spec = find_spec("vega_datasets")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("vega-datasets is not installed: run `make setup`")
    return Path(spec.submodule_search_locations[0]) / "_data" / "us-employment.csv"


def main(folder: Path) -> None:
    """Write the long table to `folder/data/employment.csv`."""
    target = folder / "data" / "employment.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    wide = pl.read_csv(table()).drop(CHANGE)
    long = wide.unpivot(index="month", variable_name="sector", value_name="employees")
    long.write_csv(target)
    print(f"{long.height} rows of {wide.width - 1} sectors in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
