"""Train the network: `python -m pipeline.train`. Writes build/model, build/training.json and build/plots/train."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import polars
import torch
from torch import Tensor, nn

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.task import data, model, processing
from pipeline.task.processing import Processor
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Features and hours of some deliveries."""

    features: Tensor
    hours: Tensor


class Deliveries(pl.LightningDataModule):
    """The train and validation splits, as tensors."""

    def __init__(self, processor: Processor, splits: Sequence[polars.DataFrame], settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        encoded = [processor.encode(data.raw(frame))["features"] for frame in splits]
        self.features = [torch.from_numpy(features) for features in encoded]
        self.hours = [torch.from_numpy(data.truth(frame, ())).float() for frame in splits]

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.at_once, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, 256, None)

    def batches(self, split: int, size: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        features, hours = self.features[split], self.hours[split]

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(hours) // size), self.settings.accumulate)

        def collate(rows: Sequence[int]) -> Batch:
            return Batch(features=features[list(rows)], hours=hours[list(rows)])

        return Batches([1] * len(hours), collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(features=batch.features.to(device), hours=batch.hours.to(device))


class DeliveryLearner(Learner[Batch]):
    """The pinball loss of each quantile (Koenker and Bassett 1978); the score is the mean absolute error."""

    def loss(self, batch: Batch) -> Tensor:
        missed = batch.hours.unsqueeze(1) - self.model(batch.features)
        levels = torch.tensor(model.QUANTILES, device=missed.device)
        return torch.maximum(levels * missed, (levels - 1) * missed).mean()

    def predict(self, batch: Batch) -> Tensor:
        middle: Tensor = self.model(batch.features)[:, 1]
        return (batch.hours - middle).abs().cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        return float(torch.cat(list(predictions)).mean())


def main() -> None:
    settings, out, say = params.load(), recipe.arguments(), Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    splits = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    key, how = recipe.key(settings), recipe.settings(settings)
    with side_folder(WORK / "train" if out == Path("build") else out / "work", key) as side:
        processor = Processor(
            [float(splits[0][name].cast(polars.Float64).median() or 0) for name in processing.COLUMNS]
        )
        deliveries = Deliveries(processor, splits, how)
        network: nn.Module = model.build(deliveries.features[0], how.seed)
        steps = how.epochs * len(deliveries.train_dataloader())
        learner = DeliveryLearner(network.to(where), how, steps)
        history = loop.fit(learner, deliveries, side, say, recipe.tracker(settings, key, out))
        recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


if __name__ == "__main__":
    run("train", main)
