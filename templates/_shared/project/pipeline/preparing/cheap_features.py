"""Examples as points that cost little: near ones are alike. Used where the training split is reduced.

Numbers are scaled. Texts and categories are hashed word by word (Weinberger et al. 2009,
https://arxiv.org/abs/0902.2206), and a rare word weighs more. The tasks on pictures bring their own.
"""

import zlib
from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl

WIDTH = 128
"""Places for words."""


def points(frame: pl.DataFrame) -> npt.NDArray[np.float32]:
    """Return a point for each row of the columns that the model reads."""
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_numeric() or dtype == pl.Boolean]
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    scaled = [standard(frame[name]) for name in numbers]
    made = [np.stack(scaled, axis=1)] if scaled else []
    made += [hashed(frame.select(texts))] if texts else []
    return np.concatenate(made, axis=1) if made else np.zeros((frame.height, 1), np.float32)


def standard(values: pl.Series) -> npt.NDArray[np.float32]:
    """Return numbers without their mean, by their spread; 0 for missing ones."""
    numbers = np.nan_to_num(
        values.cast(pl.Float64).to_numpy().astype(np.float64), nan=np.nan, posinf=np.nan, neginf=np.nan
    )
    known = numbers[~np.isnan(numbers)]
    middle, spread = (known.mean(), known.std() or 1.0) if len(known) else (0.0, 1.0)
    scaled: npt.NDArray[np.float32] = np.nan_to_num((numbers - middle) / spread).astype(np.float32)
    return scaled


def hashed(frame: pl.DataFrame) -> npt.NDArray[np.float32]:
    """Return the words of each row in WIDTH places, of length 1."""
    rows = [
        Counter(f"{name}={word}" for name, text in zip(frame.columns, row, strict=True) for word in words(text))
        for row in frame.iter_rows()
    ]
    seen = Counter(word for row in rows for word in row)
    made = np.zeros((len(rows), WIDTH), np.float32)
    for index, row in enumerate(rows):
        for word, count in row.items():
            digest = zlib.crc32(word.encode("utf-8", "replace"))
            rare = np.log((1 + len(rows)) / (1 + seen[word])) + 1
            made[index, digest % WIDTH] += (1 if digest & 0x80000000 else -1) * (1 + np.log(count)) * rare
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
    return made


def words(text: str | None) -> list[str]:
    """Return the words of a text, without regard to case."""
    return (text or "").casefold().split()
