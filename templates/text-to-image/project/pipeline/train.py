"""Train the painter by rectified flow: `python -m pipeline.train`, or `--out DIR` to train the same one elsewhere.

A picture and noise are joined by a straight line; the painter learns the line's direction from a point on it (Liu et
al. 2022). Every tenth prompt is hidden, for guidance. What is kept is the moving average of the weights.
Writes build/model, build/training.json and build/plots/train, with samples of every epoch. A run that was killed goes
on from work/train, where checkpoints lie under a key of everything the training reads.
"""

import copy
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import polars
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.pictures.decoded import squares
from pipeline.task import figures, model, unet
from pipeline.task.phrasing import phrasings
from pipeline.task.processing import Processor
from pipeline.task.unet import Painter
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings

AVERAGE = 0.999
"""Share of the old average that is kept at each step, once there were enough steps."""
HIDDEN = 0.1
"""Share of prompts that are hidden."""
SHOWN, SHOWN_STEPS, SHOWN_GUIDANCE = 20, 8, 2.0
"""Samples of each epoch."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some pictures (0..255), the numbers of their captions, and a number of the batch."""

    pixels: Tensor
    captions: Tensor
    number: int


class Pictures(pl.LightningDataModule):
    """The train and validation splits, decoded once."""

    def __init__(
        self, arrays: Sequence[npt.NDArray[np.uint8]], captions: Sequence[npt.NDArray[np.int64]], settings: Settings
    ) -> None:
        super().__init__()
        self.arrays, self.captions, self.settings = arrays, captions, settings

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.at_once, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, self.settings.at_once, None)

    def batches(self, split: int, size: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        array, captions = self.arrays[split], self.captions[split]

        def collate(indices: Sequence[int]) -> Batch:
            chosen = list(indices)
            found = torch.from_numpy(captions[chosen])
            return Batch(pixels=torch.from_numpy(array[chosen]), captions=found, number=chosen[0])

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(captions) // size), self.settings.accumulate)

        return Batches([1] * len(captions), collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return Batch(pixels=batch.pixels.to(device), captions=batch.captions.to(device), number=batch.number)


class PainterLearner(Learner[Batch]):
    """The squared error of the direction; the average of the weights is what is scored and kept."""

    def __init__(
        self, painter: Painter, settings: Settings, steps: int, prompts: Tensor, mirror: bool, samples: Path
    ) -> None:
        super().__init__(painter, settings, steps)
        self.mirror, self.samples = mirror, samples
        self.prompts: Tensor
        self.register_buffer("prompts", prompts, persistent=False)
        self.average = copy.deepcopy(painter).requires_grad_(False)

    def loss(self, batch: Batch) -> Tensor:
        return self.error(batch, None, self.mirror).mean()

    def error(self, batch: Batch, chance: torch.Generator | None, mirror: bool) -> Tensor:
        """Return each picture's mean squared error, at a time half uniform and half logit-normal."""
        count, where = len(batch.pixels), batch.pixels.device
        data = batch.pixels.float() / 127.5 - 1
        if mirror:
            flipped = (torch.rand(count, generator=chance) < 0.5).to(where)
            data = torch.where(flipped[:, None, None, None], data.flip(3), data)
        noise = torch.randn(data.shape, generator=chance).to(where)
        uniform = torch.rand(count, generator=chance)
        time = torch.where(torch.arange(count) % 2 == 0, uniform, torch.randn(count, generator=chance).sigmoid())
        time = time.to(where)
        form = torch.randint(self.prompts.shape[1], (count,), generator=chance).to(where)
        prompt = self.prompts[batch.captions, form]
        hidden = (torch.rand(count, generator=chance) < HIDDEN).to(where)
        painter: Painter = self.model  # type: ignore[assignment]
        prompt = torch.where(hidden[:, None], painter.nothing.expand_as(prompt), prompt)
        line = time[:, None, None, None]
        found = painter((1 - line) * noise + line * data, time, prompt)
        return functional.mse_loss(found.float(), data - noise, reduction="none").mean(dim=(1, 2, 3))

    def optimizer_step(self, *args: object, **kwargs: object) -> None:
        """Step, then move the average towards the weights."""
        super().optimizer_step(*args, **kwargs)  # type: ignore[arg-type]
        self.follow(self.global_step)

    def follow(self, done: int) -> None:
        """Move the average towards the weights after so many steps; early averages forget faster."""
        kept = min(AVERAGE, (1 + done) / (10 + done))
        with torch.no_grad():
            for old, new in zip(self.average.parameters(), self.model.parameters(), strict=True):
                old.lerp_(new, 1 - kept)

    def on_validation_start(self) -> None:
        self.swap()

    def on_validation_end(self) -> None:
        self.show()
        self.swap()

    def swap(self) -> None:
        """Exchange weights and average: what is scored, and kept when it is the best, is the average."""
        with torch.no_grad():
            for one, other in zip(self.model.parameters(), self.average.parameters(), strict=True):
                held = one.clone()
                one.copy_(other)
                other.copy_(held)

    def show(self) -> None:
        """Draw samples of this epoch: the same noise and the same captions in every one."""
        painter: Painter = self.model  # type: ignore[assignment]
        shape = (SHOWN, painter.channels, painter.size, painter.size)
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(self.device)
        prompts = self.prompts[torch.arange(SHOWN) % len(self.prompts), 0]
        with torch.inference_mode():
            found = unet.sample(painter, noise, prompts, SHOWN_STEPS, SHOWN_GUIDANCE).float().cpu().numpy()
        self.samples.mkdir(exist_ok=True)
        figures.grid(found, self.samples / f"epoch-{self.trainer.current_epoch + 1:03}.png")

    def predict(self, batch: Batch) -> Tensor:
        chance = torch.Generator().manual_seed(batch.number)
        return self.error(batch, chance, False).cpu()

    def score(self, predictions: Sequence[Tensor]) -> float:
        return float(torch.cat(list(predictions)).mean())


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    key = recipe.key(settings)
    how = replace(recipe.settings(settings), metric="loss", better="lower")
    work = WORK if out == recipe.BUILD else out / "work"
    with side_folder(work / "train", key) as side:
        reader, painter, processor = model.build(settings)
        frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
        shape = (processor.size, processor.channels)
        arrays = [squares(name, work / "pixels", *shape, say) for name in ("train", "validation")]
        known = sorted(set(frames[0]["prompt"].to_list()) | set(frames[1]["prompt"].to_list()))
        place = {caption: index for index, caption in enumerate(known)}
        captions = [np.array([place[one] for one in frame["prompt"].to_list()], dtype=np.int64) for frame in frames]
        pictures = Pictures(arrays, captions, how)
        steps = how.epochs * len(pictures.train_dataloader())
        mirror = "flip" in settings.texts("data.augment")
        learner = PainterLearner(painter, how, steps, vectors(reader, processor, known), mirror, side / "samples")
        learner.to(where, memory_format=torch.channels_last)
        say.say(f"{len(captions[0])} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        log = recipe.tracker(settings, key, out)
        history = loop.fit(learner, pictures, side, say, log)
        recipe.write(out, lambda folder: model.save(reader, painter, processor, folder), history, how, key)
        for file in sorted((side / "samples").glob("*.png")):
            shutil.copyfile(file, out / "plots" / "train" / file.name)


def vectors(reader: model.Reader, processor: Processor, captions: Sequence[str]) -> Tensor:
    """Return the prompt vectors of every caption in every phrasing (captions x phrasings x width)."""
    most = max(len(phrasings(caption)) for caption in captions)
    rows = []
    for caption in captions:
        forms = phrasings(caption)
        tokens = processor.tokens([forms[index % len(forms)] for index in range(most)])
        with torch.inference_mode():
            rows.append(reader(*(torch.from_numpy(array) for array in tokens.values())).clone())
    return torch.stack(rows)


if __name__ == "__main__":
    run("train", main)
