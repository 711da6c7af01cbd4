"""A network of two layers that gives three quantiles of the hours; numeric work is inside the exported graph."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.task import processing
from pipeline.task.processing import Processor

QUANTILES = (0.05, 0.5, 0.95)
WIDTH = 24


class Network(nn.Module):
    """Features (rows x 2) to the quantiles of the hours (rows x 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.zeros(2))
        self.spread = nn.Buffer(torch.ones(2))
        self.layers = nn.Sequential(
            nn.Linear(2, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, len(QUANTILES))
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return hours; they are positive, and spread as they grow."""
        hours: Tensor = nn.functional.softplus(self.layers((features - self.mean) / self.spread))
        return hours


def build(features: Tensor, seed: int) -> Network:
    """Return the untrained network, scaled to the training rows."""
    torch.manual_seed(seed)
    network = Network()
    network.mean.copy_(features.mean(dim=0))
    network.spread.copy_(features.std(dim=0) + 1e-6)
    return network


def save(network: nn.Module, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors and the processor's files."""
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    processing.save(processor, folder)


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    network = Network()
    network.load_state_dict(load_file(folder / "weights.safetensors"))
    return network.eval()
