"""Train the network on a table until the validation score stops improving; it takes seconds to minutes."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Best, Judge, RowLoss, Rows
from pipeline.tabular_models.network import Network
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

NAME = "network"
AT_ONCE = 2048
"""Validation rows in one run."""


def descend(
    columns: Sequence[Column],
    outputs: int,
    loss: RowLoss,
    splits: tuple[Rows, Rows],
    judge: Judge,
    shape: tuple[int, float],
    how: Settings,
    where: torch.device,
    say: Progress,
) -> tuple[Network, History]:
    """Train; give the network with the weights of the best epoch, and what happened.

    `shape` has the members and the dropout. Members learn apart: the loss of a row is the mean of theirs.
    """
    started, (rows, held) = time.monotonic(), splits
    network, history, best = begun(columns, outputs, rows, shape, how, where), History(), Best(how.better)
    per_epoch = -(-len(rows) // how.batch_size)
    kept: dict[str, Tensor] = {}
    for epoch, total in passes(network, rows, loss, how, where):
        score, tie = judge(answers(network, held, where).double().numpy())
        history.losses.append((epoch * per_epoch, total / len(rows)))
        history.scores.append((epoch * per_epoch, score))
        say(epoch, how.epochs, "epochs", f"epoch {epoch} of {how.epochs}: validation {how.metric} {score:.4f}")
        if best.offer(epoch, score, tie):
            kept = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
        if epoch - best.step >= how.patience:
            break
    network.cpu().load_state_dict(kept)
    history.kept, history.seconds = {NAME: best.step}, time.monotonic() - started
    return network.eval(), history


def again(
    columns: Sequence[Column],
    outputs: int,
    loss: RowLoss,
    rows: Rows,
    epochs: int,
    shape: tuple[int, float],
    how: Settings,
    where: torch.device,
    say: Progress,
) -> Network:
    """Train so many epochs on rows that nothing is judged by; the rate falls as it did when they were counted."""
    network = begun(columns, outputs, rows, shape, how, where)
    for epoch, _ in islice(passes(network, rows, loss, how, where), epochs):
        say(epoch, epochs, "epochs")
    return network.cpu().eval()


def begun(
    columns: Sequence[Column], outputs: int, rows: Rows, shape: tuple[int, float], how: Settings, where: torch.device
) -> Network:
    """Return a network that knows the rows' edges and has random weights, which follow from the seed."""
    torch.manual_seed(how.seed)
    network = Network(columns, outputs, *shape)
    network.learn(rows.values, rows.codes)
    return network.to(where)


def passes(
    network: Network, rows: Rows, loss: RowLoss, how: Settings, where: torch.device
) -> Iterator[tuple[int, float]]:
    """Pass over the rows, `epochs` times at most; give after each pass its number and the summed loss."""
    updates = recipe.optimizer(network, how, how.epochs * -(-len(rows) // how.batch_size))
    chance = torch.Generator().manual_seed(how.seed)
    for epoch in range(1, how.epochs + 1):
        order = torch.split(torch.randperm(len(rows), generator=chance), how.batch_size)
        total = once(network, rows, loss, updates, order, where)
        recipe.finite(total, epoch)
        yield epoch, total


def once(
    network: Network,
    rows: Rows,
    loss: RowLoss,
    updates: tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler],
    order: Sequence[Tensor],
    where: torch.device,
) -> float:
    """Pass once over the rows in batches of that order; give the summed loss."""
    network.train()
    truth, (optimizer, schedule), total = torch.from_numpy(rows.truth), updates, 0.0
    weight = torch.ones(len(rows)) if rows.weight is None else torch.from_numpy(rows.weight).float()
    for indices in order:
        optimizer.zero_grad()
        found = network(rows.values[indices].to(where), rows.codes[indices].to(where))
        shares = weight[indices].to(where)
        value = (loss(found, truth[indices].to(where)) * shares).sum() / shares.sum()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += float(value.detach()) * len(indices)
    return total


def answers(network: Network, rows: Rows, where: torch.device) -> Tensor:
    """Return the outputs of all rows (rows x members x outputs), on the host."""
    network.eval()
    with torch.inference_mode():
        pieces = zip(torch.split(rows.values, AT_ONCE), torch.split(rows.codes, AT_ONCE), strict=True)
        return torch.cat([network(values.to(where), codes.to(where)).cpu() for values, codes in pieces])
