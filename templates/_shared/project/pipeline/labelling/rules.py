"""Rules of the spec vote for labels: words in the texts of a row, or a condition over its columns.

A vote counts by how often the rule is right on the labelled rows, as evidence of sources that err on their own does
(naive Bayes). Patterns are those of a linear engine: no text makes them slow.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.params import Params, Value
from pipeline.base.progress import Progress
from pipeline.dataset.table_files import first_line
from pipeline.labelling.confidence import Method, Sure
from pipeline.labelling.rows import UNKNOWN, Rows, Scores, Truth
from pipeline.reading import repairs

DEFAULT = 1.0
"""The temperature where nothing is known of how right they are."""
RIGHT, ALL = 2.0, 3.0
"""Votes that every rule is taken to have cast before: two of three were right."""


def methods(
    settings: Params, rows: Rows, roles: pl.DataFrame, before: Sequence[Sure], say: Progress
) -> Mapping[str, Method]:
    """Return how the rules label; raises Failure TS828 when one does not fit the data."""
    listed = settings.mapping("data.label").get("rules")
    given = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    fired = [holds(rule, rows.frame, settings) for rule in given]
    places = [rows.labels.index(str(rule["label"])) for rule in given]
    for rule, hits in zip(given, fired, strict=True):
        if not hits.any():
            say.say(f"no row fits the rule {shown(rule)}")

    def votes(truth: Truth) -> Scores:
        classes = len(rows.labels)
        scores, voted = np.zeros((len(truth), classes)), np.zeros(len(truth), np.bool_)
        for hits, place in zip(fired, places, strict=True):
            known = hits & (truth != UNKNOWN)
            share = (RIGHT + (truth[known] == place).sum()) / (ALL + known.sum())
            scores[hits, place] += np.log(share * max(1, classes - 1) / (1 - share))
            voted |= hits
        ordered = np.sort(scores, axis=1)
        tied = ordered[:, -1] - ordered[:, -2] < 1e-9
        scores[~voted | tied] = np.nan
        return scores

    return {"rules": votes}


def holds(rule: Mapping[str, Value], frame: pl.DataFrame, settings: Params) -> npt.NDArray[np.bool_]:
    """Tell the rows for which a rule holds."""
    types = settings.mapping("data.contract.hard").get("columns")
    view = repairs.comparable(frame, types if isinstance(types, Mapping) else {})
    if "pattern" in rule:
        texts = [name for name, kind in view.schema.items() if kind == pl.String and not name.startswith("__")]
        texts = [name for name in texts if name not in settings.renames("outputs").values()]
        found = pl.any_horizontal(pl.col(texts).str.contains(str(rule["pattern"])).fill_null(False))
    else:
        found = pl.sql_expr(str(rule["where"]))
    try:
        return view.select(found.fill_null(False).alias("holds")).to_series().to_numpy()
    except pl.exceptions.PolarsError as error:
        message = f"the rule {shown(rule)} does not fit the data: {first_line(error)}"
        raise Failure("TS828", message, hint="correct it under `data.label.rules` in trainer.yaml") from error


def shown(rule: Mapping[str, Value]) -> str:
    """Name a rule."""
    return f"`{rule['label']}: {rule.get('where') or rule.get('words')}`"
