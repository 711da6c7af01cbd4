"""Score the served sampler: `python -m pipeline.evaluate --split validation`, and once `--split test`.

Draws pictures on demand with ONNX Runtime, in phrasings that training did not have, and asks a classifier that was
trained apart what they show. Features of the Fréchet distance are that classifier's last layer before its head.
Writes build/evaluation/<split>.json, tables in build/evaluation/<split>/ and pictures in build/plots/<split>/.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline import judge
from pipeline.base import contract, params
from pipeline.base.failure import Failure, run
from pipeline.base.files import fresh, write_json
from pipeline.base.progress import Progress
from pipeline.graph import inference
from pipeline.measuring import sound
from pipeline.pictures import decoding
from pipeline.reporting import charts, spreadsheets
from pipeline.task import figures, metrics, processing
from pipeline.task.phrasing import HELD_OUT, phrasings
from pipeline.watching.profiling import Profiling

PICTURES = {"validation": 300, "test": 1000}
"""Generated for each split."""
FIRST_SEED = {"validation": 1_000_000, "test": 2_000_000}
RESAMPLES, COVERAGE, SEED = 500, 95.0, 20_240_501
SHOWN = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.evaluate", description="Score the served sampler.")
    parser.add_argument("--split", choices=tuple(PICTURES), required=True)
    split: str = parser.parse_args().split
    run("evaluate" if split == "validation" else "test", lambda: evaluate(split))


def evaluate(split: str) -> None:
    """Generate, judge, compare with real pictures, and write what was found."""
    settings, say = params.load(), Progress("evaluate" if split == "validation" else "test")
    artifact, (critic, captions) = Path("build/artifact"), judge.load()
    processor, session = processing.load(artifact), inference.session(artifact, settings.integer("compute.threads"))
    frame, train = pl.read_parquet(f"build/data/{split}.parquet"), pl.read_parquet("build/data/train.parquet")
    truth = judge.places(frame["prompt"].to_list(), captions)
    if (truth < 0).all():
        hint = "split by `stratified` or `random`, so that the captions of one split are in the others"
        raise Failure("TS829", f"no caption of the {split} split is in the train split", hint=hint)
    real, known = decoded(frame, processor), decoded(train, processor)

    asked = np.arange(PICTURES[split]) % len(captions)
    forms = [phrasings(captions[index], HELD_OUT) for index in asked]
    prompts = [options[number // len(captions) % len(options)] for number, options in enumerate(forms)]
    seeds = [FIRST_SEED[split] + number for number in range(len(asked))]
    raw: inference.Raw = {"prompt": prompts, "seed": seeds}
    profile = Profiling(contract.load(settings), processor, raw, seeds)
    drawn = inference.predict(session, processor, raw, say, see=profile.see)
    sound.answers(drawn, [f"{prompt}#{seed}" for prompt, seed in zip(prompts, seeds, strict=True)], split)
    made = drawn["picture"].astype(np.float32)
    seen = judge.classify(critic, made).argmax(axis=1)
    right = (seen == asked).astype(np.float64)
    fair = truth >= 0
    judged = (judge.classify(critic, real[fair]).argmax(axis=1) == truth[fair]).astype(np.float64)

    seen_real, seen_made = judge.describe(critic, real), judge.describe(critic, made)
    seen_known = judge.describe(critic, known[:: max(1, len(known) // len(real))])  # every n-th: all captions
    gaps, gaps_real = metrics.nearest(made, known), metrics.nearest(real, known)
    values = {
        "recognised": float(right.mean()),
        "judge_accuracy": float(judged.mean()),
        "frechet": metrics.frechet(seen_made, seen_real),
        "frechet_real": metrics.frechet(seen_known, seen_real),
        "nearest": float(np.median(gaps)),
        "nearest_real": float(np.median(gaps_real)),
        "novelty": metrics.novelty(gaps, gaps_real),
    }
    values, absent = sound.defined(values, metrics.UNDEFINED, settings.text("monitor.metric"))
    sound.values(values, lambda row: {}, [], split, metrics.UNDEFINED)
    bounds = interval("recognised", right) | interval("judge_accuracy", judged)
    chance = {"baseline.chance.recognised": 1 / len(captions)}
    tables, pictures = fresh(Path("build/evaluation") / split), fresh(Path("build/plots") / split)
    draw(captions, asked, seen, made, known, gaps, right, tables, pictures)
    if split == "validation":
        profile.write(tables)
    write_json(tables.with_suffix(".json"), values | bounds | chance | {"rows": len(asked)} | sound.told(absent, {}))
    about = f"recognised {values['recognised']:.4f} of {len(asked)} pictures (judge {values['judge_accuracy']:.4f})"
    say(1, 1, "splits", f"{about}, Fréchet {values['frechet']:.1f}, novelty {values.get('novelty', math.nan):.2f}")


def decoded(frame: pl.DataFrame, processor: processing.Processor) -> npt.NDArray[np.float32]:
    """Return a split's real pictures, values 0..1."""
    rows = [decoding.square(path, processor.size, processor.channels) for path in frame["image"].to_list()]
    return np.array(rows, dtype=np.float32) / np.float32(255)


def interval(name: str, hits: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return the bounds of a share when the pictures are drawn again, with replacement."""
    chance = np.random.default_rng(SEED)
    shares = [hits[chance.integers(0, len(hits), len(hits))].mean() for _ in range(RESAMPLES)]
    tail = (100 - COVERAGE) / 2
    return {
        f"{name}.low": float(np.percentile(shares, tail)),
        f"{name}.high": float(np.percentile(shares, 100 - tail)),
    }


def draw(
    captions: list[str],
    asked: npt.NDArray[np.int64],
    seen: npt.NDArray[np.int64],
    made: npt.NDArray[np.float32],
    known: npt.NDArray[np.float32],
    gaps: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    tables: Path,
    pictures: Path,
) -> None:
    """Write tables and pictures."""
    rows = [
        (captions[index], float(right[asked == index].mean()))
        for index in range(len(captions))
        if (asked == index).any()
    ]
    spreadsheets.write(pl.DataFrame(rows, schema=["caption", "recognised"], orient="row"), tables / "captions.csv")
    wrong = np.flatnonzero(right == 0)[:20]
    errors = {
        "asked": [captions[asked[index]] for index in wrong],
        "recognised": [captions[seen[index]] for index in wrong],
    }
    spreadsheets.write(
        pl.DataFrame(errors, schema={"asked": pl.String, "recognised": pl.String}), tables / "errors.csv"
    )
    some = np.arange(min(SHOWN, len(made)))
    names = [captions[index] for index in asked[some]]
    figures.samples(made[some], names, [captions[index] for index in seen[some]], pictures / "samples.png")
    closest = np.argsort(gaps, kind="stable")[: figures.ACROSS]
    flat = known.reshape(len(known), -1)
    places = [int(((flat - made[index].ravel()) ** 2).sum(axis=1).argmin()) for index in closest]
    figures.neighbours(made[closest], known[places], gaps[closest].tolist(), pictures / "nearest.png")
    if len(captions) <= 40:
        bars = {name: (share, share, share) for name, share in rows}
        charts.bars(bars, "Share recognised as what was asked", pictures / "captions.png")


if __name__ == "__main__":
    main()
