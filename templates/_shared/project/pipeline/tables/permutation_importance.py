"""How much each column matters: what the score loses when the column's values are dealt out anew among the rows.

Breiman 2001, "Random Forests", https://doi.org/10.1023/A:1010933404324.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.graph import inference
from pipeline.graph.inference import Arrays
from pipeline.reporting import charts
from pipeline.tables import input_columns
from pipeline.tables.column import Encoder

ARTIFACT = Path("build/artifact")
REPEATS, MOST_ROWS, SEED = 5, 2000, 20_240_501
SHOWN = 15
"""Columns that are drawn; all are in the table."""


def importances(
    frame: pl.DataFrame, artifact: Path, processor: Encoder, loss: Callable[[Arrays, slice], float]
) -> list[tuple[str, float, float]]:
    """Return each column with the mean rise of the loss and its standard deviation, the largest first."""
    session = inference.session(artifact, 1)
    rows = slice(0, MOST_ROWS)
    encoded = processor.encode(input_columns.raw(frame[rows]))
    before = loss(inference.outputs(session, encoded), rows)
    chance = np.random.default_rng(SEED)
    found = []
    for place, column in enumerate(processor.columns):
        rises = []
        for _ in range(REPEATS):
            order = chance.permutation(len(encoded["values"]))
            dealt = {name: array.copy() for name, array in encoded.items()}
            for name in dealt:
                dealt[name][:, place] = encoded[name][order, place]
            rises.append(loss(inference.outputs(session, dealt), rows) - before)
        found.append((column.name, float(np.mean(rises)), float(np.std(rises))))
    return sorted(found, key=lambda one: -one[1])


def draw(
    frame: pl.DataFrame,
    processor: Encoder,
    loss: Callable[[Arrays, slice], float],
    name: str,
    table: Path,
    picture: Path,
) -> None:
    """Write every column's importance as a table, and those of the first ones as a chart."""
    found = importances(frame, ARTIFACT, processor, loss)
    pl.DataFrame(found, schema=["column", "rise", "deviation"], orient="row").write_csv(table)
    rows = {column: (rise, rise - spread, rise + spread) for column, rise, spread in found[:SHOWN]}
    charts.bars(rows, f"Rise of the {name} when a column's values are dealt out anew", picture, reach=0.0)
