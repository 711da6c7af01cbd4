"""What every way of training shares: arguments, settings, the key of a training, its loss and its outputs."""

import argparse
import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pipeline.base import digests, distributed, imports, params
from pipeline.base.failure import Failure
from pipeline.base.files import fresh, sha256, write_json
from pipeline.base.files import key as digest
from pipeline.base.params import Params, Value
from pipeline.reading import disk
from pipeline.reporting.recorder import Recorder
from pipeline.training import learning_curve

BUILD = Path("build")
RECORDERS: dict[str, Recorder] = {}
"""Of the trainings that this process recorded, by key."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the slots `model.train.*`."""

    seed: int
    metric: str
    better: str
    epochs: int = 1
    """This and what follows is as here for what is fitted at once, without steps."""
    batch_size: int = 1
    learning_rate: float = 0.0
    weight_decay: float = 0.0
    warmup: float = 0.0
    patience: int = 1
    precision: str = "fp32"
    accumulate: int = 1
    """Parts in which a batch goes through a network that learns whole: its gradients are averaged over them."""
    asked: Mapping[str, Value] = field(default_factory=dict)
    """Everything that a training is asked for, as params.yaml had it when it began."""

    @property
    def at_once(self) -> int:
        """Return the examples of a batch that are in memory together."""
        return -(-self.batch_size // self.accumulate)


@dataclass(kw_only=True)
class History:
    """What happened in training."""

    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)
    seconds: float = 0.0
    kept: dict[str, int] = field(default_factory=dict)
    """Of each model of a table the round, the epoch or the penalty that the validation rows score best."""


def arguments() -> Path:
    """Read the command line: the folder to write to."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.train", description="Train the model.")
    parser.add_argument("--out", type=Path, default=BUILD, help="where to write model/ and training.json")
    out: Path = parser.parse_args().out
    return out


def seed(settings: Params) -> int:
    """Return the seed of training."""
    return settings.integer("model.train.seed")


def settings(values: Params) -> Settings:
    """Read the slots `model.train.*` and what is monitored."""
    slot = "model.train."
    return Settings(
        epochs=values.integer(slot + "epochs"),
        batch_size=values.integer(slot + "batch_size"),
        learning_rate=values.number(slot + "learning_rate"),
        weight_decay=values.number(slot + "weight_decay"),
        warmup=values.number(slot + "warmup"),
        patience=values.integer(slot + "patience"),
        precision=values.text(slot + "precision"),
        seed=seed(values),
        metric=values.text("monitor.metric"),
        better=values.text("monitor.better"),
        accumulate=values.integer(slot + "accumulate"),
        asked=digests.asked(values),
    )


def key(values: Params) -> str:
    """Name this training by what it reads: parameters, data, code and package versions."""
    read = {part: values.record(part) for part in ("labels", "monitor", "data", "model", "compute")}
    splits = [BUILD / "data" / f"{name}.parquet" for name in ("train", "validation")]
    locked = [path for path in (Path("constraints.txt"),) if path.exists()]
    return digest(read, [*splits, *imports.reached("pipeline/train.py"), *locked])


def cross_entropy(values: Params, truth: npt.NDArray[np.int64], classes: int) -> nn.CrossEntropyLoss:
    """Return the loss, with the label smoothing and the class weights (rows / (classes x rows of class)) decided on."""
    weights = None
    if values.text("model.train.class_weights") == "balanced":
        counts = np.maximum(np.bincount(truth, minlength=classes), 1)
        weights = torch.tensor(len(truth) / (classes * counts), dtype=torch.float32)
    return nn.CrossEntropyLoss(weight=weights, label_smoothing=values.number("model.train.label_smoothing"))


def optimizer(
    model: nn.Module, how: Settings, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return AdamW (no decay for biases and norms), with a linear warm-up and a cosine decay over `steps`."""
    trained = [value for value in model.parameters() if value.requires_grad]
    groups = [
        {"params": [value for value in trained if value.ndim > 1], "weight_decay": how.weight_decay},
        {"params": [value for value in trained if value.ndim <= 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=how.learning_rate)
    rising = max(1, round(how.warmup * steps))

    def rate(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rising) / max(1, steps - rising))))

    return adam, torch.optim.lr_scheduler.LambdaLR(adam, rate)


def finite(loss: float, step: int) -> None:
    """Check a loss; raises Failure TS832 when it is not a finite number."""
    if not math.isfinite(loss):
        hint = "lower `model.train.learning_rate`, or train in fp32"
        evidence = {"failure": "diverged", "step": step}
        raise Failure("TS832", f"the loss is not finite at step {step}", hint=hint, evidence=evidence)


def tracker(values: Params, name: str, out: Path) -> Callable[[Mapping[str, float], int], None]:
    """Return a function that records metrics in MLflow; a training elsewhere than build/ is not recorded."""
    if out != BUILD or not distributed.leads():
        return lambda metrics, step: None
    recorder = RECORDERS[name] = Recorder(name)
    recorder.start()
    return recorder.log


def write(out: Path, save: Callable[[Path], None], history: History, how: Settings, name: str) -> None:
    """Write the model, training.json and the curves; of several processes the first does.

    Raises Failure TS836 when a validation score is not a finite number: no weights are the best by it.
    """
    if not distributed.leads():
        return
    folder = fresh(out / "model")
    with disk.writing(folder):
        save(folder)
    digests.seal(folder)
    curves = fresh(out / "plots" / "train")
    table(curves / "loss.csv", ("step", "loss"), history.losses)
    table(curves / "score.csv", ("step", how.metric), history.scores)
    for step, score in history.scores:
        if not math.isfinite(score):
            hint = "lower `model.train.learning_rate`, or train in fp32; look for values in the data that cannot be"
            message = f"the validation {how.metric} at step {step} is {score}, no finite number"
            raise Failure("TS836", message, hint=hint, evidence={"metric": how.metric, "step": step})
    choose = max if how.better == "higher" else min
    best = choose(score for _, score in history.scores)
    weights = sha256(folder / "weights.safetensors")
    summary = {"train.time": history.seconds, "train.best": best, "train.metric": how.metric}
    write_json(out / "training.json", {**summary, "weights.sha256": weights, "key": name, "asked": dict(how.asked)})
    if out == BUILD:
        learning_curve.write(params.load(), curves / "learning.csv", best)
    if name in RECORDERS:
        RECORDERS[name].trained()
    print(f"train: best validation {how.metric} {best:.4f}, weights sha256 {weights[:16]}", flush=True)


def table(path: Path, names: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
    """Write numbers as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
