"""Train a head on features of the frozen encoder: `python -m pipeline.train`, or `--out DIR` to train it elsewhere.

The features of each word are computed once and kept in work/features under a key of texts, base and window length:
changing the head or its training never computes them again. Writes build/model, build/training.json and
build/plots/train.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars
import torch
from torch import Tensor

from pipeline.base import device, imports, params
from pipeline.base.failure import run
from pipeline.base.files import WORK
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.task import model, tagging
from pipeline.task.processing import Floats, Processor, Window
from pipeline.task.tagging import Windows
from pipeline.training import probing, recipe
from pipeline.training.recipe import History, Settings

BATCH = 32
"""Windows encoded at once."""
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
    kept = (WORK if out == recipe.BUILD else out / "work") / "features"
    splits = [tagging.windows(processor, polars.read_parquet(f"build/data/{name}.parquet")) for name in SPLITS]
    known, seen = (
        cached(network, processor, settings, name, windows, kept, say)
        for name, windows in zip(SPLITS, splits, strict=True)
    )
    shapes = [shapes_of(windows) for windows in splits]
    tags = torch.from_numpy(np.concatenate(splits[0].tags))
    loss = tagging.loss(settings, splits[0].tags, 2 * len(processor.labels) + 1)
    history = History()

    def loss_of(indices: Tensor) -> Tensor:
        value: Tensor = loss(network.head(known[indices].float(), shapes[0][indices]), tags[indices])
        return value

    def score_of() -> float:
        answers = torch.softmax(network.head(seen.float(), shapes[1]), dim=-1).numpy()
        return splits[1].score(owned(splits[1], answers), how.metric)

    best = probing.fit(network.head, len(tags), loss_of, score_of, how, history, say)
    network.head.load_state_dict(best)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    history.seconds = time.monotonic() - started
    recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


def cached(
    network: model.Tagger,
    processor: Processor,
    settings: Params,
    name: str,
    windows: Windows,
    folder: Path,
    say: Progress,
) -> Tensor:
    """Return the features of the words of a split's windows (words x width, fp16), from the cache or computed."""
    path, how = Path(f"build/data/{name}.parquet"), recipe.settings(settings)
    read = {part: settings.value(part) for part in ("model.base.sources", "data.max_length")}
    code = imports.reached("pipeline/task/model.py", "pipeline/task/processing.py", without=["pipeline/task/head.py"])
    place = folder / digest(read | {"precision": how.precision}, [path, *code])
    rows = windows.rows
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index].ids))

    def some(indices: Sequence[int]) -> Tensor:
        batches = [[rows[i] for i in indices[at : at + BATCH]] for at in range(0, len(indices), BATCH)]
        return torch.cat([encode(network, processor, batch, how) for batch in batches])

    def tell(done: int) -> None:
        say(done, len(order), "windows", f"{name}: {done} of {len(order)} windows encoded")

    places = np.cumsum([0, *(len(row.first) for row in rows)])
    features = torch.empty(int(places[-1]), network.width, dtype=torch.float16)
    for indices, part in probing.parts(place, order, 32 * BATCH, some, tell):
        features[torch.cat([torch.arange(int(places[i]), int(places[i + 1])) for i in indices])] = part
    return features


def encode(network: model.Tagger, processor: Processor, rows: list[Window], how: Settings) -> Tensor:
    """Return the features of the words of one batch of windows, in fp16 on the host."""
    where = next(network.parameters()).device
    padded = {name: torch.from_numpy(array).to(where) for name, array in processor.pad(rows).items()}
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=how.precision == "bf16"):
        states = network.eval().features(**padded)
    return torch.cat([states[at, row.first] for at, row in enumerate(rows)]).to("cpu", torch.float16)


def shapes_of(windows: Windows) -> Tensor:
    """Return the shape of each window's words."""
    return torch.tensor([row.shapes[place] for row in windows.rows for place in row.first])


def owned(windows: Windows, answers: Floats) -> list[tuple[int, Floats]]:
    """Give, of the words of all windows (words x tags), those that each window answers."""
    found, start = [], 0
    for index, row in enumerate(windows.rows):
        a, b = (bound - row.start for bound in row.owned)
        found.append((index, answers[start + a : start + b]))
        start += len(row.first)
    return found


if __name__ == "__main__":
    run("train", main)
