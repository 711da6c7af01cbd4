"""Train the decoder on frozen features: `python -m pipeline.train`, or `--out DIR` to train it elsewhere and compare.

The features are computed once and kept in work/features: a change of the decoder or its training needs no new ones.
Writes build/model, build/training.json and build/plots/train. A run that was killed goes on from work/train.
"""

from collections.abc import Sequence
from pathlib import Path

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
from pipeline.pictures import label_maps
from pipeline.pictures.rasters import IGNORED
from pipeline.pictures.squares import placement, square
from pipeline.task import augment, data, losses, metrics, model
from pipeline.task.head import Head
from pipeline.task.processing import Processor
from pipeline.training import loop, picture_features, recipe, scenes
from pipeline.training.loop import Learner
from pipeline.training.recipe import Settings
from pipeline.training.scenes import Batch, Scenes

EDGES = "boundary_f1"
"""The metric that looks at edges, which takes longer than all others."""


def squared(truth: npt.NDArray[np.object_], side: int) -> list[bytes]:
    """Return the map of each picture's square, classes from 1; 0 counts for nothing."""
    found = []
    for content in truth:
        numbers = label_maps.decoded(content)
        height, width = numbers.shape
        left, top, inner_width, inner_height = placement(width, height, side)
        whole = np.zeros((side, side), dtype=np.uint8)
        small = label_maps.resized(numbers, inner_width, inner_height)
        whole[top : top + inner_height, left : left + inner_width] = np.where(small == IGNORED, 0, small + 1)
        found.append(label_maps.encoded(whole, level=1))
    return found


class SegmentLearner(Learner[Batch]):
    """Learn the class of each place; the score of a validation is the monitored metric."""

    model: Head

    def __init__(self, head: Head, how: Settings, steps: int, processor: Processor, ways: Sequence[str]) -> None:
        super().__init__(head, how, steps)
        self.processor, self.ways = processor, tuple(ways)
        self.truth: npt.NDArray[np.object_] = np.empty(0, dtype=np.object_)
        self.raw: list[bytes] = []

    def loss(self, batch: Batch) -> Tensor:
        rows, mask = batch.plain, batch.truth
        if len(batch.mirrored):
            turned = torch.rand(len(rows), 1, device=rows.device) < 0.5
            rows = torch.where(turned, batch.mirrored, rows)
            mask = torch.where(turned.unsqueeze(2), mask.flip(2), mask)
        levels = self.model.standard(model.taken_apart(rows.float(), self.processor.side))
        if "shift" in self.ways:
            levels, mask = augment.moved(levels, mask)
        if "mosaic" in self.ways:
            levels, mask = augment.mosaic(levels, mask)
        return losses.loss(self.model(levels), mask)

    def predict(self, batch: Batch) -> Tensor:
        """Return the tallies of a validation batch: the maps themselves are as large as their pictures."""
        levels = self.model.standard(model.taken_apart(batch.plain.float(), self.processor.side))
        probabilities = torch.softmax(self.model(levels).float(), dim=1).cpu().numpy()
        rows = batch.rows.tolist()
        raw = {"image": [self.raw[row] for row in rows]}
        found = self.processor.settle({"probabilities": probabilities}, raw)["mask"]
        edges = self.settings.metric == EDGES
        return torch.from_numpy(metrics.tally(self.truth[rows], found, len(self.processor.labels), edges=edges))

    def score(self, predictions: Sequence[Tensor]) -> float:
        tallies = torch.cat(list(predictions)).numpy()
        found = metrics.summed(tallies, np.ones(len(tallies)), self.processor.labels)
        return found.get(self.settings.metric, float("nan"))


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
    perfect = metrics.tally(held, known_at(held), len(labels), edges=how.metric == EDGES)
    sound.chosen(metrics.summed(perfect, np.ones(len(held)), labels), how.metric, metrics.UNDEFINED, "validation")
    processor = Processor(labels=labels, side=settings.integer("data.image_size"))
    pictures = model.encoder(settings)
    width = sum(channels * high * wide for channels, high, wide in model.shapes(processor.side))

    def read(path: str) -> npt.NDArray[np.uint8]:
        return square(Path(path).read_bytes(), path, processor.side)

    known = picture_features.pictures(
        pictures, width, read, settings, scenes.named(frames, ways), kept / "features", say
    )
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    head = model.head(settings)
    masks = [squared(data.truth(frame, labels), processor.side) for frame in frames]

    def wanted(split: int, indices: Sequence[int]) -> Tensor:
        return torch.from_numpy(np.stack([label_maps.decoded(masks[split][index]) for index in indices]))

    some = frames[0]["image"].to_list()
    mean, spread = scenes.moments(known, some, lambda rows: model.taken_apart(rows, processor.side))
    head.mean.copy_(mean)
    head.spread.copy_(spread)
    with side_folder(WORK / "train" if out == recipe.BUILD else out / "work" / "train", key) as side:
        splits = Scenes(frames, known, how, wanted)
        steps = how.epochs * len(splits.batches(0, how.seed))
        head = head.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]  # half the time on a CPU
        learner = SegmentLearner(head, how, steps, processor, ways)
        learner.truth, learner.raw = held, data.raw(frames[1])["image"]
        say.say(f"{frames[0].height} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        history = loop.fit(learner, splits, side, say, recipe.tracker(settings, key, out))
        whole = model.Segmenter(pictures.cpu(), head.cpu())
        recipe.write(out, lambda folder: model.save(whole, processor, folder), history, how, key)


def known_at(truth: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return maps as the answers of one who knows them: of pixels that count for nothing any class will do."""
    found = np.empty(len(truth), dtype=np.object_)
    for row, content in enumerate(truth):
        numbers = label_maps.decoded(content)
        found[row] = label_maps.encoded(np.where(numbers == IGNORED, 0, numbers).astype(np.uint8), level=1)
    return found


if __name__ == "__main__":
    run("train", main)
