"""Trees or a network that tell classes apart: save them, load them, and what of them is exported."""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.base import params
from pipeline.tabular_models import tabular_model
from pipeline.tabular_models.tabular_model import Learnt
from pipeline.task import calibration, processing
from pipeline.task.calibration import Calibration
from pipeline.task.processing import Processor


class Served(nn.Module):
    """What is exported: the mean of the members' probabilities, calibrated, in one graph."""

    def __init__(self, model: nn.Module, found: Calibration | None = None) -> None:
        super().__init__()
        self.model, self.calibration = model, found or Calibration()

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the probabilities (rows x classes)."""
        return self.calibration(torch.softmax(self.model(values, codes), dim=-1).mean(dim=1))


def save(model: Learnt, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, model.json and the processor's files."""
    tabular_model.save(model, folder)
    processing.save(processor, folder)


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    columns, engine = processing.load(folder).features, params.load().text("serve.engine")
    return Served(tabular_model.load(columns, folder, engine), calibration.load(folder)).eval()
