"""Train a head on features of the frozen encoder: `python -m pipeline.train`, or `--out DIR` to train it elsewhere.

The features are computed once and kept in work/features under a key of texts, base and token length: changing the
head or its training never computes them again. Writes build/model, build/training.json and build/plots/train.
"""

import time
from pathlib import Path

import polars
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline import data, device, model, params, training
from pipeline.classification import scores
from pipeline.failure import run
from pipeline.files import WORK
from pipeline.files import key as digest
from pipeline.params import Params
from pipeline.processing import Processor
from pipeline.progress import Progress
from pipeline.training import History, Settings

BATCH = 32
"""Texts encoded at once."""
SPLITS = ("train", "validation")


def main() -> None:
    settings = params.load()
    out = training.arguments()
    say = Progress("train")
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), training.seed(settings))
    key, how = training.key(settings), training.settings(settings)
    started = time.monotonic()
    network, processor = model.build(settings, [])
    network.to(where)
    log = training.tracker(settings, key, out)
    kept = WORK if out == training.BUILD else out / "work"
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in SPLITS]
    features = [cached(network, processor, settings, name, kept / "features", say) for name in SPLITS]
    truths = [torch.from_numpy(data.truth(frame, processor.labels)) for frame in frames]
    loss = training.cross_entropy(settings, truths[0].numpy(), len(processor.labels))
    history = History()
    best = fit(network.head, features, truths, loss, how, processor, history, say)
    network.head.load_state_dict(best)
    for step, score in history.scores:
        log({f"validation.{how.metric}": score}, step)
    history.seconds = time.monotonic() - started
    training.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


def cached(
    network: model.Classifier, processor: Processor, settings: Params, name: str, folder: Path, say: Progress
) -> Tensor:
    """Give the features of a split's texts, from the cache or computed in parts that a kill does not lose."""
    path, how = Path(f"build/data/{name}.parquet"), training.settings(settings)
    read = {part: settings.value(part) for part in ("model.base.sources", "data.max_length")}
    code = [training.CODE / f"{module}.py" for module in ("model", "processing")]
    place = folder / digest(read | {"precision": how.precision}, [path, *code])
    place.mkdir(parents=True, exist_ok=True)
    rows = processor.tokens(data.raw(polars.read_parquet(path))["text"])
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
    features = torch.empty(len(rows), network.width)
    chunk = 32 * BATCH
    for start in range(0, len(order), chunk):
        file, indices = place / f"{start}.safetensors", order[start : start + chunk]
        if not file.exists():
            batches = [[rows[i] for i in indices[at : at + BATCH]] for at in range(0, len(indices), BATCH)]
            part = torch.cat([encode(network, processor, batch, how) for batch in batches])
            save_file({"features": part}, file.with_suffix(".part"))
            file.with_suffix(".part").replace(file)
            done = start + len(indices)
            say(done, len(order), "texts", f"{name}: {done} of {len(order)} texts encoded")
        features[indices] = load_file(file)["features"]
    return features


def encode(network: model.Classifier, processor: Processor, rows: list[list[int]], how: Settings) -> Tensor:
    """Give the features of one batch of token ids, in fp32 on the host."""
    where = next(network.parameters()).device
    padded = {name: torch.from_numpy(array).to(where) for name, array in processor.pad(rows).items()}
    with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=how.precision == "bf16"):
        return network.eval().features(**padded).float().cpu()


def fit(
    head: nn.Module,
    features: list[Tensor],
    truths: list[Tensor],
    loss: nn.Module,
    how: Settings,
    processor: Processor,
    history: History,
    say: Progress,
) -> dict[str, Tensor]:
    """Train the head on the host until the score stops improving; give the best weights."""
    head.cpu()
    chance = torch.Generator().manual_seed(how.seed)
    per_epoch = -(-len(features[0]) // how.batch_size)
    optimizer, schedule = training.optimizer(head, how, how.epochs * per_epoch)
    sign = 1 if how.better == "higher" else -1
    best: dict[str, Tensor] = {}
    top, waited = float("-inf"), 0
    for epoch in range(1, how.epochs + 1):
        head.train()
        total = 0.0
        for indices in torch.split(torch.randperm(len(features[0]), generator=chance), how.batch_size):
            optimizer.zero_grad()
            value = loss(head(features[0][indices]), truths[0][indices])
            value.backward()
            optimizer.step()
            schedule.step()
            total += float(value.detach()) * len(indices)
        training.finite(total, epoch)
        with torch.inference_mode():
            answers = torch.softmax(head.eval()(features[1]), dim=-1).numpy()
        score = scores(truths[1].numpy(), answers, processor.labels)[how.metric]
        history.losses.append((epoch * per_epoch, total / len(features[0])))
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
