"""Learn what is usual: `python -m pipeline.train`, or `--out DIR` to train the same model elsewhere and compare.

Rows that are known to be anomalies are left out; the score above which a row is an alarm comes from the validation
split, which the model has not seen. Writes build/model (weights.safetensors, model.json, columns.json),
build/training.json and build/plots/train.
"""

import time
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars
import torch

from pipeline.base import device, digests, params
from pipeline.base.failure import Failure, run
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.measuring import sound
from pipeline.outliers import isolation, threshold
from pipeline.outliers.features import Features
from pipeline.outliers.isolation import Isolation
from pipeline.outliers.tails import Tails
from pipeline.tables import input_columns
from pipeline.tables.encoded_rows import Rows, encode
from pipeline.task import data, metrics, model
from pipeline.task.model import Scorer
from pipeline.task.processing import Processor
from pipeline.training import recipe
from pipeline.training.recipe import History, Settings

AT_ONCE = 4096
"""Rows that are scored at once."""
Floats = npt.NDArray[np.float64]


def main() -> None:
    settings = params.load()
    out = recipe.arguments()
    say = Progress("train")
    device.choose(settings.text("compute.train"), settings.integer("compute.threads"), recipe.seed(settings))
    frames = [polars.read_parquet(f"build/data/{name}.parquet") for name in ("train", "validation")]
    usual, held = data.ordinary(frames[0]), frames[1]
    if usual.is_empty():
        hint = "correct `task.outputs`, or name the value that marks a row under `task.options.positive`"
        raise Failure("TS822", "every training row is known to be an anomaly: nothing usual is left", hint=hint)
    how = Settings(
        seed=recipe.seed(settings),
        metric=settings.text("monitor.metric"),
        better=settings.text("monitor.better"),
        asked=digests.asked(settings),
    )
    key, started = recipe.key(settings), time.monotonic()
    bare = Processor(input_columns.fit(usual, settings), 0.0, 0.0)
    truth = data.truth(held, ())
    perfect = {"score": np.nan_to_num(truth), "alarm": np.nan_to_num(truth), "expected": np.zeros(len(truth))}
    sound.chosen(metrics.measure(truth, perfect), how.metric, metrics.UNDEFINED, "validation")
    rows, checked = (encode(bare, data.raw(frame), data.truth(frame, ())) for frame in (usual, held))
    say.say(f"{len(rows)} rows of {len(bare.columns)} columns that are not known to be anomalies")
    scorer, scores = fitted(bare, rows, checked, settings)
    limit = chosen(scores, truth, settings)
    alarm = scores > limit
    processor = Processor(bare.columns, limit, threshold.expected(alarm[truth != 1]))
    say.say(f"a score above {limit:.4g} is an alarm: {processor.rate:.2%} of usual rows are expected to be")
    answers = {"score": scores, "alarm": alarm.astype(np.float64), "expected": np.full(len(scores), processor.rate)}
    value = metrics.measure(truth, answers)[how.metric]
    recipe.tracker(settings, key, out)({f"validation.{how.metric}": value}, 1)
    history = History(scores=[(1, value)], seconds=time.monotonic() - started)
    recipe.write(out, lambda folder: model.save(scorer, processor, folder), history, how, key)


def fitted(processor: Processor, rows: Rows, held: Rows, settings: Params) -> tuple[Scorer, Floats]:
    """Fit what scores rows; return it, and the scores of the held-out rows."""
    features = Features(processor.columns)
    features.fit(rows)
    with torch.inference_mode():
        seen, checked = (features(one.values, one.codes) for one in (rows, held))
        if settings.text("model.train.strategy") == "ecod":
            tails = Tails(features.width)
            tails.fit(seen, features.one_sided)
            scores = torch.cat([tails(part)[0] for part in torch.split(checked, AT_ONCE)])
            return Scorer(features, tails).eval(), scores.double().numpy()
        trees, sample = settings.integer("model.train.epochs"), settings.integer("model.train.sample")
        grown, arrays, usual = isolation.grow(seen[:, : features.measured], trees, sample, recipe.seed(settings))
        found = Isolation(features.owners, len(processor.columns), features.measured, arrays)
        found.usual.fill_(usual)
        found.fit(seen)
        depth = -np.log2(-grown.score_samples(checked[:, : features.measured].numpy())) * usual
        scores = found.scored(torch.from_numpy(depth.astype(np.float32)), checked)
        return Scorer(features, found).eval(), scores.double().numpy()


def chosen(scores: Floats, truth: Floats, settings: Params) -> float:
    """Return the score above which a row is an alarm, as `model.threshold` says."""
    wanted = settings.value("model.threshold")
    if isinstance(wanted, int | float):
        return float(wanted)
    if wanted == "costs":
        costs = settings.mapping("options").get("costs")
        if not isinstance(costs, Mapping):
            hint = "write them under `task.options.costs`, or `model: {threshold: contamination}`"
            raise Failure("TS820", "`model.threshold` is `costs`, and nothing says what mistakes cost", hint=hint)
        return threshold.of_costs(scores, truth, {name: float(str(cost)) for name, cost in costs.items()})
    usual = scores[truth != 1]
    if not len(usual):
        hint = "correct `task.outputs`, or split so that usual rows are in it"
        raise Failure("TS822", "every validation row is known to be an anomaly: no threshold can be told", hint=hint)
    return threshold.of_share(usual, settings.number("model.contamination"))


if __name__ == "__main__":
    run("train", main)
