"""Train the head on frozen features: `python -m pipeline.train`, or `--out DIR` to train it elsewhere and compare.

The features are computed once and kept in work/features: changing the head or its training never computes them again.
Writes build/model, build/training.json and build/plots/train. A run that was killed goes on from work/train.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
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
from pipeline.task import data, features, metrics, model
from pipeline.task.head import Head
from pipeline.task.losses import OTHERS, box_loss, nearness, place_loss
from pipeline.training import loop, recipe
from pipeline.training.feature_store import Known
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings

Floats: TypeAlias = npt.NDArray[np.float32]
MOST_PHRASES = 8
"""Phrases of one picture in one step."""
MOST_MOVED = 3
"""Places by which a picture is moved at most while training."""
SAMPLE = 200
"""Pictures from which the features' mean and spread are measured."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Features of some pictures and of their phrases."""

    places: Tensor
    words: Tensor
    mask: Tensor
    owner: Tensor
    """The picture of each phrase."""
    truth: Tensor
    """`data.truth` of each phrase (phrases x 8)."""
    objects: Tensor
    object_owner: Tensor


@dataclass(kw_only=True)
class Picture:
    """One picture's phrases and their boxes; `others` are all boxes known in the picture."""

    path: str
    phrases: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)


def group(frame: polars.DataFrame) -> list[Picture]:
    """Gather the phrases of each picture, at most MOST_PHRASES together."""
    every: dict[str, list[tuple[int, str]]] = {}
    for row, (path, phrase) in enumerate(zip(frame["image"].to_list(), frame["phrase"].to_list(), strict=True)):
        every.setdefault(path, []).append((row, phrase))
    found = []
    for path, all_of in every.items():
        others = [row for row, _ in all_of][:32]
        for start in range(0, len(all_of), MOST_PHRASES):
            some = all_of[start : start + MOST_PHRASES]
            found.append(
                Picture(path=path, phrases=[phrase for _, phrase in some], rows=[row for row, _ in some], others=others)
            )
    return found


class Scenes(pl.LightningDataModule):
    """The train and validation splits, as features."""

    def __init__(
        self, frames: Sequence[polars.DataFrame], places: Known, words: Known, side: int, how: Settings
    ) -> None:
        super().__init__()
        self.groups = [group(frame) for frame in frames]
        self.truths = [data.truth(frame).astype(np.float32) for frame in frames]
        self.places, self.words, self.side, self.how = places, words, side, how
        each = max(1.0, frames[0].height / len(self.groups[0]))
        self.size = max(1, round(how.at_once / each))

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.how.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, None)

    def batches(self, split: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches of pictures; those of training start where the trainer is."""
        groups = self.groups[split]

        def collate(indices: Sequence[int]) -> Batch:
            return self.collate([groups[index] for index in indices], self.truths[split])

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(groups) // self.size), self.how.accumulate)

        return Batches([1] * len(groups), collate, size=self.size, seed=seed, place=place)

    def collate(self, pictures: Sequence[Picture], truth: Floats) -> Batch:
        """Put pictures together."""
        places = np.stack([self.places.entry(one.path) for one in pictures])
        rows = [self.words.entry(phrase) for one in pictures for phrase in one.phrases]
        words = np.zeros((len(rows), max(len(row) for row in rows), rows[0].shape[1]), dtype=np.float16)
        mask = np.zeros(words.shape[:2], dtype=np.float32)
        for index, row in enumerate(rows):
            words[index, : len(row)] = row
            mask[index, : len(row)] = 1
        objects = [np.unique(truth[one.others, :4], axis=0) for one in pictures]
        return Batch(
            places=torch.from_numpy(places.reshape(len(pictures), self.side, self.side, -1)),
            words=torch.from_numpy(words),
            mask=torch.from_numpy(mask),
            owner=torch.tensor([at for at, one in enumerate(pictures) for _ in one.phrases]),
            truth=torch.from_numpy(truth[[row for one in pictures for row in one.rows]]),
            objects=torch.from_numpy(np.concatenate(objects)),
            object_owner=torch.tensor([at for at, boxes in enumerate(objects) for _ in boxes]),
        )

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(**{item.name: getattr(batch, item.name).to(device) for item in fields(Batch)})


def moved(batch: Batch) -> Batch:
    """Move each picture by some places at random, no object over the edge: what phrases compare stays as it is."""
    pictures, side = batch.places.shape[:2]
    owner = batch.object_owner.unsqueeze(1).expand(-1, 2)
    low, high = torch.ones(2, pictures, 2, device=batch.places.device)
    low = low.scatter_reduce(0, owner, batch.objects[:, :2], "amin")
    high = (1 - high).scatter_reduce(0, owner, batch.objects[:, 2:], "amax")
    back = (low * side).floor().clamp(0, MOST_MOVED)
    forth = ((1 - high) * side).floor().clamp(0, MOST_MOVED)
    step = ((back + forth + 1) * torch.rand(pictures, 2, device=low.device)).floor() - back
    places = torch.arange(side, device=low.device)
    columns = (places - step[:, :1].long()).clamp(0, side - 1)
    rows = (places - step[:, 1:].long()).clamp(0, side - 1)
    each = torch.arange(pictures, device=low.device)[:, None, None]
    shift = torch.cat([step, step], dim=1) / side
    truth = batch.truth.clone()
    truth[:, :4] += shift[batch.owner]
    return replace(
        batch,
        places=batch.places[each, rows[:, :, None], columns[:, None, :]],
        truth=truth,
        objects=batch.objects + shift[batch.object_owner],
    )


class PointLearner(Learner[Batch]):
    """Point at the right place and box every object; the score is the monitored metric."""

    model: Head

    def __init__(self, head: Head, how: Settings, steps: int, smoothing: float) -> None:
        super().__init__(head, how, steps)
        self.smoothing = smoothing

    def point(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the scores and boxes of each phrase, and the boxes of each picture without a phrase."""
        places, sides = self.model.look(batch.places.float())
        scores, boxes = self.model.point(places[batch.owner], sides[batch.owner], batch.words.float(), batch.mask)
        return scores, boxes, self.model.boxes(sides)

    def loss(self, batch: Batch) -> Tensor:
        batch = moved(batch)
        scores, boxes, plain = self.point(batch)
        grid, wanted = self.model.grid, batch.truth[:, :4]
        target, targets = nearness(wanted, grid), nearness(batch.objects, grid)
        every = box_loss(plain[batch.object_owner], batch.objects, targets)
        return place_loss(scores, target, self.smoothing) + box_loss(boxes, wanted, target) + OTHERS * every

    def predict(self, batch: Batch) -> Tensor:
        scores, boxes, _ = self.point(batch)
        region, confidence = model.choose(scores, boxes, self.model.grid)
        return torch.cat([region, confidence, batch.truth], dim=1).float().cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        table = torch.cat(list(predictions)).double().numpy()
        values = metrics.measure(table[:, 5:], {"region": table[:, :4], "confidence": table[:, 4:5]})
        return values[self.settings.metric]


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how = recipe.key(settings), recipe.settings(settings)
    kept = WORK if out == recipe.BUILD else out / "work"
    pictures, phrases, processor = model.encoders(settings)
    everything = polars.concat(frames)
    places = features.pictures(pictures, processor, settings, everything["image"].to_list(), kept / "features", say)
    words = features.phrases(phrases, processor, settings, everything["phrase"].to_list(), kept / "features", say)
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    head = model.head(settings, words.rows.shape[1])
    standardise(head, places, frames[0]["image"].to_list())
    with side_folder(WORK / "train" if out == Path("build") else out / "work" / "train", key) as side:
        scenes = Scenes(frames, places, words, processor.side // model.STRIDE, how)
        steps = how.epochs * len(scenes.batches(0, how.seed))
        learner = PointLearner(head.to(where), how, steps, settings.number("model.train.label_smoothing"))
        say.say(f"{frames[0].height} phrases, {steps} steps of {scenes.size} pictures on {where.type}, {how.precision}")
        history = loop.fit(learner, scenes, side, say, recipe.tracker(settings, key, out))
        whole = model.Grounder(pictures.cpu(), phrases.cpu(), head.cpu())
        recipe.write(out, lambda folder: model.save(whole, processor, folder), history, how, key)


def standardise(head: Head, places: Known, paths: Sequence[str]) -> None:
    """Measure the mean and spread of the features on some pictures of the training split."""
    some = list(dict.fromkeys(paths))
    rows = np.concatenate([places.entry(path) for path in some[:: max(1, len(some) // SAMPLE)]]).astype(np.float64)
    head.mean.copy_(torch.from_numpy(rows.mean(axis=0)))
    head.spread.copy_(torch.from_numpy(rows.std(axis=0) + 1e-3))


if __name__ == "__main__":
    run("train", main)
