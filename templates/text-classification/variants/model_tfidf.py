"""TF-IDF over n-grams with logistic regression: fit it, save it, load it.

Counts become weights within the exported graph: (1 + log count) x inverse document frequency, of length 1 a text.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.graph import served as exported
from pipeline.reading.values import personal
from pipeline.task import processing
from pipeline.task.data import fields
from pipeline.task.processing import Processor
from pipeline.texts import ngrams
from pipeline.texts.ngrams import Ids

MOST, LEAST, WEIGHTS = 60_000, 10_000, 2_000_000
"""N-grams at most: as many as have so many weights for all classes together, within these bounds."""
SMALLEST = 1e-9
"""What the length of a text counts as at least: one without a known n-gram has none."""


class Classifier(nn.Module):
    """N-grams and their counts to logits."""

    def __init__(self, vocabulary: int, classes: int) -> None:
        super().__init__()
        self.rarity = nn.Embedding(vocabulary + 1, 1, padding_idx=0)
        self.weights = nn.Embedding(vocabulary + 1, classes, padding_idx=0)
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits (texts x classes)."""
        counts = attention_mask.to(torch.float32)
        times = torch.clamp(counts, max=1.0) * (1.0 + torch.log(torch.clamp(counts, min=1.0)))
        values = times * self.rarity(input_ids).squeeze(-1)
        length = torch.clamp(torch.sqrt((values * values).sum(dim=1, keepdim=True)), min=SMALLEST)
        logits: Tensor = (values.unsqueeze(-1) * self.weights(input_ids)).sum(dim=1) / length + self.bias
        return logits


def build(settings: Params, texts: Sequence[str]) -> tuple[Classifier, Processor]:
    """Return the classifier without weights, and a processor whose n-grams are learnt from `texts`."""
    labels, longest = settings.texts("labels"), settings.integer("data.max_length")
    most = min(MOST, max(LEAST, WEIGHTS // len(labels)))
    vocabulary = ngrams.learn(texts, longest, most)
    mask = personal.asked(settings.mappings("data.clean"))
    processor = Processor(vocabulary, labels=labels, max_length=longest, fields=fields(settings), mask=mask)
    return Classifier(len(vocabulary), len(labels)), processor


def weigh(model: Classifier, rows: Sequence[tuple[Ids, Ids]]) -> None:
    """Learn how rare each n-gram is: log((1 + texts) / (1 + texts that hold it)) + 1, as scikit-learn does."""
    held = np.bincount(np.concatenate([ids for ids, _ in rows]), minlength=model.rarity.num_embeddings)
    rarity = np.log((1 + len(rows)) / (1 + held)) + 1
    rarity[0] = 0
    model.rarity.weight.data = torch.from_numpy(rarity).float().unsqueeze(1)


def matrix(model: Classifier, rows: Sequence[tuple[Ids, Ids]]) -> csr_matrix:
    """Return what the graph computes of each text before its weights (texts x n-grams)."""
    rarity = model.rarity.weight.detach().double().numpy()[:, 0]
    ends = np.cumsum([0, *(len(ids) for ids, _ in rows)])
    values = [(1 + np.log(counts)) * rarity[ids] for ids, counts in rows]
    scaled = [one / max(SMALLEST, float(np.sqrt((one * one).sum()))) for one in values]
    columns = np.concatenate([ids for ids, _ in rows])
    return csr_matrix((np.concatenate(scaled), columns, ends), shape=(len(rows), len(rarity)))


def fit(
    model: Classifier, seen: csr_matrix, truth: npt.NDArray[np.int64], strength: float, how: LogisticRegression
) -> LogisticRegression:
    """Fit the weights with a penalty of 1 / strength, and put them into the model."""
    regression = how.set_params(C=strength).fit(seen, truth)
    one = len(regression.classes_) == 2 and len(regression.coef_) == 1
    weights = np.concatenate([-regression.coef_, regression.coef_]) / 2 if one else regression.coef_
    bias = np.concatenate([-regression.intercept_, regression.intercept_]) / 2 if one else regression.intercept_
    classes = len(model.bias)
    found, offset = np.zeros((classes, seen.shape[1])), np.full(classes, -20.0)  # what is never seen is never answered
    found[regression.classes_], offset[regression.classes_] = weights, bias
    found[:, 0] = 0
    put(model, found, offset)
    return regression


def put(model: Classifier, weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]) -> None:
    """Put weights (classes x n-grams) and biases into the model."""
    model.weights.weight.data = torch.from_numpy(weights.T.copy()).float()
    model.bias.data = torch.from_numpy(bias).float()


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, network.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    network = {"ngrams": len(processor.counts.vocabulary), "classes": len(processor.labels)}
    (folder / "network.json").write_text(json.dumps(network) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained classifier, ready to infer."""
    settings = json.loads((folder / "network.json").read_text())
    model = Classifier(settings["ngrams"], settings["classes"])
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return exported.served(load(folder), folder).eval()
