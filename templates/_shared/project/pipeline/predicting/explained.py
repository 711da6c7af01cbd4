"""The contributions of the columns beside the answers; see graph/explainer.py for what they are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.base import digests
from pipeline.base.failure import Failure
from pipeline.graph.explainer import Explainer
from pipeline.predicting.answering import Inputs

MODEL = Path("build/model")
PREFIX = "contribution"


def explainer() -> Explainer:
    """Open what explains the trained model of this project.

    Raises Failure: TS852 where nothing does, TS837 where it is not what was trained.

    The task's own module loads what trains, which takes seconds: only where explanations are asked for.
    """
    from pipeline.predicting import explanation

    if not MODEL.is_dir():
        hint = "run in a project whose model is there: `trainerspec run`, or `dvc checkout`"
        raise Failure("TS852", f"explanations need the trained model in {MODEL}", hint=hint)
    digests.verify(MODEL, "train")
    found = explanation.load(MODEL)
    if found is None:
        raise Failure("TS852", "this task explains no rows", hint="leave out --explain; it is for tables")
    return found


def frame(explains: Explainer, inputs: Inputs, places: Sequence[int], rows: int) -> pl.DataFrame:
    """Return a column of contributions for each of the model's, and `contribution` with the start, for all rows.

    `inputs` are those of the rows at `places`; the others have none.
    """
    names = [f"{PREFIX}.{name}" for name in explains.columns] + [PREFIX]
    found = np.full((rows, len(names)), np.nan)
    if places:
        found[list(places)] = explains.explain(inputs)
    return pl.from_numpy(found, schema=names).fill_nan(None)
