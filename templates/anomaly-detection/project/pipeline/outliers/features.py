"""What scores see of a row: numbers, weekday and hour of times, how rare a category is, and what is missing.

The day of a time is left out: a day that comes after the training rows is no surprise.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pipeline.tables.column import Column
from pipeline.tables.column_encoder import TIME_PARTS, Parts
from pipeline.tables.encoded_rows import Rows

TOLD = ("day of the week", "hour")
"""The parts of a time that are looked at."""


class Features(nn.Module):
    """`values` and `codes` (rows x columns) to features (FP32, rows x features); part of the exported graph.

    A missing number is the middle of the training rows, and a feature of its own says that it is missing.
    """

    middle: Tensor
    rarity: Tensor
    start: Tensor

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.parts = Parts(columns)
        times = len(self.parts.times)
        first = len(self.parts.numbers)
        told = [first + TIME_PARTS.index(part) * times + place for part in TOLD for place in range(times)]
        self.seen = [*range(first), *told]
        self.flagged = [*range(first + times)]
        """Places of the numbers and of the times, of which each may be missing."""
        self.owners = [*self.parts.numbers, *self.parts.times * len(TOLD), *self.parts.categories]
        self.owners += [*self.parts.numbers, *self.parts.times]
        """The column of each feature."""
        self.one_sided = [False] * len(self.seen) + [True] * (len(self.parts.sizes) + len(self.flagged))
        """Whether only large values of a feature are unusual."""
        sizes = self.parts.sizes
        self.middle = nn.Buffer(torch.zeros(len(self.seen)))
        self.rarity = nn.Buffer(torch.zeros(sum(sizes)))
        self.start = nn.Buffer(torch.tensor([sum(sizes[:place]) for place in range(len(sizes))], dtype=torch.int64))

    @property
    def measured(self) -> int:
        """Count the features before those that say what is missing, by which one split sets many rows apart."""
        return len(self.seen) + len(self.parts.sizes)

    @property
    def width(self) -> int:
        """Count the features."""
        return len(self.owners)

    def fit(self, rows: Rows) -> None:
        """Learn the middle of numbers, and how rare each value of a category is, from rows."""
        numbers, known, categories = self.parts(rows.values, rows.codes)
        for place, at in enumerate(self.seen):
            there = numbers[:, at][known[:, at] > 0]
            self.middle[place] = there.median() if len(there) else 0.0
        for place, size in enumerate(self.parts.sizes):
            counts = torch.bincount(categories[:, place], minlength=size).double()
            first = int(self.start[place])
            self.rarity[first : first + size] = -torch.log((counts + 1) / (len(rows) + size)).float()

    def forward(self, values: Tensor, codes: Tensor) -> Tensor:
        """Return the features, those of each kind in the order of the columns."""
        numbers, known, categories = self.parts(values, codes)
        found = []
        if self.seen:
            found.append(torch.where(known[:, self.seen] > 0, numbers[:, self.seen], self.middle))
        if self.parts.sizes:
            found.append(self.rarity[categories + self.start])
        if self.flagged:
            found.append(1 - known[:, self.flagged])
        return torch.cat(found, dim=1)

    def summed(self) -> Tensor:
        """Return the matrix that adds up the features of each column (features x columns)."""
        columns = len(self.parts.numbers) + len(self.parts.times) + len(self.parts.categories)
        return torch.eye(columns)[self.owners]
