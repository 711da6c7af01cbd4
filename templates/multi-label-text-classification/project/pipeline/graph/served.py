"""What is exported: a sigmoid for each label, and which labels reach their thresholds, in one graph."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn


class Served(nn.Module):
    """What is exported: probabilities and decisions from the tensors of texts."""

    thresholds: Tensor

    def __init__(self, model: nn.Module, chosen: Sequence[float]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("thresholds", torch.tensor(chosen, dtype=torch.float32))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the probabilities (texts x labels), and 1 where one reaches its label's threshold."""
        found = torch.sigmoid(self.model(input_ids, attention_mask))
        return found, (found >= self.thresholds).to(torch.int64)


def served(model: nn.Module, folder: Path) -> nn.Module:
    """Return the module that is exported; `folder` holds the thresholds that training chose."""
    chosen = json.loads((folder / "thresholds.json").read_text(encoding="utf-8"))
    return Served(model, [float(one["value"]) for one in chosen])
