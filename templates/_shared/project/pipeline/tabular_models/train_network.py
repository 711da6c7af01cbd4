"""Train the network on a table until the validation score stops improving; it takes seconds to minutes."""

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Best, Judge, RowLoss, Rows
from pipeline.tabular_models.network import Network
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

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
    torch.manual_seed(how.seed)
    network = Network(columns, outputs, *shape)
    network.learn(rows.values, rows.codes)
    network.to(where)
    per_epoch = -(-len(rows) // how.batch_size)
    updates = recipe.optimizer(network, how, how.epochs * per_epoch)
    history, best, chance = History(), Best(how.better), torch.Generator().manual_seed(how.seed)
    kept: dict[str, Tensor] = {}
    for epoch in range(1, how.epochs + 1):
        order = torch.split(torch.randperm(len(rows), generator=chance), how.batch_size)
        total = once(network, rows, loss, updates, order, where)
        recipe.finite(total, epoch)
        score, tie = judge(answers(network, held, where).double().numpy())
        history.losses.append((epoch * per_epoch, total / len(rows)))
        history.scores.append((epoch * per_epoch, score))
        say(epoch, how.epochs, "epochs", f"epoch {epoch} of {how.epochs}: validation {how.metric} {score:.4f}")
        if best.offer(epoch, score, tie):
            kept = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
        if epoch - best.step >= how.patience:
            break
    network.cpu().load_state_dict(kept)
    history.seconds = time.monotonic() - started
    return network.eval(), history


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
