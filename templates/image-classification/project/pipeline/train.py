"""Train the classifier: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Writes build/model (weights.safetensors and what processing.py needs), build/training.json and build/plots/train.
What is kept is the moving average of the weights. A run that was killed goes on from work/train, where checkpoints lie
under a key of everything the training reads.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.base import device, distributed, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.pictures.decoded import decoded
from pipeline.reporting.classification_metrics import scores
from pipeline.task import augment, data, model
from pipeline.task.processing import Processor
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings

AVERAGE = 0.998
"""Share of the old average that is kept at each step, once there were enough steps."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some pictures (0..255) and their classes."""

    pixels: Tensor
    truth: Tensor


class Pictures(pl.LightningDataModule):
    """The train and validation splits, decoded once."""

    def __init__(
        self,
        arrays: Sequence[npt.NDArray[np.uint8]],
        truths: Sequence[npt.NDArray[np.int64]],
        settings: Settings,
    ) -> None:
        super().__init__()
        self.arrays, self.truths, self.settings = arrays, truths, settings

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.at_once, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, self.settings.at_once, None)

    def batches(self, split: int, size: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        array, truth = self.arrays[split], self.truths[split]

        def collate(indices: Sequence[int]) -> Batch:
            chosen = list(indices)
            return Batch(pixels=torch.from_numpy(array[chosen]), truth=torch.from_numpy(truth[chosen]))

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(truth) // size), self.settings.accumulate)

        return Batches([1] * len(truth), collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(pixels=batch.pixels.to(device), truth=batch.truth.to(device))


class PictureLearner(Learner[Batch]):
    """Cross-entropy on varied pictures; the average of the weights is what is scored and kept."""

    def __init__(
        self,
        network: nn.Module,
        settings: Settings,
        steps: int,
        labels: Sequence[str],
        loss: nn.Module,
        how: Sequence[str],
    ) -> None:
        super().__init__(network, settings, steps)
        self.labels, self.loss_of, self.how = labels, loss, tuple(how)
        self.average = copy.deepcopy(network).requires_grad_(False)

    def loss(self, batch: Batch) -> Tensor:
        with torch.autocast(batch.pixels.device.type, enabled=False):
            varied = augment.vary(batch.pixels.float(), self.how)
            targets = functional.one_hot(batch.truth, len(self.labels)).float()
            varied, targets = augment.mix(varied, targets, self.how)
        logits = self.model(varied.contiguous(memory_format=torch.channels_last))
        value: Tensor = self.loss_of(logits.float(), targets)
        return value

    def optimizer_step(self, *args: object, **kwargs: object) -> None:
        """Step, then move the average towards the weights; early averages forget faster."""
        super().optimizer_step(*args, **kwargs)  # type: ignore[arg-type]
        kept = min(AVERAGE, (1 + self.global_step) / (10 + self.global_step))
        with torch.no_grad():
            for old, new in zip(self.average.state_dict().values(), self.model.state_dict().values(), strict=True):
                if old.is_floating_point():
                    old.lerp_(new, 1 - kept)
                else:
                    old.copy_(new)

    def on_validation_start(self) -> None:
        self.swap()

    def on_validation_end(self) -> None:
        self.swap()

    def swap(self) -> None:
        """Exchange weights and average: what is scored, and kept when it is the best, is the average."""
        with torch.no_grad():
            for one, other in zip(self.model.state_dict().values(), self.average.state_dict().values(), strict=True):
                held = one.clone()
                one.copy_(other)
                other.copy_(held)

    def predict(self, batch: Batch) -> Tensor:
        logits = self.model(batch.pixels.float().contiguous(memory_format=torch.channels_last)).float()
        return torch.cat([torch.softmax(logits, dim=-1), batch.truth.unsqueeze(1).float()], dim=1).cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        table = torch.cat(list(predictions)).numpy()
        return scores(table[:, -1].astype(np.int64), table[:, :-1], self.labels).get(self.settings.metric, float("nan"))


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    key, how = recipe.key(settings), recipe.settings(settings)
    work = WORK if out == recipe.BUILD else out / "work"
    with side_folder(work / "train", key) as side:
        network, processor = model.build(settings)
        frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
        decode, shape = partial(pixels, processor), (processor.size, processor.channels)
        arrays = [
            decoded(name, work / "pixels", *shape, decode, "pipeline/task/processing.py", say)
            for name in ("train", "validation")
        ]
        truths = [data.truth(frame, processor.labels) for frame in frames]
        pictures = Pictures(arrays, truths, how)
        steps = how.epochs * len(pictures.train_dataloader())
        loss = recipe.cross_entropy(settings, truths[0], len(processor.labels))
        network = network.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
        varied = settings.texts("data.augment")
        learner = PictureLearner(network, how, steps, processor.labels, loss.to(where), varied)
        say.say(f"{len(truths[0])} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        log = recipe.tracker(settings, key, out)
        history = loop.fit(learner, pictures, side, say, log)
        recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)
        if varied and distributed.leads():
            augment.sheet(arrays[0], varied, how.seed, out / "plots/train/training_pictures_above_varied_below.png")


def pixels(processor: Processor, path: str) -> npt.NDArray[np.uint8]:
    """Decode a file as every stage and the server do."""
    return processor.pixels(Path(path).read_bytes(), path)


if __name__ == "__main__":
    run("train", main)
