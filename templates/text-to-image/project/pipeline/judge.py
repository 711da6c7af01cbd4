"""Train a classifier of real pictures by their captions, apart from the painter: `python -m pipeline.judge`.

It says whether generated pictures show what was asked, and its features measure how far they are from real ones. It
never sees a generated picture. Writes build/judge: weights.safetensors and judge.json.
"""

import copy
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from pipeline.base import device, params
from pipeline.base.failure import Failure, run
from pipeline.base.files import WORK, fresh, write_json
from pipeline.base.progress import Progress
from pipeline.pictures.decoded import squares

OUT = Path("build/judge")
MOST = 1000
"""More different captions than this are no classes."""
EPOCHS, BATCH, RATE, DECAY = 10, 128, 0.005, 0.05
AVERAGE = 0.995
SEED = 1
WIDTHS = (32, 64, 128)
CHUNK = 256


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.around = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, state: Tensor) -> Tensor:
        """Return the block's output."""
        return functional.relu(self.inner(state) + self.around(state))


class Judge(nn.Module):
    """Pictures with values 0..1 to logits of captions."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        fine, middle, coarse = WIDTHS
        stride = 1 if size <= 40 else 2
        self.body = nn.Sequential(
            nn.Conv2d(channels, fine, 3, stride, 1, bias=False),
            nn.BatchNorm2d(fine),
            nn.ReLU(),
            Block(fine, middle, 2),
            Block(middle, middle, 1),
            Block(middle, coarse, 2),
            Block(coarse, coarse, 1),
        )
        self.width = 2 * coarse
        self.head = nn.Linear(self.width, classes)

    def features(self, pictures: Tensor) -> Tensor:
        """Return mean and strongest response of each channel (pictures x width)."""
        state = self.body(pictures * 4 - 2)
        return torch.cat([state.mean(dim=(2, 3)), state.amax(dim=(2, 3))], dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(functional.dropout(self.features(pictures), 0.1, self.training))
        return logits


def main() -> None:
    settings, say = params.load(), Progress("judge")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), SEED)
    started = time.monotonic()
    frames = {name: pl.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")}
    captions = sorted(set(frames["train"]["prompt"].to_list()))
    if len(captions) > MOST:
        hint = "give captions that name what is shown, a few hundred of them, or filter rare ones under `data.clean`"
        raise Failure(
            "TS826", f"the data has {len(captions)} different captions: no classifier can judge them", hint=hint
        )
    shape = settings.integer("data.image_size"), settings.integer("data.channels")
    arrays = {name: squares(name, WORK / "pixels", *shape, say) for name in frames}
    truths = {name: places(frame["prompt"].to_list(), captions) for name, frame in frames.items()}
    judge = Judge(shape[1], shape[0], len(captions)).to(where)
    average = fit(judge, np.array(arrays["train"]), truths["train"], where, say)
    shown = np.asarray(arrays["validation"], dtype=np.float32) / np.float32(255)
    right = classify(average, shown).argmax(axis=1) == truths["validation"]
    folder = fresh(OUT)
    save_file(
        {name: value.cpu().contiguous() for name, value in average.state_dict().items()}, folder / "weights.safetensors"
    )
    about = {"captions": captions, "channels": shape[1], "size": shape[0], "validation.accuracy": float(right.mean())}
    write_json(folder / "judge.json", about)
    say(
        1, 1, "judges", f"accuracy on real validation pictures {right.mean():.4f} in {time.monotonic() - started:.0f} s"
    )


def places(values: Sequence[str], captions: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return each caption's place among the known ones, -1 for others."""
    known = {caption: index for index, caption in enumerate(captions)}
    return np.array([known.get(value, -1) for value in values], dtype=np.int64)


def fit(
    judge: Judge, array: npt.NDArray[np.uint8], truth: npt.NDArray[np.int64], where: torch.device, say: Progress
) -> Judge:
    """Train on moved and mirrored pictures; give the average of the weights."""
    average = copy.deepcopy(judge).requires_grad_(False)
    chance = torch.Generator().manual_seed(SEED)
    per_epoch = -(-len(array) // BATCH)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * per_epoch, pct_start=0.2)
    judge.train()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(array), generator=chance)
        for step, rows in enumerate(order.split(BATCH)):  # type: ignore[no-untyped-call]
            pictures = varied(torch.from_numpy(array[rows.numpy()]).float() / 255, chance).to(where)
            wanted = torch.from_numpy(truth[rows.numpy()]).to(where)
            with torch.autocast(where.type, torch.bfloat16):
                logits = judge(pictures)
            loss = functional.cross_entropy(logits.float(), wanted, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            done = epoch * per_epoch + step + 1
            kept = min(AVERAGE, done / (10 + done))
            with torch.no_grad():
                for old, new in zip(average.state_dict().values(), judge.state_dict().values(), strict=True):
                    if old.is_floating_point():
                        old.lerp_(new, 1 - kept)
            say(done, EPOCHS * per_epoch, "steps")
    return average.eval()


def varied(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Turn, scale, move and mirror each picture a little."""
    count = len(pictures)
    turn, zoom, across, down = (2 * torch.rand(4, count, generator=chance) - 1).unbind(0)
    mirror = torch.where(torch.rand(count, generator=chance) < 0.5, -1.0, 1.0)
    scale = 1 + 0.12 * zoom
    cosine, sine = scale * (0.2 * turn).cos(), scale * (0.2 * turn).sin()
    first = torch.stack([mirror * cosine, -sine, 0.18 * across], 1)
    second = torch.stack([mirror * sine, cosine, 0.18 * down], 1)
    grid = functional.affine_grid(torch.stack([first, second], 1), list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def load(folder: Path = OUT) -> tuple[Judge, list[str]]:
    """Read the judge and its captions."""
    about = json.loads((folder / "judge.json").read_text(encoding="utf-8"))
    judge = Judge(about["channels"], about["size"], len(about["captions"]))
    judge.load_state_dict(load_file(folder / "weights.safetensors"))
    return judge.eval(), about["captions"]


def classify(judge: Judge, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the logits for pictures with values 0..1."""
    where = next(judge.parameters()).device
    with torch.inference_mode():
        parts = [judge(torch.from_numpy(part).to(where)).float().cpu().numpy() for part in chunks(pictures)]
    return np.concatenate(parts)


def describe(judge: Judge, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the features for pictures with values 0..1."""
    with torch.inference_mode():
        return np.concatenate([judge.features(torch.from_numpy(part)).float().numpy() for part in chunks(pictures)])


def chunks(pictures: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """Cut pictures into batches."""
    return [np.ascontiguousarray(pictures[at : at + CHUNK]) for at in range(0, len(pictures), CHUNK)]


if __name__ == "__main__":
    run("judge", main)
