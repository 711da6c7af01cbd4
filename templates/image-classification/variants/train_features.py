"""Train a head on features of the frozen encoder: `python -m pipeline.train`, or `--out DIR` to train it elsewhere.

The features are computed once and kept in work/features under a key of pictures, base and picture size: changing the
head or its training never computes them again. Writes build/model, build/training.json and build/plots/train.
"""

import time
from pathlib import Path

import polars
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from pipeline.base import device, imports, params
from pipeline.base.failure import run
from pipeline.base.files import WORK
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.reporting.classification_metrics import scores
from pipeline.task import augment, data, model
from pipeline.task.processing import Processor
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

BATCH = 16
"""Pictures encoded at once."""
CHUNK = 16 * BATCH
"""Pictures that a kill loses at most."""
SPLITS = ("train", "validation")


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    key, how = recipe.key(settings), recipe.settings(settings)
    started = time.monotonic()
    network, processor = model.build(settings)
    network.to(where)
    log = recipe.tracker(settings, key, out)
    kept = (WORK if out == recipe.BUILD else out / "work") / "features"
    truths = [
        torch.from_numpy(data.truth(polars.read_parquet(f"build/data/{name}.parquet"), processor.labels))
        for name in SPLITS
    ]
    varied = settings.texts("data.augment")
    known = [cached(network, processor, settings, "train", turn, kept, say) for turn in views(varied)]
    seen = cached(network, processor, settings, "validation", False, kept, say)
    loss = recipe.cross_entropy(settings, truths[0].numpy(), len(processor.labels))
    history = History()
    network.head.cpu()
    best = fit(network.head, known, seen, truths, loss, how, processor, varied, history, say)
    network.head.load_state_dict(best)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    history.seconds = time.monotonic() - started
    recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


def views(varied: tuple[str, ...]) -> tuple[bool, ...]:
    """Say which ways each picture is encoded: as it is, and mirrored when training is to mirror."""
    return (False, True) if "flip" in varied else (False,)


def cached(
    network: model.Classifier,
    processor: Processor,
    settings: Params,
    name: str,
    mirrored: bool,
    folder: Path,
    say: Progress,
) -> Tensor:
    """Return the features of a split's pictures, from the cache or computed in parts that a kill does not lose."""
    path, how = Path(f"build/data/{name}.parquet"), recipe.settings(settings)
    read = {part: settings.value(part) for part in ("model.base.sources", "data.image_size", "data.channels")}
    code = imports.reached("pipeline/task/model.py", "pipeline/task/processing.py", without=["pipeline/task/head.py"])
    place = folder / digest(read | {"precision": how.precision, "mirrored": mirrored}, [path, *code])
    place.mkdir(parents=True, exist_ok=True)
    files = [Path(one) for one in polars.read_parquet(path)["image"].to_list()]
    features = torch.empty(len(files), network.width)
    for start in range(0, len(files), CHUNK):
        file, some = place / f"{start}.safetensors", files[start : start + CHUNK]
        if not file.exists():
            batches = [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
            part = torch.cat([encode(network, processor, batch, mirrored, how) for batch in batches])
            save_file({"features": part}, file.with_suffix(".part"))
            file.with_suffix(".part").replace(file)
            done, kind = start + len(some), " mirrored" if mirrored else ""
            say(done, len(files), "pictures", f"{name}: {done} of {len(files)}{kind} pictures encoded")
        features[start : start + len(some)] = load_file(file)["features"]
    return features


def encode(network: model.Classifier, processor: Processor, files: list[Path], mirrored: bool, how: Settings) -> Tensor:
    """Return the features of one batch of files, in fp32 on the host."""
    where = next(network.parameters()).device
    pixels = torch.from_numpy(processor.encode({"image": [file.read_bytes() for file in files]})["pixels"]).to(where)
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=how.precision == "bf16"):
        return network.eval().features(pixels.flip(3) if mirrored else pixels).float().cpu()


def fit(
    head: nn.Module,
    known: list[Tensor],
    seen: Tensor,
    truths: list[Tensor],
    loss: nn.Module,
    how: Settings,
    processor: Processor,
    varied: tuple[str, ...],
    history: History,
    say: Progress,
) -> dict[str, Tensor]:
    """Train the head on the host until the score stops improving; give the best weights."""
    chance = torch.Generator().manual_seed(how.seed)
    count, rows = len(truths[0]), torch.arange(len(truths[0]))
    per_epoch = -(-count // how.batch_size)
    optimizer, schedule = recipe.optimizer(head, how, how.epochs * per_epoch)
    both = torch.stack(known)
    sign = 1 if how.better == "higher" else -1
    best: dict[str, Tensor] = {}
    top, waited = float("-inf"), 0
    for epoch in range(1, how.epochs + 1):
        head.train()
        total = 0.0
        view = both[torch.randint(len(known), (count,), generator=chance), rows]
        order = torch.randperm(count, generator=chance)
        for indices in order.split(how.batch_size):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            targets = functional.one_hot(truths[0][indices], len(processor.labels)).float()
            features, targets = augment.mix(view[indices], targets, varied)
            value = loss(head(features), targets)
            value.backward()
            optimizer.step()
            schedule.step()
            total += float(value.detach()) * len(indices)
        recipe.finite(total, epoch)
        with torch.inference_mode():
            answers = torch.softmax(head.eval()(seen), dim=-1).numpy()
        score = scores(truths[1].numpy(), answers, processor.labels).get(how.metric, float("nan"))
        history.losses.append((epoch * per_epoch, total / count))
        history.scores.append((epoch * per_epoch, score))
        say(epoch, how.epochs, "epochs", f"epoch {epoch} of {how.epochs}: validation {how.metric} {score:.4f}")
        if sign * score > top:
            top, waited = sign * score, 0
            best = {name: tensor.clone() for name, tensor in head.state_dict().items()}
        else:
            waited += 1
            if waited >= how.patience:
                break
    return best


if __name__ == "__main__":
    run("train", main)
