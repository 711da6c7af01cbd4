"""Rows of a table as points: scaled numbers, and a place for each value of a category. Used to label rows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.tables import input_columns, linear_features, text_learning
from pipeline.task.processing import Processor


def embed(
    settings: Params, frame: pl.DataFrame, words: Sequence[str], say: Progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return a point for each row; none for `words`, which are of another kind."""
    say.say(f"{frame.height} rows compared by their columns")
    texts = text_learning.learn(input_columns.fit(frame, settings), frame, None, settings, say)
    processor = Processor(texts.columns, settings.texts("labels"), tables=texts.tables)
    points, _ = linear_features.designs(frame, frame.head(1), processor)
    return points.astype(np.float32), None
