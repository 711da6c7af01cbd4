"""Train trees, a linear model and a network on a table, and weigh them by the validation rows.

The slots `model.train.*` say how the trees grow; the network has settings that suit small tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Judge, Rows
from pipeline.tabular_models import train_network
from pipeline.tabular_models.ensembling.ensemble import Ensemble, Single, answered
from pipeline.tabular_models.ensembling.kept_network import Fitter, kept_network
from pipeline.tabular_models.ensembling.weighing import RowLosses, weigh
from pipeline.training.recipe import History, Settings

MEMBERS, DROPOUT = 16, 0.15
"""Of the network."""
FEW, LONG, SHORT = 4000, 120, 40
"""Epochs of the network at most, with fewer training rows and with as many or more."""
RATE, DECAY, PATIENCE = 0.002, 0.01, 16
"""Its peak learning rate, its weight decay, and after how many epochs without a better score it ends."""
AT_ONCE = 512
"""Rows in one run: trees that are products need much memory a row."""


class Within(Progress):
    """Reports of one model among several: their steps are shown, and their lines only where they sum up."""

    def __init__(self, outer: Progress, name: str) -> None:
        super().__init__(outer.stage)
        self.name = name

    def __call__(self, step: float, total: float, unit: str, message: str = "") -> None:
        """Report a step without its line, which would read as the step of the whole."""
        super().__call__(step, total, f"{unit} ({self.name})" if unit else "", "" if unit else message)


def shape(settings: Params) -> tuple[int, float]:
    """Return the network's members and its dropout: those of the slots where it is the whole model."""
    if settings.text("model.train.strategy") == "ensemble":
        return MEMBERS, DROPOUT
    return settings.integer("model.train.members"), settings.number("model.train.dropout")


def of_network(how: Settings, rows: int) -> Settings:
    """Return how the network trains."""
    epochs = min(how.epochs, LONG if rows < FEW else SHORT)
    return replace(how, epochs=epochs, learning_rate=RATE, weight_decay=DECAY, patience=PATIENCE)


def fit(
    columns: Sequence[Column],
    fitters: Mapping[str, Fitter],
    losses: RowLosses,
    splits: tuple[Rows, Rows],
    judge: Judge,
    how: Settings,
    say: Progress,
    *,
    classes: bool,
) -> tuple[Ensemble, History]:
    """Train each model with early stopping, and weigh them; give the ensemble, and what happened."""
    train, held = splits
    models, answers, told = list[Single](), list[npt.NDArray[np.float64]](), list[History]()
    for name, fitted in fitters.items():
        inner = Within(say, name)
        if name == train_network.NAME:
            model, about = kept_network(fitted, columns, splits, of_network(how, len(train)), inner)
        else:
            model, about = fitted(how, inner)
        models.append(model.cpu().eval())
        answers.append(answers_of(models[-1], held, classes=classes))
        told.append(about)
        say.say(f"{name}: validation loss {losses(answers[-1]).mean():.4f}")
    weights = weigh(answers, losses, how.seed)
    named = zip(fitters, weights, strict=True)
    say.say("weighed: " + ", ".join(f"{name} {weight:.0%}" for name, weight in named))
    places = [place for place, weight in enumerate(weights) if weight]
    found = Ensemble([models[place] for place in places], [weights[place] for place in places], classes=classes).eval()
    with torch.inference_mode():
        score, loss = judge(outputs_of(found, held).double().numpy())
    say(1, 1, "models", f"{len(places)} models averaged: validation {how.metric} {score:.4f}")
    kept = {name: step for place in places for name, step in told[place].kept.items()}
    seconds = sum(one.seconds for one in told)
    return found, History(losses=[(1, loss)], scores=[(1, score)], seconds=seconds, kept=kept)


def answers_of(model: Single, rows: Rows, *, classes: bool) -> npt.NDArray[np.float64]:
    """Return what a model answers (rows x outputs): probabilities of classes, or numbers."""
    with torch.inference_mode():
        found: npt.NDArray[np.float64] = answered(outputs_of(model, rows), classes=classes).double().numpy()
    return found


def outputs_of(model: Single | Ensemble, rows: Rows) -> torch.Tensor:
    """Return the outputs of all rows (rows x members x outputs)."""
    pieces = zip(torch.split(rows.values, AT_ONCE), torch.split(rows.codes, AT_ONCE), strict=True)
    return torch.cat([model(values, codes) for values, codes in pieces])
