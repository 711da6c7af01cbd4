"""Train a table's models once more, on the training and the validation rows together.

How long each trains, how they are weighed and how they are calibrated is known from the validation rows by then, and
so is how good they are: what the models before answered there is kept (tables/held_out.py), and is what is scored.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.base import params
from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Rows
from pipeline.tabular_models import train_network
from pipeline.tabular_models.ensembling import train_ensemble
from pipeline.tabular_models.ensembling.ensemble import Ensemble, Single
from pipeline.tabular_models.ensembling.kept_network import Fitter
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.training.recipe import History, Settings

Again: TypeAlias = Callable[[Sequence[Column], Rows, int, Settings, Progress], Single]
"""Takes columns, rows, the round, epoch or penalty that was kept, how to train, and reports; gives the model."""
MOST = 20_000
"""More rows than these teach little that the training rows do not, and take their time once more."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How one kind of model is trained."""

    fit: Fitter
    """On the training rows, judged by the validation rows."""
    again: Again
    """On other rows, for as long."""


def wanted(rows: int) -> bool:
    """Tell whether so many rows are worth it; a trial is only there to be scored."""
    return rows <= MOST and params.TRIAL not in os.environ


def refit(
    ways: Mapping[str, Way],
    before: Learnt,
    history: History,
    columns: Sequence[Column],
    rows: Rows,
    trained: int,
    how: Settings,
    say: Progress,
) -> Learnt:
    """Train what `before` is made of on more rows, and weigh it alike; `history` counts the time too."""
    started, models = time.monotonic(), list[Single]()
    for name, kept in history.kept.items():
        own, steps = how, kept
        if name == train_network.NAME:  # as many steps as before: an epoch of more rows has more of them
            own = train_ensemble.of_network(how, trained) if isinstance(before, Ensemble) else how
            steps = max(1, round(kept * trained / len(rows)))
        models.append(ways[name].again(columns, rows, steps, own, say).cpu())
    history.seconds += time.monotonic() - started
    told = ", ".join(f"{name} up to {kept}" for name, kept in history.kept.items())
    say.say(f"trained again on {len(rows)} rows, the validation rows among them: {told}")
    if not isinstance(before, Ensemble):
        return models[0].eval()
    return Ensemble(models, before.weights, classes=before.classes).eval()
