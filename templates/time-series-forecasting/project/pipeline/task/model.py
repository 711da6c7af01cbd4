"""Trees that say by how much a series departs from the simple forecast: save them, load them, and what is exported."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.base import params
from pipeline.base.files import read_numbers, write_json
from pipeline.series.features import NAMES
from pipeline.tables.column import Column
from pipeline.tabular_models import forest
from pipeline.tabular_models.forest import Forest
from pipeline.task import processing
from pipeline.task.processing import Processor

QUANTILES = (0.1, 0.5, 0.9)
"""The forecast, and between which values a step lies in eight cases of ten."""


class Served(nn.Module):
    """What is exported: the quantiles of each step, in the units of the series, in one graph."""

    def __init__(self, model: Forest, margin: float) -> None:
        """Take the trees, and by how many spreads the interval is widened on both sides."""
        super().__init__()
        self.model, self.margin = model, margin

    def forward(self, features: Tensor, center: Tensor, spread: Tensor) -> Tensor:
        """Return the quantiles (rows x steps x 3), each at least as large as the one before.

        Trees for one quantile know nothing of those for another: what crosses is sorted, as training scores it
        (Chernozhukov, Fernández-Val, Galichon 2010, https://doi.org/10.3982/ECTA7880).
        """
        flat = features.reshape(-1, len(NAMES))
        found = self.model(flat, codes(flat))[:, 0, :].reshape(-1, features.shape[1], len(QUANTILES))
        one, two, three = found[:, :, 0], found[:, :, 1], found[:, :, 2]
        low = torch.minimum(torch.minimum(one, two), three)
        middle = torch.maximum(torch.minimum(one, two), torch.minimum(torch.maximum(one, two), three))
        high = torch.maximum(torch.maximum(one, two), three)
        low, high = low - self.margin, high + self.margin
        return torch.stack([low, middle, high], dim=2) * spread.unsqueeze(2) + center.unsqueeze(2)


def codes(flat: Tensor) -> Tensor:
    """Return the codes of features as the trees take them: 1 for numbers, which are all known, and the series' own."""
    numbers = torch.ones_like(flat[:, :-1])
    return torch.cat([numbers, flat[:, -1:]], dim=1).long()


def columns(processor: Processor) -> list[Column]:
    """Return how the trees read the features: numbers, and the series as a category."""
    numbers = [Column(name=name, kind="number") for name in NAMES[:-1]]
    return [*numbers, Column(name=NAMES[-1], kind="category", values=processor.series)]


def save(model: Forest, margin: float, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, model.json, margin.json and the processor's files."""
    forest.save(model, folder)
    write_json(folder / "margin.json", {"margin": margin})
    processing.save(processor, folder)


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    trees = forest.load(columns(processing.load(folder)), folder)
    trees.operator = params.load().text("serve.engine") == "onnx"
    return Served(trees, read_numbers(folder / "margin.json")["margin"]).eval()
