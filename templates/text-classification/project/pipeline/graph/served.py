"""What is exported: the softmax of the logits of texts."""

from pathlib import Path

import torch
from torch import Tensor, nn


class Served(nn.Module):
    """What is exported: probabilities from the tensors of texts, in one graph."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the probabilities (texts x classes)."""
        return torch.softmax(self.model(input_ids, attention_mask), dim=-1)


def served(model: nn.Module, folder: Path) -> nn.Module:
    """Return the module that is exported; `folder` holds what `finish` wrote."""
    return Served(model)
