"""Train a head on features of a frozen encoder: the features are kept in parts, the head trains on the host."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.base.progress import Progress
from pipeline.reading import disk
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings


def parts(
    place: Path, order: Sequence[int], chunk: int, encode: Callable[[Sequence[int]], Tensor], say: Callable[[int], None]
) -> list[tuple[Sequence[int], Tensor]]:
    """Return the features of examples, `chunk` at a time, from the cache in `place` or encoded: a kill loses one chunk.

    `say` is told how many are done, when some were encoded.
    """
    place.mkdir(parents=True, exist_ok=True)
    found: list[tuple[Sequence[int], Tensor]] = []
    for start in range(0, len(order), chunk):
        file, indices = place / f"{start}.safetensors", order[start : start + chunk]
        if not file.exists():
            features = encode(indices)
            with disk.writing(file):
                save_file({"features": features}, file.with_suffix(".part"))
            file.with_suffix(".part").replace(file)
            say(start + len(indices))
        found.append((indices, load_file(file)["features"]))
    return found


def fit(
    head: nn.Module,
    count: int,
    loss_of: Callable[[Tensor], Tensor],
    score_of: Callable[[], float],
    how: Settings,
    history: History,
    say: Progress,
) -> dict[str, Tensor]:
    """Train the head on the host until the score stops improving; give the best weights.

    `loss_of` takes the numbers of some of the `count` examples; `score_of` is asked after each epoch, in evaluation.
    """
    head.cpu()
    chance = torch.Generator().manual_seed(how.seed)
    per_epoch = -(-count // how.batch_size)
    optimizer, schedule = recipe.optimizer(head, how, how.epochs * per_epoch)
    sign = 1 if how.better == "higher" else -1
    best: dict[str, Tensor] = {}
    top, waited = float("-inf"), 0
    for epoch in range(1, how.epochs + 1):
        head.train()
        total = 0.0
        for indices in torch.split(torch.randperm(count, generator=chance), how.batch_size):
            optimizer.zero_grad()
            value = loss_of(indices)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += float(value.detach()) * len(indices)
        recipe.finite(total, epoch)
        head.eval()
        with torch.inference_mode():
            score = score_of()
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
