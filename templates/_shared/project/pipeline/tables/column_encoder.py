"""The first layer of every model on tables: columns to numbers and categories; times become parts. Exported with it."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pipeline.tables.column import ABSENT, Column

YEAR = 365.2425
TIME_PARTS = ("day", "day of the year", "day of the week", "hour")
SATURDAY = 5
"""The day of the week, from Monday, of 2000-01-01, from which days are counted."""


class Parts(nn.Module):
    """`values` and `codes` (rows x columns) to numbers, whether each is known, and categories."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        kinds = [column.kind for column in columns]
        self.numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
        self.times = [place for place, kind in enumerate(kinds) if kind == "time"]
        self.categories = [place for place, kind in enumerate(kinds) if kind == "category"]
        self.sizes = [columns[place].codes for place in self.categories]
        self.names = [columns[place].name for place in self.numbers]
        self.names += [f"{columns[place].name}: {part}" for part in TIME_PARTS for place in self.times]

    @property
    def width(self) -> int:
        """Count the numbers."""
        return len(self.names)

    def forward(self, values: Tensor, codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return numbers (FP32, rows x width), known (0 or 1, the same shape) and categories (INT64)."""
        known = (codes != ABSENT).float()
        parts, there = [values[:, self.numbers]], [known[:, self.numbers]]
        if self.times and not self.numbers:  # an engine need not know tensors without elements
            parts, there = [], []
        if self.times:
            parts += moments(values[:, self.times])
            there += [known[:, self.times]] * len(TIME_PARTS)
        return torch.cat(parts, dim=1), torch.cat(there, dim=1), codes[:, self.categories]


def moments(days: Tensor) -> list[Tensor]:
    """Return the parts of times that are days since 2000, in the order of TIME_PARTS."""
    whole = torch.floor(days)
    return [days, remainder(days, YEAR), remainder(whole + SATURDAY, 7.0), (days - whole) * 24.0]


def remainder(values: Tensor, period: float) -> Tensor:
    """Return what is left of each value after whole periods, from 0 up."""
    return values - torch.floor(values / period) * period


def quantiles(values: Tensor, known: Tensor, bins: int) -> Tensor:
    """Return the different edges of at most `bins` bins that hold equally many of the known values (Float64 ranks)."""
    there = values[known > 0]
    if not len(there):
        return torch.tensor([0.0, 1.0])
    ranks = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    ordered = torch.sort(there.double()).values
    edges = torch.unique(ordered[(ranks * (len(ordered) - 1)).round().long()]).float()
    edges = torch.unique(edges)
    return edges if len(edges) > 1 else torch.stack([edges[0], edges[0] + max(1.0, math.fabs(float(edges[0])))])
