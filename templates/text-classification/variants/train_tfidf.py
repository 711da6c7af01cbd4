"""Train the classifier: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Logistic regression is fitted with several penalties; the one that scores best on the validation split stays. Writes
build/model (weights.safetensors and what processing.py needs), build/training.json and build/plots/train.
"""

import time

import numpy as np
import polars
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.progress import Progress
from pipeline.reporting.classification_metrics import scores
from pipeline.task import augment, data, model
from pipeline.training import recipe
from pipeline.training.recipe import History

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
"""Inverse penalties that are tried: weak weights first."""


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
    say.say(f"{seen.shape[0]} texts, {seen.shape[1] - 1} n-grams, {seen.nnz} counts")
    log = recipe.tracker(settings, key, out)
    weights = "balanced" if settings.text("model.train.class_weights") == "balanced" else None
    regression = LogisticRegression(
        max_iter=how.epochs, tol=1e-3, solver="saga", class_weight=weights, random_state=how.seed, warm_start=True
    )
    history, best, sign = History(), (-np.inf, -np.inf), 1 if how.better == "higher" else -1
    for number, strength in enumerate(STRENGTHS, start=1):
        model.fit(network, seen, truths[0], strength, regression)
        answers = np.zeros((len(truths[1]), len(labels)))
        answers[:, regression.classes_] = regression.predict_proba(held)
        score = scores(truths[1], answers, labels).get(how.metric, float("nan"))
        loss = float(log_loss(truths[1], answers, labels=range(len(labels))))
        history.losses.append((number, loss))
        history.scores.append((number, score))
        log({f"validation.{how.metric}": score}, number)
        say(number, len(STRENGTHS), "penalties", f"penalty 1/{strength:g}: validation {how.metric} {score:.4f}")
        if (sign * score, -loss) > best:
            best = sign * score, -loss
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(kept)
    history.seconds = time.monotonic() - started
    recipe.write(out, lambda folder: model.save(network, processor, folder), history, how, key)


if __name__ == "__main__":
    run("train", main)
