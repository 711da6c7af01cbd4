"""Trees, a linear model and a network as one model: the weighted mean of what they answer, in one graph."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.linear import Linear
from pipeline.tabular_models.network import Network

Single: TypeAlias = Forest | Linear | Network
LEAST = 1e-9
"""Mixed probabilities below count as this: FP32 holds their logarithm."""


class Ensemble(nn.Module):
    """`values` and `codes` to outputs, as one member.

    Of classes the probabilities are averaged, and their logarithms are the outputs; of numbers the outputs themselves.
    """

    def __init__(self, models: Sequence[Single], weights: Sequence[float], *, classes: bool) -> None:
        super().__init__()
        self.models, self.weights, self.classes = nn.ModuleList(models), tuple(weights), classes

    @property
    def singles(self) -> list[Single]:
        """Return the models that are averaged."""
        return [one for one in self.models if isinstance(one, Forest | Linear | Network)]

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs (rows x 1 x outputs)."""
        answers = [answered(one(values, codes), classes=self.classes) for one in self.singles]
        mean = torch.stack([answer * weight for answer, weight in zip(answers, self.weights, strict=True)]).sum(dim=0)
        return (torch.log(torch.clamp(mean, min=LEAST)) if self.classes else mean).unsqueeze(1)


def answered(outputs: Tensor, *, classes: bool) -> Tensor:
    """Return the mean of the members' answers (rows x outputs): probabilities of classes, or numbers."""
    return (torch.softmax(outputs, dim=-1) if classes else outputs).mean(dim=1)
