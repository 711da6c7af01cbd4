"""From windows to texts: the part of the graph that every tagger shares, so that any network serves long texts."""

import torch
from torch import Tensor, nn


class Served(nn.Module):
    """What is exported: probabilities from token ids, for several windows of each text, in one graph."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, shapes: Tensor) -> Tensor:
        """Return the probabilities (texts x windows x tokens x tags)."""
        texts, windows, tokens = input_ids.shape
        flat = [tensor.reshape(texts * windows, tokens) for tensor in (input_ids, attention_mask, shapes)]
        logits = self.model(*flat)
        return torch.softmax(logits.reshape(texts, windows, tokens, logits.shape[-1]), dim=-1)
