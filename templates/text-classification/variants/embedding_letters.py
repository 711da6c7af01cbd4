"""Texts as points, by the words and letters that they share: near ones are alike. Labels rows without an encoder.

Latent semantic analysis (Deerwester et al. 1990) of words and of runs of three to five letters, in any language.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.task import data

WIDTH = 128
MOST = 30_000
"""Words, and runs of letters, that count."""
CHARACTERS = 4_000
"""Of a longer text the beginning counts."""


def embed(
    settings: Params, frame: pl.DataFrame, words: Sequence[str], say: Progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return a point for each text, and one for each of the `words` that name the classes."""
    texts = [text[:CHARACTERS] for text in [*data.texts(frame), *words]]
    say.say(f"{frame.height} texts compared by their words and letters")
    counted = FeatureUnion(
        [
            ("words", TfidfVectorizer(sublinear_tf=True, max_features=MOST, token_pattern=r"(?u)\b\w+\b")),
            ("letters", TfidfVectorizer(sublinear_tf=True, max_features=MOST, analyzer="char_wb", ngram_range=(3, 5))),
        ]
    ).fit_transform(texts)
    width = min(WIDTH, min(counted.shape) - 1)
    points = TruncatedSVD(width, random_state=0).fit_transform(counted).astype(np.float32)
    return points[: frame.height], points[frame.height :]
