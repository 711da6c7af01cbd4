"""Train the classifier: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Writes build/model (weights.safetensors and what processing.py needs), build/training.json and build/plots/train.
A run that was killed goes on from work/train, where checkpoints lie under a key of everything the training reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
from pipeline.task import augment, data, model, output
from pipeline.task.processing import Processor
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Token ids, mask and truth of some texts."""

    input_ids: Tensor
    attention_mask: Tensor
    truth: Tensor


class Texts(pl.LightningDataModule):
    """The train and validation splits, tokenized once."""

    def __init__(self, processor: Processor, splits: Sequence[polars.DataFrame], settings: Settings) -> None:
        super().__init__()
        self.processor, self.settings = processor, settings
        self.rows = [data.token_rows(processor, frame) for frame in splits]
        self.truths = [data.truth(frame, processor.labels) for frame in splits]

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.at_once, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, 4 * self.settings.at_once, None)

    def batches(self, split: int, size: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        rows, truth = self.rows[split], self.truths[split]

        def collate(indices: Sequence[int]) -> Batch:
            padded = self.processor.pad([rows[index] for index in indices])
            tensors = {name: torch.from_numpy(array) for name, array in padded.items()}
            return Batch(truth=torch.from_numpy(truth[list(indices)]), **tensors)

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(rows) // size), self.settings.accumulate)

        return Batches([len(row) for row in rows], collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(**{name: value.to(device) for name, value in vars(batch).items()})


class TextLearner(Learner[Batch]):
    """The task's loss and probabilities; the score is the monitored metric."""

    def __init__(
        self, network: nn.Module, settings: Settings, steps: int, labels: Sequence[str], loss: nn.Module
    ) -> None:
        super().__init__(network, settings, steps)
        self.labels, self.loss_of = labels, loss

    def loss(self, batch: Batch) -> Tensor:
        logits = self.model(batch.input_ids, batch.attention_mask)
        value: Tensor = self.loss_of(logits.float(), batch.truth)
        return value

    def predict(self, batch: Batch) -> Tensor:
        logits = self.model(batch.input_ids, batch.attention_mask).float()
        truth = batch.truth.reshape(len(logits), -1).float()
        return torch.cat([output.probabilities(logits), truth], dim=1).cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        truth, found = apart(predictions, len(self.labels))
        return output.score(truth, found, self.labels, self.settings.metric)


def apart(predictions: Sequence[Tensor], classes: int) -> tuple[output.Truth, output.Probabilities]:
    """Return truth and probabilities of predictions, in their order."""
    table = torch.cat(list(predictions)).numpy()
    truth = table[:, classes:].astype(np.int64)
    return truth[:, 0] if truth.shape[1] == 1 else truth, table[:, :classes]


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    splits = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    splits[0] = augment.extended(splits[0], augment.asked(settings))
    key = recipe.key(settings)
    how = recipe.settings(settings)
    with side_folder(WORK / "train" if out == Path("build") else out / "work", key) as side:
        network, processor = model.build(settings, data.texts(splits[0]))
        texts = Texts(processor, splits, how)
        steps = how.epochs * len(texts.batches(0, how.at_once, how.seed))
        truth = texts.truths[0]
        loss = output.loss(settings, truth, len(processor.labels))
        learner = TextLearner(network.to(where), how, steps, processor.labels, loss.to(where))
        say.say(f"{len(truth)} texts, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        log = recipe.tracker(settings, key, out)
        history = loop.fit(learner, texts, side, say, log)

        def held() -> tuple[output.Truth, output.Probabilities]:
            found = next(network.parameters()).device
            batches = (texts.transfer_batch_to_device(batch, found, 0) for batch in texts.val_dataloader())
            learner.eval()
            with torch.inference_mode():
                return apart([learner.predict(batch) for batch in batches], len(processor.labels))

        def save(folder: Path) -> None:
            model.save(network, processor, folder)
            output.finish(folder, settings, held)

        recipe.write(out, save, history, how, key)


if __name__ == "__main__":
    run("train", main)
