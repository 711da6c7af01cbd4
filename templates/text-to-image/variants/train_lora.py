"""Train adapters of a Stable Diffusion pipeline: `python -m pipeline.train`, or `--out DIR` to train elsewhere.

Noise is added to a picture's latent picture, and the painter learns to tell which (Ho et al. 2020); every tenth prompt
is hidden, for guidance. Only the adapters (LoRA) are trained. Writes build/model, build/training.json and
build/plots/train, with samples of every epoch. A run that was killed goes on from work/train, where checkpoints of the
adapters lie under a key of everything the training reads.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import polars
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import Tensor
from torch.nn import functional

from pipeline.base import device, params
from pipeline.base.failure import run
from pipeline.base.files import WORK, side_folder
from pipeline.base.progress import Progress
from pipeline.pictures.decoded import squares
from pipeline.task import figures, model
from pipeline.task.model import Pipeline, Sampler
from pipeline.task.phrasing import phrasings
from pipeline.task.processing import Processor
from pipeline.training import loop, recipe
from pipeline.training.loop import Batches, Learner
from pipeline.training.recipe import Settings

HIDDEN = 0.1
"""Share of prompts that are hidden."""
SHOWN = 4
"""Samples of each epoch."""
CHUNK = 8
"""Pictures that are turned into latent pictures at once."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some latent pictures (views x pictures x ...), the numbers of their captions, and a number of the batch."""

    latent: Tensor
    captions: Tensor
    number: int


class Pictures(pl.LightningDataModule):
    """The train and validation splits as latent pictures, made once."""

    def __init__(self, latents: Sequence[Tensor], captions: Sequence[Tensor], settings: Settings) -> None:
        super().__init__()
        self.latents, self.captions, self.settings = latents, captions, settings

    def train_dataloader(self) -> Batches[Batch]:
        return self.batches(0, self.settings.seed)

    def val_dataloader(self) -> Batches[Batch]:
        return self.batches(1, None)

    def batches(self, split: int, seed: int | None) -> Batches[Batch]:
        """Return a split's batches; those of training start where the trainer is."""
        latents, captions, size = self.latents[split], self.captions[split], self.settings.at_once

        def collate(indices: Sequence[int]) -> Batch:
            chosen = torch.tensor(list(indices))
            return Batch(latent=latents[:, chosen], captions=captions[chosen], number=int(chosen[0]))

        def place() -> tuple[int, int]:
            if seed is None or self.trainer is None:
                return 0, 0
            return loop.reached(self.trainer.global_step, -(-len(captions) // size), self.settings.accumulate)

        return Batches([1] * len(captions), collate, size=size, seed=seed, place=place)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        return replace(batch, latent=batch.latent.to(device), captions=batch.captions.to(device))


class AdapterLearner(Learner[Batch]):
    """The squared error of the noise that was told. `model` is the adapters alone, so that checkpoints are small."""

    def __init__(
        self,
        sampler: Sampler,
        noising: DDPMScheduler,
        settings: Settings,
        steps: int,
        prompts: Tensor,
        shown: Tensor,
        samples: Path,
    ) -> None:
        super().__init__(model.adapters(sampler.pipeline), settings, steps)
        self.whole = (sampler,)  # in a tuple, or Lightning would put the base into every checkpoint
        self.noising, self.shown, self.samples = noising, shown, samples
        self.prompts: Tensor
        self.register_buffer("prompts", prompts, persistent=False)

    @property
    def pipeline(self) -> Pipeline:
        """The base with the adapters in it."""
        return self.whole[0].pipeline

    def loss(self, batch: Batch) -> Tensor:
        return self.error(batch, None).mean()

    def error(self, batch: Batch, chance: torch.Generator | None) -> Tensor:
        """Return each picture's mean squared error at a random time, in a random view and phrasing."""
        views, count = batch.latent.shape[:2]
        where = batch.latent.device
        view = torch.randint(views, (count,), generator=chance).to(where)
        latent = batch.latent[view, torch.arange(count, device=where)]
        noise = torch.randn(latent.shape, generator=chance).to(where)
        time = torch.randint(self.noising.config["num_train_timesteps"], (count,), generator=chance).to(where)
        form = torch.randint(self.prompts.shape[1], (count,), generator=chance).to(where)
        hidden = (torch.rand(count, generator=chance) < HIDDEN).to(where)
        ids = torch.where(hidden[:, None], self.whole[0].nothing, self.prompts[batch.captions, form])
        with torch.no_grad():
            words = self.pipeline.read(ids)
        self.pipeline.painter.train(self.training)
        noisy = self.noising.add_noise(latent, noise, time)  # type: ignore[arg-type]
        found = self.pipeline.painter(noisy, time, words).sample
        velocity = self.noising.config["prediction_type"] == "v_prediction"
        wanted = self.noising.get_velocity(latent, noise, time) if velocity else noise  # type: ignore[arg-type]
        return functional.mse_loss(found.float(), wanted.float(), reduction="none").mean(dim=(1, 2, 3))

    def on_validation_end(self) -> None:
        """Draw samples of this epoch: the same noise and the same captions in every one."""
        ids = self.prompts[torch.arange(len(self.shown)) % len(self.prompts), 0]
        self.pipeline.painter.eval()
        with torch.inference_mode():
            found = self.whole[0](ids, torch.ones_like(ids), self.shown.to(self.device)).float().cpu().numpy()
        self.samples.mkdir(exist_ok=True)
        figures.grid(found, self.samples / f"epoch-{self.trainer.current_epoch + 1:03}.png")

    def predict(self, batch: Batch) -> Tensor:
        return self.error(batch, torch.Generator().manual_seed(batch.number)).cpu()

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
        pipeline, processor = model.build(settings)
        sampler = model.sampler(pipeline, processor, settings).to(where)
        frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
        shape = (processor.size, processor.channels)
        arrays = [squares(name, work / "pixels", *shape, say) for name in ("train", "validation")]
        known = sorted(set(frames[0]["prompt"].to_list()) | set(frames[1]["prompt"].to_list()))
        captions = [torch.tensor([known.index(one) for one in frame["prompt"].to_list()]) for frame in frames]
        views = (False, True) if "flip" in settings.texts("data.augment") else (False,)
        seen = [latents(pipeline, array, some, say) for array, some in zip(arrays, (views, (False,)), strict=True)]
        pictures = Pictures(seen, captions, how)
        steps = how.epochs * len(pictures.train_dataloader())
        chance = torch.Generator().manual_seed(0)
        shown = torch.randn((SHOWN, processor.channels, processor.size, processor.size), generator=chance)
        prompts = tokens(processor, known)
        learner = AdapterLearner(sampler, model.noising(settings), how, steps, prompts, shown, side / "samples")
        say.say(f"{len(captions[0])} pictures, {steps} steps of {how.batch_size} on {where.type}, {how.precision}")
        log = recipe.tracker(settings, key, out)
        history = loop.fit(learner.to(where), pictures, side, say, log)
        recipe.write(out, lambda folder: model.save(pipeline, processor, folder), history, how, key)
        for file in sorted((side / "samples").glob("*.png")):
            shutil.copyfile(file, out / "plots" / "train" / file.name)


def latents(pipeline: Pipeline, array: npt.NDArray[np.uint8], views: Sequence[bool], say: Progress) -> Tensor:
    """Return the latent pictures of a split (views x pictures x channels x side x side), on the host."""
    where = next(pipeline.parameters()).device
    found = []
    for mirrored in views:
        parts = []
        for at in range(0, len(array), CHUNK):
            some = torch.from_numpy(np.array(array[at : at + CHUNK])).to(where).float() / 127.5 - 1
            with torch.no_grad():
                parts.append(pipeline.look(some.flip(3) if mirrored else some).cpu())
            say(min(len(array), at + CHUNK), len(array), "pictures")
        found.append(torch.cat(parts))
    return torch.stack(found)


def tokens(processor: Processor, captions: Sequence[str]) -> Tensor:
    """Return the token ids of every caption in every phrasing (captions x phrasings x tokens)."""
    forms = [phrasings(caption) for caption in captions]
    most = max(len(some) for some in forms)
    rows = [processor.tokens([some[index % len(some)] for index in range(most)])["input_ids"] for some in forms]
    return torch.from_numpy(np.stack(rows))


if __name__ == "__main__":
    run("train", main)
