"""Trees or a network that predict a number: save them, load them, and what of them is exported."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.base import params
from pipeline.base.files import read_numbers, write_json
from pipeline.tabular_models import tabular_model
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.task import processing
from pipeline.task.processing import Processor

OUTPUTS = 3
"""The number, and the quantiles between which it lies in nine rows of ten; in units of the scale."""
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How outputs become numbers in the units of the data."""

    center: float
    spread: float
    margin: float = 0.0
    """By how much the interval is widened on both sides, in units of the data; negative: narrowed."""


class Served(nn.Module):
    """What is exported: the number and its interval, in one graph."""

    def __init__(self, model: nn.Module, scale: Scale) -> None:
        super().__init__()
        self.model, self.scale = model, scale

    def forward(self, values: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the number (rows) and its interval (rows x 2), which holds it."""
        outputs = self.model(values, codes).mean(dim=1) * self.scale.spread + self.scale.center
        number, one, other = outputs[:, 0], outputs[:, 1], outputs[:, 2]
        low = torch.minimum(torch.minimum(one, other) - self.scale.margin, number)
        high = torch.maximum(torch.maximum(one, other) + self.scale.margin, number)
        return number, torch.stack([low, high], dim=1)


def save(model: Learnt, scale: Scale, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, model.json, scale.json and the processor's files."""
    tabular_model.save(model, folder)
    write_json(folder / "scale.json", asdict(scale))
    processing.save(processor, folder)


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    model = tabular_model.load(processing.load(folder).features, folder, params.load().text("serve.engine"))
    return Served(model, Scale(**read_numbers(folder / "scale.json"))).eval()
