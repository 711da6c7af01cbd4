"""Train the labels' models: `python -m pipeline.train`, or `--out DIR` to train the same ones elsewhere and compare.

Logistic regressions, one a label, are fitted with several penalties; the one that scores best on the validation split
stays. Writes build/model (weights.safetensors, thresholds.json and what processing.py needs), build/training.json and
build/plots/train.
"""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars
import torch
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.progress import Progress
from pipeline.evaluating.label_sets import Sets, log_loss
from pipeline.task import augment, data, model, output
from pipeline.training import recipe
from pipeline.training.recipe import History

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Inverse penalties that are tried: weak weights first."""
NEVER = 20.0
"""Size of the bias of a label that all training texts carry, or none: the one answer that they know."""


def main() -> None:
    settings, say, started = params.load(), Progress("train"), time.monotonic()
    out = recipe.arguments()
    key, how, labels = recipe.key(settings), recipe.settings(settings), settings.texts("labels")
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    frames[0] = augment.extended(frames[0], augment.asked(settings))
    truths = [data.truth(frame, labels) for frame in frames]
    network, processor = model.build(settings, data.texts(frames[0]))
    rows = [processor.rows(data.raw(frame)) for frame in frames]
    model.weigh(network, rows[0])
    seen, held = (model.matrix(network, one) for one in rows)
    say.say(f"{seen.shape[0]} texts, {seen.shape[1] - 1} n-grams, {seen.nnz} counts, {len(labels)} labels")
    log = recipe.tracker(settings, key, out)
    weights = "balanced" if settings.text("model.train.class_weights") == "balanced" else None
    fits = [
        LogisticRegression(
            max_iter=how.epochs, tol=1e-3, solver="saga", class_weight=weights, random_state=how.seed, warm_start=True
        )
        for _ in labels
    ]
    history, best, sign = History(), (-np.inf, -np.inf), 1 if how.better == "higher" else -1
    answers = np.zeros((0, 0), np.float32)
    for number, strength in enumerate(STRENGTHS, start=1):
        fit(network, seen, truths[0], strength, fits)
        found = output.probabilities(logits(network, held)).numpy()
        score = output.score(truths[1], found, labels, how.metric)
        loss = log_loss(truths[1], found)
        history.losses.append((number, loss))
        history.scores.append((number, score))
        log({f"validation.{how.metric}": score}, number)
        say(number, len(STRENGTHS), "penalties", f"penalty 1/{strength:g}: validation {how.metric} {score:.4f}")
        if (sign * score, -loss) > best:
            best, answers = (sign * score, -loss), found
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(kept)
    history.seconds = time.monotonic() - started

    def save(folder: Path) -> None:
        model.save(network, processor, folder)
        output.finish(folder, settings, lambda: (truths[1], answers))

    recipe.write(out, save, history, how, key)


def logits(network: model.Classifier, rows: csr_matrix) -> Tensor:
    """Return the logits of what `matrix` gives (texts x labels), without the graph."""
    weights, bias = (one.detach().double().numpy() for one in (network.weights.weight, network.bias))
    return torch.from_numpy(rows @ weights + bias).float()


def fit(
    network: model.Classifier, seen: csr_matrix, truth: Sets, strength: float, fits: list[LogisticRegression]
) -> None:
    """Fit each label's weights with a penalty of 1 / strength, and put them into the model."""
    weights: npt.NDArray[np.float64] = np.zeros((len(fits), seen.shape[1]))
    bias = np.zeros(len(fits))
    for place, regression in enumerate(fits):
        carried = truth[:, place]
        if carried.min() == carried.max():
            bias[place] = NEVER if carried[0] else -NEVER
            continue
        regression.set_params(C=strength).fit(seen, carried)
        weights[place], bias[place] = regression.coef_[0], regression.intercept_[0]
    weights[:, 0] = 0
    model.put(network, weights, bias)


if __name__ == "__main__":
    run("train", main)
