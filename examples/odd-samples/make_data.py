"""Write measured tissue samples of scikit-learn's breast cancer data as one CSV file, few of them malignant.

    python examples/odd-samples/make_data.py FOLDER

All 357 benign samples and every sixth malignant one, in the data's order: 36. The data set (Wolberg, Mangasarian,
Street, Street 1995, UCI Machine Learning Repository, CC BY 4.0) comes with scikit-learn.
"""

import sys
from pathlib import Path

import polars as pl
from sklearn.datasets import load_breast_cancer

EACH = 6
"""Of so many malignant samples one is kept: what is looked for is rare."""


def table() -> pl.DataFrame:
    """Return a row a sample: thirty measurements of its cells, and whether it is abnormal."""
    data = load_breast_cancer()
    malignant = pl.Series("abnormal", data.target == list(data.target_names).index("malignant"))
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    frame = pl.DataFrame(data.data, schema=names).with_columns(malignant)
    rare = frame.filter(pl.col("abnormal")).gather_every(EACH)
    return pl.concat([frame.filter(~pl.col("abnormal")), rare])


def main(folder: Path) -> None:
    """Write the table to `folder/data/samples.csv`."""
    target = folder / "data" / "samples.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    frame = table()
    frame.write_csv(target)
    print(f"{frame.height} samples, {frame['abnormal'].sum()} of them abnormal, in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
