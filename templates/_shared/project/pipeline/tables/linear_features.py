"""What linear models see of a table: scaled numbers, whether they are missing, and a column a value of a category."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from pipeline.tables import input_columns, text_features
from pipeline.tables.column import Encoder
from pipeline.tables.column_encoder import Parts

Floats: TypeAlias = npt.NDArray[np.float64]


def designs(train: pl.DataFrame, split: pl.DataFrame, processor: Encoder) -> tuple[Floats, Floats]:
    """Return the features of the training rows and of another split, scaled by what the training rows have.

    Of texts these are the numbers that were not learnt from what is predicted.
    """
    parts = Parts(processor.features)
    pairs = []
    for frame in (train, split):
        encoded = {name: array.copy() for name, array in processor.encode(input_columns.raw(frame)).items()}
        for column, place in zip(processor.columns, text_features.places(processor.columns), strict=True):
            for array in encoded.values():
                array[:, place.start : place.start + column.told] = 0
        numbers, known, categories = parts(*(torch.from_numpy(encoded[name]) for name in ("values", "codes")))
        one_hot = [np.eye(size)[categories[:, place].numpy()] for place, size in enumerate(parts.sizes)]
        pairs.append((numbers.double().numpy(), known.double().numpy(), one_hot))
    (numbers, known, _), _ = pairs
    count = np.maximum(1, known.sum(axis=0))
    center = (numbers * known).sum(axis=0) / count
    spread = np.sqrt(((numbers - center) ** 2 * known).sum(axis=0) / count)
    spread[spread == 0] = 1
    made = [np.concatenate([(n - center) / spread * k, 1 - k, *hot], axis=1) for n, k, hot in pairs]
    return made[0], made[1]
