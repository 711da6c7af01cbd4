"""A linear model of a table: scaled numbers, whether each is missing, and a weight for each value of a category."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tables.column_encoder import Parts
from pipeline.tables.encoded_rows import Rows


class Linear(nn.Module):
    """`values` and `codes` to outputs, as one member."""

    center: Tensor
    spread: Tensor

    def __init__(self, columns: Sequence[Column], outputs: int) -> None:
        super().__init__()
        self.parts, self.outputs = Parts(columns), outputs
        self.register_buffer("center", torch.zeros(self.parts.width))
        self.register_buffer("spread", torch.ones(self.parts.width))
        self.numbers = nn.Linear(2 * self.parts.width, outputs, bias=False) if self.parts.width else None
        self.categories = nn.ModuleList(nn.Embedding(size, outputs) for size in self.parts.sizes)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def learn(self, rows: Rows) -> None:
        """Take the middle and the spread of each number from the training rows."""
        numbers, known, _ = (tensor.double() for tensor in self.parts(rows.values, rows.codes))
        count = known.sum(dim=0).clamp(min=1)
        center = (numbers * known).sum(dim=0) / count
        spread = (((numbers - center) ** 2 * known).sum(dim=0) / count).sqrt()
        self.center.copy_(center)
        self.spread.copy_(torch.where(spread > 0, spread, torch.ones_like(spread)))

    def scaled(self, numbers: Tensor, known: Tensor) -> Tensor:
        """Return the numbers, scaled, and whether each is missing (rows x twice their count)."""
        return torch.cat([(numbers - self.center) / self.spread * known, 1 - known], dim=1)

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs (rows x 1 x outputs)."""
        numbers, known, categories = self.parts(values, codes)
        terms = [self.numbers(self.scaled(numbers, known))] if self.numbers is not None else []
        terms += [embedding(categories[:, place]) for place, embedding in enumerate(self.categories)]
        return (torch.stack(terms).sum(dim=0) + self.bias).unsqueeze(1)

    def take(self, weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]) -> None:
        """Take weights (outputs x features), in the order of train_linear.features."""
        found, start = torch.from_numpy(weights).float(), 2 * self.parts.width
        if self.numbers is not None:
            self.numbers.weight.data = found[:, :start].contiguous()
        for embedding, size in zip(self.categories, self.parts.sizes, strict=True):
            embedding.weight.data = found[:, start : start + size].T.contiguous()
            start += size
        self.bias.data = torch.from_numpy(bias).float()


def state(model: Linear) -> dict[str, Tensor]:
    """Return the weights that are kept."""
    return {name: value.detach().contiguous() for name, value in model.state_dict().items()}


def about(model: Linear) -> dict[str, object]:
    """Return what is kept beside the weights."""
    return {"model": "linear", "outputs": model.outputs}


def restored(columns: Sequence[Column], told: Mapping[str, Any], kept: Mapping[str, Tensor]) -> Linear:
    """Return the model of which these are the weights."""
    model = Linear(columns, told["outputs"])
    model.load_state_dict(dict(kept))
    return model.eval()
