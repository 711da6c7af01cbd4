"""How much each column matters: what the score loses when the column's values are dealt out anew among the rows.

Breiman 2001, "Random Forests", https://doi.org/10.1023/A:1010933404324.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.graph import inference
from pipeline.graph.inference import Arrays
from pipeline.reporting import charts, spreadsheets
from pipeline.tables import input_columns, text_features
from pipeline.tables.column import Encoder

ARTIFACT = Path("build/artifact")
REPEATS, MOST_ROWS, SEED = 5, 2000, 20_240_501
SECONDS, FEWEST_ROWS = 10.0, 100
"""How long it may take: what does not fit is left out, repeats first, then rows down to the fewest."""
SHOWN = 15
"""Columns that are drawn; all are in the table."""


def affordable(seconds: float, rows: int, columns: int) -> tuple[int, int]:
    """Return how many rows and repeats fit, when the graph takes so many seconds for so many rows.

    >>> affordable(0.001, 2000, 10), affordable(0.5, 2000, 10), affordable(60.0, 2000, 80)
    ((2000, 5), (2000, 2), (100, 1))
    """
    passes = int(SECONDS / max(seconds * columns, 1e-9))
    if passes >= 1:
        return rows, min(REPEATS, passes)
    return min(rows, max(FEWEST_ROWS, int(rows * SECONDS / (seconds * columns)))), 1


def importances(
    frame: pl.DataFrame, artifact: Path, processor: Encoder, loss: Callable[[Arrays, slice], float]
) -> tuple[list[tuple[str, float, float]], str]:
    """Return each column with the mean rise of the loss and its standard deviation, the largest first.

    And from how many rows and repeats.
    """
    session = inference.session(artifact, 1)
    encoded = processor.encode(input_columns.raw(frame[slice(0, MOST_ROWS)]))
    started, count = time.process_time(), len(encoded["values"])
    inference.outputs(session, encoded)
    count, repeats = affordable(time.process_time() - started, count, len(processor.columns))
    rows = slice(0, count)
    encoded = {name: array[rows] for name, array in encoded.items()}
    before = loss(inference.outputs(session, encoded), rows)
    chance = np.random.default_rng(SEED)
    found = []
    for column, place in zip(processor.columns, text_features.places(processor.columns), strict=True):
        rises = []
        for _ in range(repeats):
            order = chance.permutation(len(encoded["values"]))
            dealt = {name: array.copy() for name, array in encoded.items()}
            for name in dealt:
                dealt[name][:, place] = encoded[name][order, place]
            rises.append(loss(inference.outputs(session, dealt), rows) - before)
        found.append((column.name, float(np.mean(rises)), float(np.std(rises))))
    return sorted(found, key=lambda one: -one[1]), f"{count} of {frame.height} rows, {repeats} times"


def draw(
    frame: pl.DataFrame,
    processor: Encoder,
    loss: Callable[[Arrays, slice], float],
    name: str,
    table: Path,
    picture: Path,
) -> None:
    """Write every column's importance as a table, and those of the first ones as a chart."""
    found, basis = importances(frame, ARTIFACT, processor, loss)
    spreadsheets.write(pl.DataFrame(found, schema=["column", "rise", "deviation"], orient="row"), table)
    rows = {column: (rise, rise - spread, rise + spread) for column, rise, spread in found[:SHOWN]}
    charts.bars(rows, f"Rise of the {name} when a column's values are shuffled ({basis})", picture, reach=0.0)
