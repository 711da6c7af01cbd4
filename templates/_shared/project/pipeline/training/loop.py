"""Train with Lightning so that a killed run goes on where it was and ends with the same weights.

What is random in a step follows from the seed and the step's number alone, so nothing but weights and optimizer state
has to be saved. Checkpoints go to a side folder that DVC does not know, whole or not at all.

On several GPUs or machines `torchrun --nproc-per-node 2 -m pipeline.train` gives each process its part of every batch;
their gradients are averaged, so that the number of processes does not change what a step is.
"""

import logging
import math
import os
import random
import time
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

import lightning.pytorch as pl
import torch
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.base import distributed
from pipeline.base.progress import Progress
from pipeline.reading import disk
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

Batch = TypeVar("Batch")
Log: TypeAlias = Callable[[Mapping[str, float], int], None]
"""Takes metrics and a step."""
CHECKPOINT_PERIOD = 20.0
"""Seconds between checkpoints: what a kill costs at most."""
CHECKPOINTS = 20
"""Of several processes, which must save at the same step, and have no clock in common."""
WINDOW = 50
"""Batches within which examples are sorted by length: less padding, still random."""


class Batches(Generic[Batch]):
    """Batches of examples in an order that follows from seed and epoch, from a given place on."""

    def __init__(
        self,
        lengths: Sequence[int],
        collate: Callable[[Sequence[int]], Batch],
        *,
        size: int,
        seed: int | None = None,
        place: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        """Take each example's length, and the epoch and first batch to give; without a seed the order is by length."""
        self.lengths, self.collate, self.size, self.seed, self.place = lengths, collate, size, seed, place

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.size)

    def __iter__(self) -> Iterator[Batch]:
        epoch, first = self.place()
        for indices in self.order(epoch)[first:]:
            # validation is whole everywhere: each process needs the score, to stop when the others do
            yield self.collate(indices if self.seed is None else distributed.share(indices))

    def order(self, epoch: int) -> list[list[int]]:
        """Return an epoch's batches as example numbers: sorted by length within windows, then mixed."""
        if self.seed is None:
            by_length = sorted(range(len(self.lengths)), key=lambda index: -self.lengths[index])
            return [by_length[start : start + self.size] for start in range(0, len(by_length), self.size)]
        chance = random.Random(f"{self.seed}:{epoch}")
        mixed = chance.sample(range(len(self.lengths)), len(self.lengths))
        step = WINDOW * self.size
        windows = [sorted(mixed[at : at + step], key=lambda i: -self.lengths[i]) for at in range(0, len(mixed), step)]
        batches = [window[at : at + self.size] for window in windows for at in range(0, len(window), self.size)]
        chance.shuffle(batches)
        return batches


def reached(step: int, batches: int, accumulate: int) -> tuple[int, int]:
    """Return epoch and batch that come after so many steps, when an epoch has so many batches.

    >>> reached(7, 5, 1), reached(3, 5, 2), reached(4, 5, 2)
    ((1, 2), (1, 0), (1, 2))
    """
    epoch, done = divmod(step, -(-batches // accumulate))
    return epoch, done * accumulate


class Learner(pl.LightningModule, Generic[Batch]):
    """A model, its loss and its score. A task subclasses it with `loss`, `predict` and `score`."""

    def __init__(self, model: nn.Module, settings: Settings, steps: int) -> None:
        super().__init__()
        self.model, self.settings = model, settings
        batches = -(-steps // settings.epochs)
        self.steps = settings.epochs * -(-batches // settings.accumulate)
        self.predictions: list[Tensor] = []

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Return the batch's loss."""

    @abstractmethod
    def predict(self, batch: Batch) -> Tensor:
        """Return what `score` needs of a validation batch."""

    @abstractmethod
    def score(self, predictions: Sequence[Tensor]) -> float:
        """Return the monitored metric over all validation batches."""

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        part = batch_idx % self.settings.accumulate
        place = self.global_step + distributed.rank() * 7_919_000_003 + part * 104_729_000_017
        torch.manual_seed(self.settings.seed * 1_000_003 + place)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self.loss(batch)
        recipe.finite(float(loss.detach()), self.global_step)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self.predictions.append(self.predict(batch))

    def on_validation_epoch_end(self) -> None:
        self.log("score", self.score(self.predictions))
        self.predictions.clear()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return the optimizer, with a learning rate that changes every step."""
        optimizer, schedule = recipe.optimizer(self.model, self.settings, self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Keeper(pl.Callback):
    """Keep checkpoints, the best weights and the history in the side folder; stop when the score no longer improves."""

    def __init__(self, side: Path, settings: Settings, say: Progress, log: Log) -> None:
        self.side, self.settings, self.say, self.record = side, settings, say, log
        self.best: float | None = None
        self.waited = 0
        self.history = History()
        self.saved = self.ticked = time.monotonic()

    def state_dict(self) -> dict[str, object]:
        self.tick()
        return {"best": self.best, "waited": self.waited, "history": vars(self.history)}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        self.best, self.waited = state_dict["best"], state_dict["waited"]  # type: ignore[assignment]
        self.history = History(**state_dict["history"])  # type: ignore[arg-type]

    def tick(self) -> None:
        now = time.monotonic()
        self.history.seconds += now - self.ticked
        self.ticked = now

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: object, batch_idx: int
    ) -> None:
        if distributed.world() > 1:
            every: int = max(1, -(-pl_module.steps // CHECKPOINTS))  # type: ignore[operator, assignment]
            due = trainer.global_step > 0 and trainer.global_step % every == 0
        else:
            due = time.monotonic() - self.saved >= CHECKPOINT_PERIOD
        due = due and batch_idx % self.settings.accumulate == 0  # a checkpoint has no gradients
        if due:
            self.save(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: object, batch: object, batch_idx: int
    ) -> None:
        step, loss = trainer.global_step, outputs
        if isinstance(outputs, Mapping):
            loss = outputs["loss"]
        if isinstance(loss, Tensor) and step % max(1, pl_module.steps // 200) == 0:  # type: ignore[operator]
            self.history.losses.append((step, float(loss)))
        self.say(step, float(pl_module.steps), "steps")  # type: ignore[arg-type]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        score, step = float(trainer.callback_metrics["score"]), trainer.global_step
        sign = 1 if self.settings.better == "higher" else -1
        self.history.scores.append((step, score))
        if self.best is None or sign * score > sign * self.best:
            self.best, self.waited = score, 0
            keep(pl_module.model, self.side / "best.safetensors")  # type: ignore[arg-type]
        else:
            self.waited += 1
            trainer.should_stop = trainer.should_stop or self.waited >= self.settings.patience
        epoch = trainer.current_epoch + 1
        self.record({f"validation.{self.settings.metric}": score}, step)
        message = f"epoch {epoch} of {self.settings.epochs}: validation {self.settings.metric} {score:.4f}"
        self.say(epoch, self.settings.epochs, "epochs", message)

    def save(self, trainer: pl.Trainer) -> None:
        """Write the checkpoint, whole or not at all."""
        trainer.save_checkpoint(self.side / "last.part")
        if distributed.leads():
            os.replace(self.side / "last.part", self.side / "last.ckpt")
        self.saved = time.monotonic()


def keep(model: nn.Module, path: Path) -> None:
    """Write a model's weights, whole or not at all; of several processes the first does."""
    if not distributed.leads():
        return
    part = path.with_suffix(".part")
    with disk.writing(part):
        save_file({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}, part)
    os.replace(part, path)


def fit(
    learner: Learner[Batch],
    data: pl.LightningDataModule,
    side: Path,
    say: Progress,
    log: Log,
) -> History:
    """Train, going on from the side folder's checkpoint, and leave the best weights in the learner's model."""
    warnings.filterwarnings("ignore", module="lightning")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    settings, model = learner.settings, learner.model
    keeper = Keeper(side, settings, say, log)
    accelerator = "gpu" if next(model.parameters()).device.type == "cuda" else "cpu"
    trainer = pl.Trainer(
        accelerator=accelerator,
        strategy=strategy(accelerator),
        devices=distributed.local(),
        num_nodes=distributed.world() // distributed.local(),
        precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
        max_epochs=settings.epochs,
        deterministic=True,
        gradient_clip_val=1.0,
        accumulate_grad_batches=settings.accumulate,
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    last = side / "last.ckpt"
    if last.exists():
        say.say("going on from a checkpoint of a run that was cut off")
    trainer.fit(learner, data, ckpt_path=last if last.exists() else None)
    if trainer.interrupted:
        raise SystemExit(130)
    keeper.tick()
    trainer.strategy.barrier()
    model.load_state_dict(load_file(side / "best.safetensors"))
    trainer.strategy.barrier()
    return keeper.history


def strategy(accelerator: str) -> DDPStrategy | str:
    """Return Lightning's way of training in this many processes: over gloo on CPUs, NCCL on GPUs."""
    if distributed.world() == 1:
        return "auto"
    return DDPStrategy(process_group_backend="nccl" if accelerator == "gpu" else "gloo")
