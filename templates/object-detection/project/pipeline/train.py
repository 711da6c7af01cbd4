"""Train the head on frozen features: `python -m pipeline.train`, or `--out DIR` to train it elsewhere and compare.

The features are computed once and kept in work/features: changing the head or its training never computes them again.
Writes build/model, build/training.json and build/plots/train. A run that was killed goes on from work/train.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeAlias

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.measuring import sound
from pipeline.pictures.squares import FINE, square, to_region, upright_size
from pipeline.task import augment, data, losses, metrics, model
from pipeline.task.head import STRIDES, Head
from pipeline.task.processing import Processor
from pipeline.training import loop, picture_features, recipe
from pipeline.training.feature_store import Known
from pipeline.training.loop import Batches, Learner
from pipeline.training.picture_features import MIRRORED
from pipeline.training.recipe import Settings

Floats: TypeAlias = npt.NDArray[np.float32]
SAMPLE = 200
"""Pictures from which the features' mean and spread are measured."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Features of some pictures, and the objects in them in shares of the square."""

    plain: Tensor
    mirrored: Tensor
    """Features of the mirror pictures; empty where pictures are not mirrored."""
    truth: Tensor
    rows: Tensor


class Scenes(pl.LightningDataModule):
    """The train and validation splits, as features."""

    def __init__(
        self, frames: Sequence[polars.DataFrame], known: Known, how: Settings, labels: tuple[str, ...]
    ) -> None:
        super().__init__()
        self.paths = [frame["image"].to_list() for frame in frames]
        self.truths = [regions(frame, labels) for frame in frames]
        self.known, self.how = known, how

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
        truth = self.truths[split][list(indices)]
        most = max(1, int((truth[:, :, 0] > 0).sum(axis=1).max()))
        return Batch(
            plain=plain, mirrored=mirrored, truth=torch.from_numpy(truth[:, :most]), rows=torch.tensor(list(indices))
        )

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(**{item.name: getattr(batch, item.name).to(device) for item in fields(Batch)})


def regions(frame: polars.DataFrame, labels: tuple[str, ...]) -> Floats:
    """Return the objects of each picture (see `data.truth`), their boxes in shares of the square."""
    truth = data.truth(frame, labels)
    for row, path in enumerate(frame["image"].to_list()):
        width, height = upright_size(Path(path).read_bytes(), path)
        for place in np.flatnonzero(truth[row, :, 0]):
            truth[row, place, 1:] = to_region(truth[row, place, 1:], width, height, FINE)
    return truth.astype(np.float32)


class DetectLearner(Learner[Batch]):
    """Learn scores and boxes of all places; the score of a validation is the monitored metric."""

    model: Head

    def __init__(self, head: Head, how: Settings, steps: int, processor: Processor, ways: Sequence[str]) -> None:
        super().__init__(head, how, steps)
        self.processor, self.ways = processor, tuple(ways)
        self.truth: npt.NDArray[np.float64] = np.zeros((0, 1, 5))
        self.raw: list[bytes] = []

    def loss(self, batch: Batch) -> Tensor:
        rows, truth = batch.plain, batch.truth
        if len(batch.mirrored):
            turned = torch.rand(len(rows), 1, device=rows.device) < 0.5
            rows = torch.where(turned, batch.mirrored, rows)
            other = torch.stack([truth[..., 0], 1 - truth[..., 3], truth[..., 2], 1 - truth[..., 1], truth[..., 4]], 2)
            truth = torch.where(turned.unsqueeze(2), other * (truth[..., :1] > 0), truth)
        levels = self.model.standard(model.taken_apart(rows.float(), self.processor.side))
        if "shift" in self.ways:
            levels, truth = augment.moved(levels, truth)
        if "mosaic" in self.ways:
            levels, truth = augment.mosaic(levels, truth)
        boxes, logits = self.model(levels)
        return losses.loss(boxes, logits, truth, self.model.places, (self.processor.side // STRIDES[0]) ** 2)

    def predict(self, batch: Batch) -> Tensor:
        levels = self.model.standard(model.taken_apart(batch.plain.float(), self.processor.side))
        boxes, logits = self.model(levels)
        rows = batch.rows.reshape(-1, 1, 1).expand(-1, boxes.shape[1], 1)
        return torch.cat([boxes, torch.sigmoid(logits.float()), rows], dim=2).float().cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        found = metrics.measure(self.truth, self.settled(predictions), self.processor.labels)
        return found.get(self.settings.metric, float("nan"))

    def settled(self, predictions: Sequence[Tensor]) -> dict[str, npt.NDArray[np.generic]]:
        """Return what is measured of the validation split's answers, in the order of its rows."""
        table = torch.cat(list(predictions)).numpy()
        table = table[np.argsort(table[:, 0, -1], kind="stable")]
        return self.processor.settle({"boxes": table[..., :4], "scores": table[..., 4:-1]}, {"image": self.raw})


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how = recipe.key(settings), recipe.settings(settings)
    kept = WORK if out == recipe.BUILD else out / "work"
    labels, ways = settings.texts("labels"), settings.texts("data.augment")
    held = data.truth(frames[1], labels)
    sound.chosen(metrics.measure(held, metrics.told_so(held), labels), how.metric, metrics.UNDEFINED, "validation")
    processor = Processor(labels=labels, side=settings.integer("data.image_size"))
    pictures = model.encoder(settings)
    width = sum(channels * high * wide for channels, high, wide in model.shapes(processor.side))

    def read(path: str) -> npt.NDArray[np.uint8]:
        return square(Path(path).read_bytes(), path, processor.side)

    names = named(frames, ways)
    known = picture_features.pictures(pictures, width, read, settings, names, kept / "features", say)
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    head = model.head(settings)
    standardise(head, known, frames[0]["image"].to_list(), processor.side)
    with side_folder(WORK / "train" if out == recipe.BUILD else out / "work" / "train", key) as side:
        scenes = Scenes(frames, known, how, labels)
        steps = how.epochs * len(scenes.batches(0, how.seed))
        head = head.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]  # half the time on a CPU
        learner = DetectLearner(head, how, steps, processor, ways)
        learner.truth, learner.raw = held, data.raw(frames[1])["image"]
        say.say(f"{frames[0].height} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        history = loop.fit(learner, scenes, side, say, recipe.tracker(settings, key, out))
        processor.threshold = threshold(learner, scenes)
        say.say(f"objects are told from a score of {processor.threshold:.2f}, where F1 on the validation split is best")
        whole = model.Detector(pictures.cpu(), head.cpu())
        recipe.write(out, lambda folder: model.save(whole, processor, folder), history, how, key)


def named(frames: Sequence[polars.DataFrame], ways: Sequence[str]) -> list[str]:
    """List the pictures whose features are needed, and the mirror pictures of the training split."""
    plain = [path for frame in frames for path in frame["image"].to_list()]
    return plain + [f"{MIRRORED}{path}" for path in frames[0]["image"].to_list() if "flip" in ways]


def threshold(learner: DetectLearner, scenes: Scenes) -> float:
    """Find the score from which objects are told, with the best weights."""
    head = learner.model.eval()
    where = head.places.device
    with torch.inference_mode():
        found = [learner.predict(scenes.transfer_batch_to_device(one, where, 0)) for one in scenes.batches(1, None)]
    return metrics.threshold(learner.truth, learner.settled(found), learner.processor.labels)


def standardise(head: Head, known: Known, paths: Sequence[str], side: int) -> None:
    """Measure the mean and spread of the features on some pictures of the training split."""
    some = list(dict.fromkeys(paths))
    some = some[:: max(1, len(some) // SAMPLE)]
    rows = torch.from_numpy(np.concatenate([known.entry(path) for path in some]).astype(np.float64))
    levels = model.taken_apart(rows, side)
    head.mean.copy_(torch.cat([level.mean(dim=(0, 2, 3)) for level in levels]))
    head.spread.copy_(torch.cat([level.std(dim=(0, 2, 3)) for level in levels]) + 1e-3)


if __name__ == "__main__":
    run("train", main)
