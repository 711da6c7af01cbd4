"""Train a head on features of the frozen encoder: `python -m pipeline.train`, or `--out DIR` to train it elsewhere.

The features are computed once and kept in work/features under a key of texts, base and token length: changing the
head or its training never computes them again. Writes build/model, build/training.json and build/plots/train.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import polars
import torch
from torch import Tensor

from pipeline.base import device, imports, params
from pipeline.base.failure import run
from pipeline.base.files import WORK
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.task import augment, data, model, output
from pipeline.task.processing import Processor
from pipeline.training import probing, recipe
from pipeline.training.recipe import History, Settings

BATCH = 32
"""Texts encoded at once."""
SPLITS = ("train", "validation")


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    key, how = recipe.key(settings), recipe.settings(settings)
    started = time.monotonic()
    network, processor = model.build(settings, [])
    network.to(where)
    log = recipe.tracker(settings, key, out)
    kept = WORK if out == recipe.BUILD else out / "work"
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in SPLITS]
    frames[0] = augment.extended(frames[0], augment.asked(settings))
    features = [
        cached(network, processor, settings, name, frame, kept / "features", say)
        for name, frame in zip(SPLITS, frames, strict=True)
    ]
    truths = [torch.from_numpy(data.truth(frame, processor.labels)) for frame in frames]
    loss = output.loss(settings, truths[0].numpy(), len(processor.labels))
    history = History()

    def loss_of(indices: Tensor) -> Tensor:
        value: Tensor = loss(network.head(features[0][indices]), truths[0][indices])
        return value

    def score_of() -> float:
        return output.score(*held(), processor.labels, how.metric)

    def held() -> tuple[output.Truth, output.Probabilities]:
        return truths[1].numpy(), output.probabilities(network.head(features[1])).numpy()

    def save(folder: Path) -> None:
        model.save(network, processor, folder)
        output.finish(folder, settings, held)

    best = probing.fit(network.head, len(truths[0]), loss_of, score_of, how, history, say)
    network.head.load_state_dict(best)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    history.seconds = time.monotonic() - started
    with torch.inference_mode():
        recipe.write(out, save, history, how, key)


def cached(
    network: model.Classifier,
    processor: Processor,
    settings: Params,
    name: str,
    frame: polars.DataFrame,
    folder: Path,
    say: Progress,
) -> Tensor:
    """Return the features of a split's texts, from the cache or computed in parts that a kill does not lose."""
    path, how = Path(f"build/data/{name}.parquet"), recipe.settings(settings)
    read = {part: settings.value(part) for part in ("model.base.sources", "data.max_length")}
    read |= {"augment": repr(augment.asked(settings))} if name == "train" else {}
    code = imports.reached("pipeline/task/model.py", "pipeline/task/processing.py", without=["pipeline/task/head.py"])
    place = folder / digest(read | {"precision": how.precision}, [path, *code])
    rows = data.token_rows(processor, frame)
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))

    def some(indices: Sequence[int]) -> Tensor:
        batches = [[rows[i] for i in indices[at : at + BATCH]] for at in range(0, len(indices), BATCH)]
        return torch.cat([encode(network, processor, batch, how) for batch in batches])

    def tell(done: int) -> None:
        say(done, len(order), "texts", f"{name}: {done} of {len(order)} texts encoded")

    features = torch.empty(len(rows), network.width)
    for indices, part in probing.parts(place, order, 32 * BATCH, some, tell):
        features[list(indices)] = part
    return features


def encode(network: model.Classifier, processor: Processor, rows: list[list[int]], how: Settings) -> Tensor:
    """Return the features of one batch of token ids, in fp32 on the host."""
    where = next(network.parameters()).device
    padded = {name: torch.from_numpy(array).to(where) for name, array in processor.pad(rows).items()}
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=how.precision == "bf16"):
        return network.eval().features(**padded).float().cpu()


if __name__ == "__main__":
    run("train", main)
