"""How much each column adds to the raw outputs of a row: Shapley values (Lundberg and Lee 2017, arXiv:1705.07874).

Of trees they are exact, by LightGBM's own TreeSHAP (Lundberg and others 2018, arXiv:1802.03888). Of a network they are
sampled (Štrumbelj and Kononenko 2014): rows of the training split take a row's values one column after the other, in
random orders; the contributions still add up exactly. Those of a linear model are exact, beside the mean of these rows.
Those of an ensemble are the weighted mean of its models'.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.tables.column_encoder import TIME_PARTS, Parts
from pipeline.tables.encoded_rows import Rows
from pipeline.tabular_models.boosting import GROWN, shown
from pipeline.tabular_models.ensembling.ensemble import Ensemble
from pipeline.tabular_models.linear import Linear
from pipeline.tabular_models.network import Network
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.tabular_models.target_statistics import Shown, Statistics

Floats = npt.NDArray[np.float64]
ORDERS = 16
"""Orders in which columns are taken, each from another row."""
SEED = 7


def contributions(model: Learnt, folder: Path, rows: Rows, background: Rows | None) -> Floats:
    """Return what each column adds to each output (rows x outputs x columns and one): the last is the start.

    A network, and what has one in it, needs some rows as `background`.
    """
    if isinstance(model, Ensemble):
        each = [contributions(one, folder, rows, background) for one in model.singles]
        return np.asarray(sum(weight * one for weight, one in zip(model.weights, each, strict=True)), np.float64)
    if isinstance(model, Linear | Network):
        assert background is not None
        return sampled(model, rows, background)
    return grown(model.parts, folder, rows)


def owners(parts: Parts, statistics: Statistics) -> list[int]:
    """Return for each feature of trees the column that it is made of."""
    categories = [parts.categories[one.category] for one in statistics]
    return [*parts.numbers, *(parts.times * len(TIME_PARTS)), *categories]


def grown(parts: Parts, folder: Path, rows: Rows) -> Floats:
    """Return exact contributions, averaged over the members."""
    kept = json.loads((folder / GROWN).read_text(encoding="utf-8"))
    statistics = tuple(Shown(**one) for one in kept["statistics"])
    owned, count = owners(parts, statistics), rows.values.shape[1]
    total = np.zeros((len(rows.values), kept["outputs"], count + 1))
    seen = shown(parts, statistics, rows)
    for one in kept["models"]:
        booster = lightgbm.Booster(model_str=one["trees"])
        found = np.asarray(booster.predict(seen, pred_contrib=True), np.float64)
        found = found.reshape(len(seen), len(one["outputs"]), len(owned) + 1) / kept["members"]
        for place, output in enumerate(one["outputs"]):
            for feature, column in enumerate((*owned, count)):
                total[:, output, column] += found[:, place, feature]
    return total


def sampled(model: Linear | Network, rows: Rows, background: Rows) -> Floats:
    """Return sampled contributions: the mean over ORDERS."""
    count, chance = rows.values.shape[1], np.random.default_rng(SEED)
    total = np.zeros((len(rows.values), model.outputs, count + 1))
    with torch.inference_mode():
        for number in range(ORDERS):
            place = number % len(background.values)
            values = background.values[place].repeat(len(rows.values), 1)
            codes = background.codes[place].repeat(len(rows.values), 1)
            before = told(model, values, codes)
            total[:, :, count] += before / ORDERS
            for column in chance.permutation(count).tolist():
                values[:, column], codes[:, column] = rows.values[:, column], rows.codes[:, column]
                after = told(model, values, codes)
                total[:, :, column] += (after - before) / ORDERS
                before = after
    return total


def told(model: Linear | Network, values: Tensor, codes: Tensor) -> Floats:
    """Return the members' mean outputs (rows x outputs)."""
    found: Floats = model(values, codes).mean(dim=1).double().numpy()
    return found


def spread(count: int) -> Sequence[int]:
    """Return the places of ORDERS of `count` rows, evenly spread."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, ORDERS))})
