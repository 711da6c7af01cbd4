"""Train the tagger: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Writes build/model (weights.safetensors and what processing.py needs), build/training.json and build/plots/train.
A run that was killed goes on from work/train, where checkpoints lie under a key of everything the training reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import polars
import torch
from torch import Tensor, nn

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.task import model, processing, tagging
from pipeline.task.processing import Processor
from pipeline.task.tagging import Windows
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some windows: token ids, mask, shapes and the tag of each word's first token."""

    input_ids: Tensor
    attention_mask: Tensor
    shapes: Tensor
    targets: Tensor
    numbers: Tensor
    """Which windows these are."""


class Texts(pl.LightningDataModule):
    """The train and validation splits as windows."""

    def __init__(self, processor: Processor, splits: Sequence[Windows], settings: Settings) -> None:
        super().__init__()
        self.processor, self.splits, self.settings = processor, splits, settings

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.at_once, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, 4 * self.settings.at_once, None)

    def batches(self, split: int, size: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        windows = self.splits[split]

        def collate(indices: Sequence[int]) -> Batch:
            padded = self.processor.pad([windows.rows[index] for index in indices])
            width = padded["input_ids"].shape[1]
            targets = np.stack([windows.targets(index, width) for index in indices])
            tensors = {name: torch.from_numpy(array) for name, array in padded.items()}
            return Batch(targets=torch.from_numpy(targets), numbers=torch.tensor(list(indices)), **tensors)

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(windows.rows) // size), self.settings.accumulate)

        return Batches([len(row.ids) for row in windows.rows], collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(**{name: value.to(device) for name, value in vars(batch).items()})


class TagLearner(Learner[Batch]):
    """Cross-entropy of the words' tags; the score is the monitored metric over whole texts."""

    def __init__(
        self, network: nn.Module, settings: Settings, steps: int, validation: Windows, loss: nn.Module
    ) -> None:
        super().__init__(network, settings, steps)
        self.validation, self.loss_of = validation, loss

    def loss(self, batch: Batch) -> Tensor:
        logits = self.model(batch.input_ids, batch.attention_mask, batch.shapes)
        value: Tensor = self.loss_of(logits.float().flatten(0, 1), batch.targets.flatten())
        return value

    def predict(self, batch: Batch) -> Tensor:
        """Return one row a word that its window answers: the window's number and the probabilities of the tags."""
        logits = self.model(batch.input_ids, batch.attention_mask, batch.shapes).float()
        probabilities = torch.softmax(logits, dim=-1).cpu().numpy()
        parts = []
        for row, number in enumerate(batch.numbers.tolist()):
            mine = torch.from_numpy(processing.own(self.validation.rows[number], probabilities[row]))
            parts.append(torch.cat([torch.full((len(mine), 1), float(number)), mine], dim=1))
        return torch.cat(parts)

    def score(self, predictions: Sequence[Tensor]) -> float:
        table = torch.cat(list(predictions)).numpy()
        numbers = table[:, 0].astype(np.int64)
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(len(self.validation.rows) + 1))
        parts = (table[order[a:b], 1:] for a, b in pairwise(bounds))
        return self.validation.score(enumerate(parts), self.settings.metric)


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how = recipe.key(settings), recipe.settings(settings)
    with side_folder(WORK / "train" if out == Path("build") else out / "work", key) as side:
        network, processor = model.build(settings, frames[0]["text"].to_list())
        splits = [tagging.windows(processor, frame) for frame in frames]
        texts = Texts(processor, splits, how)
        steps = how.epochs * len(texts.batches(0, how.at_once, how.seed))
        loss = tagging.loss(settings, splits[0].tags, 2 * len(processor.labels) + 1)
        learner = TagLearner(network.to(where), how, steps, splits[1], loss.to(where))
        windows = len(splits[0].rows)
        say.say(f"{windows} windows, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        history = loop.fit(learner, texts, side, say, recipe.tracker(settings, key, out))
        recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


if __name__ == "__main__":
    run("train", main)
