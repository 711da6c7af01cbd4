"""Train the head on frozen features: `python -m pipeline.train`, or `--out DIR` to train it elsewhere and compare.

The features are computed once and kept in work/features: changing the head or its training never computes them again.
Writes build/model, build/training.json and build/plots/train. A run that was killed goes on from work/train.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

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
from pipeline.training import loop, picture_features, recipe, scenes
from pipeline.training.loop import Learner
from pipeline.training.recipe import Settings
from pipeline.training.scenes import Batch, Scenes

Floats: TypeAlias = npt.NDArray[np.float32]


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

    known = picture_features.pictures(
        pictures, width, read, settings, scenes.named(frames, ways), kept / "features", say
    )
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    head = model.head(settings)
    truths = [regions(frame, labels) for frame in frames]

    def wanted(split: int, indices: Sequence[int]) -> Tensor:
        truth = truths[split][list(indices)]
        return torch.from_numpy(truth[:, : max(1, int((truth[:, :, 0] > 0).sum(axis=1).max()))])

    some = frames[0]["image"].to_list()
    mean, spread = scenes.moments(known, some, lambda rows: model.taken_apart(rows, processor.side))
    head.mean.copy_(mean)
    head.spread.copy_(spread)
    with side_folder(WORK / "train" if out == recipe.BUILD else out / "work" / "train", key) as side:
        splits = Scenes(frames, known, how, wanted)
        steps = how.epochs * len(splits.batches(0, how.seed))
        head = head.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]  # half the time on a CPU
        learner = DetectLearner(head, how, steps, processor, ways)
        learner.truth, learner.raw = held, data.raw(frames[1])["image"]
        say.say(f"{frames[0].height} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        history = loop.fit(learner, splits, side, say, recipe.tracker(settings, key, out))
        processor.threshold = threshold(learner, splits)
        say.say(f"objects are told from a score of {processor.threshold:.2f}, where F1 on the validation split is best")
        whole = model.Detector(pictures.cpu(), head.cpu())
        recipe.write(out, lambda folder: model.save(whole, processor, folder), history, how, key)


def threshold(learner: DetectLearner, splits: Scenes) -> float:
    """Find the score from which objects are told, with the best weights."""
    head = learner.model.eval()
    where = head.places.device
    with torch.inference_mode():
        found = [learner.predict(splits.transfer_batch_to_device(one, where, 0)) for one in splits.batches(1, None)]
    return metrics.threshold(learner.truth, learner.settled(found), learner.processor.labels)


if __name__ == "__main__":
    run("train", main)
