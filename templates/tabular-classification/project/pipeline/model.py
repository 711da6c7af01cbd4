"""Trees or a network that tell classes apart: fit them, save them, load them, and what of them is exported."""

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline import forest, network, processing
from pipeline.forest import Forest
from pipeline.network import Network
from pipeline.processing import Processor


class Served(nn.Module):
    """What is exported: the mean of the members' probabilities, in one graph."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Give the probabilities (rows x classes)."""
        return torch.softmax(self.model(values, codes), dim=-1).mean(dim=1)


def save(model: Forest | Network, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, model.json and the processor's files."""
    if isinstance(model, Forest):
        forest.save(model, folder)
    else:
        network.save(model, folder)
    processing.save(processor, folder)


def load(folder: Path) -> Forest | Network:
    """Read a trained model, ready to infer."""
    kind = json.loads((folder / "model.json").read_text())["model"]
    columns = processing.load(folder).columns
    return forest.load(columns, folder) if kind == "trees" else network.load(columns, folder)


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
