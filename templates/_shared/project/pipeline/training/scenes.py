"""Pictures of the train and validation splits as batches of their features, beside what is wanted of each.

For tasks that find things in pictures and leave their encoder as it is; picture_features.py makes the features.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import lightning.pytorch as pl
import numpy as np
import polars
import torch
from torch import Tensor

from pipeline.training import loop
from pipeline.training.feature_store import Known
from pipeline.training.loop import Batches
from pipeline.training.picture_features import MIRRORED
from pipeline.training.recipe import Settings

Wanted: TypeAlias = Callable[[int, Sequence[int]], Tensor]
SAMPLE = 200
"""Pictures from which the features' mean and spread are measured."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Features of some pictures, a row each, and what is wanted of them, as the task has it."""

    plain: Tensor
    mirrored: Tensor
    """Features of the mirror pictures; empty where pictures are not mirrored."""
    truth: Tensor
    rows: Tensor


class Scenes(pl.LightningDataModule):
    """The train (0) and validation (1) splits, as features; `wanted` gives what is wanted of rows of one of them."""

    def __init__(self, frames: Sequence[polars.DataFrame], known: Known, how: Settings, wanted: Wanted) -> None:
        super().__init__()
        self.paths = [frame["image"].to_list() for frame in frames]
        self.known, self.how, self.wanted = known, how, wanted

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.how.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, None)

    def batches(self, split: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches of pictures; those of training start where the trainer is."""

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            batches = -(-len(self.paths[split]) // self.how.at_once)
            return loop.reached(self.trainer.global_step, batches, self.how.accumulate)

        def collate(indices: Sequence[int]) -> Batch:
            return self.collate(split, indices)

        lengths = [1] * len(self.paths[split])
        return Batches(lengths, collate, size=self.how.at_once, seed=seed, place=place)

    def collate(self, split: int, indices: Sequence[int]) -> Batch:
        """Put pictures together."""
        names = [self.paths[split][index] for index in indices]
        turned = [f"{MIRRORED}{name}" for name in names if f"{MIRRORED}{name}" in self.known.places and split == 0]
        plain, mirrored = (
            torch.from_numpy(np.concatenate([self.known.entry(name) for name in some]))
            if some
            else torch.zeros(0, 1, dtype=torch.float16)
            for some in (names, turned)
        )
        truth = self.wanted(split, indices)
        return Batch(plain=plain, mirrored=mirrored, truth=truth, rows=torch.tensor(list(indices)))

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(**{item.name: getattr(batch, item.name).to(device) for item in fields(Batch)})


def named(frames: Sequence[polars.DataFrame], ways: Sequence[str]) -> list[str]:
    """List the pictures whose features are needed, and the mirror pictures of the training split."""
    plain = [path for frame in frames for path in frame["image"].to_list()]
    return plain + [f"{MIRRORED}{path}" for path in frames[0]["image"].to_list() if "flip" in ways]


def moments(known: Known, paths: Sequence[str], apart: Callable[[Tensor], Sequence[Tensor]]) -> tuple[Tensor, Tensor]:
    """Return the mean and spread of each channel of all levels, on some pictures; `apart` makes levels of rows."""
    some = list(dict.fromkeys(paths))
    some = some[:: max(1, len(some) // SAMPLE)]
    rows = torch.from_numpy(np.concatenate([known.entry(path) for path in some]))
    levels = [level.double() for level in apart(rows)]
    mean = torch.cat([level.mean(dim=(0, 2, 3)) for level in levels])
    return mean, torch.cat([level.std(dim=(0, 2, 3)) for level in levels]) + 1e-3
