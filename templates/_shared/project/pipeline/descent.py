"""Train the network on a table until the validation score stops improving; it takes seconds to minutes."""

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline import training
from pipeline.network import Network
from pipeline.params import Params
from pipeline.processing import Column
from pipeline.progress import Progress
from pipeline.rows import Judge, RowLoss, Rows
from pipeline.training import History, Settings

AT_ONCE = 2048
"""Validation rows in one run."""


def descend(
    columns: Sequence[Column],
    outputs: int,
    loss: RowLoss,
    splits: tuple[Rows, Rows],
    judge: Judge,
    settings: Params,
    how: Settings,
    where: torch.device,
    say: Progress,
) -> tuple[Network, History]:
    """Train; give the network with the weights of the best epoch, and what happened.

    Members learn apart: the loss of a row is the mean of theirs.
    """
    started, (rows, held) = time.monotonic(), splits
    torch.manual_seed(how.seed)
    network = Network(columns, outputs, settings.integer("model.train.members"), settings.number("model.train.dropout"))
    network.learn(rows.values, rows.codes)
    network.to(where)
    truth = torch.from_numpy(rows.truth)
    weight = torch.ones(len(rows)) if rows.weight is None else torch.from_numpy(rows.weight).float()
    per_epoch = -(-len(rows) // how.batch_size)
    optimizer, schedule = training.optimizer(network, how, how.epochs * per_epoch)
    sign, history, chance = 1 if how.better == "higher" else -1, History(), torch.Generator().manual_seed(how.seed)
    top, best, kept = (-math.inf, -math.inf), 0, {}
    for epoch in range(1, how.epochs + 1):
        network.train()
        total = 0.0
        for indices in torch.split(torch.randperm(len(rows), generator=chance), how.batch_size):
            optimizer.zero_grad()
            found = network(rows.values[indices].to(where), rows.codes[indices].to(where))
            losses = loss(found, truth[indices].to(where))
            value = (losses * weight[indices].to(where)).sum() / weight[indices].sum().to(where)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(value.detach()) * len(indices)
        training.finite(total, epoch)
        score, tie = judge(answers(network, held, where).double().numpy())
        history.losses.append((epoch * per_epoch, total / len(rows)))
        history.scores.append((epoch * per_epoch, score))
        say(epoch, how.epochs, "epochs", f"epoch {epoch} of {how.epochs}: validation {how.metric} {score:.4f}")
        if (sign * score, -tie) > top:
            top, best = (sign * score, -tie), epoch
            kept = {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
        if epoch - best >= how.patience:
            break
    network.cpu().load_state_dict(kept)
    history.seconds = time.monotonic() - started
    return network.eval(), history


def answers(network: Network, rows: Rows, where: torch.device) -> Tensor:
    """Give the outputs of all rows (rows x members x outputs), on the host."""
    network.eval()
    with torch.inference_mode():
        pieces = zip(torch.split(rows.values, AT_ONCE), torch.split(rows.codes, AT_ONCE), strict=True)
        return torch.cat([network(values.to(where), codes.to(where)).cpu() for values, codes in pieces])
