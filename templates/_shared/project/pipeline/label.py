"""Label the rows that have no label: `python -m pipeline.label`.

People's labels stay, those of labels/ too. A part of them judges the others: it makes up validation and test, and no
method learns from it. Writes build/labels (labels.parquet: who labelled each row, how sure it is, and the part of the
split; report.json) and labels/review.csv: the rows worth asking people about. What was encoded or asked is kept in
work/ and labels/ as it comes: a kill loses little.
"""

import json
from importlib import import_module

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline import prepare
from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.files import fresh, write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.dataset import checks, table_files
from pipeline.dataset.labelled import FOLDER, PERSON, REPORT, TABLE
from pipeline.dataset.table_files import KEY, PLACE
from pipeline.labelling import asking, confidence, judging, label_studio, review
from pipeline.labelling.confidence import Sure
from pipeline.labelling.review import Answers
from pipeline.labelling.rows import OTHER_SIDE, UNKNOWN, Rows, Scores, rows
from pipeline.reading import disk, kinds, repairs
from pipeline.task import data

UNSURE = "no method is sure enough of their label"
LEFT_OUT = "a person left them out"
NAMES = ("rules", "prototypes", "endpoint")
"""Methods that have a module of their own in pipeline/labelling."""


def main() -> None:
    settings, say = params.load(), Progress("label")
    about, labels = settings.mapping("data.label"), settings.texts("labels")
    answers = review.both(review.read(labels), label_studio.read(labels))
    found, gone = read(settings, answers, say)
    known = rows(
        found, next(iter(settings.renames("outputs").values())), labels, prepare.split_of(settings), answers.picked
    )
    people = int((known.truth != UNKNOWN).sum())
    say.say(f"{people} rows labelled by people, {found.height - people} to label")
    methods = sure(settings, known, say)
    probabilities, names = confidence.surest(methods) if methods else silent(known)
    tops = np.nan_to_num(probabilities.max(axis=1), nan=0.0)
    free = (known.truth == UNKNOWN) & ~known.barred
    least = about["confidence"]
    least = float(least) if isinstance(least, int | float) else confidence.threshold(tops[free], len(labels))
    taken = free & (tops >= least) & (tops > 0)
    judged = judging.judge(known, methods, probabilities, tops, least)

    fresh(FOLDER)
    with disk.writing(TABLE):
        table(known, probabilities, names, tops, taken, gone).write_parquet(TABLE)
    asked = ask(settings, known, probabilities, names, tops, free)
    warnings = judging.warnings(known, judged, taken)
    counts = {PERSON: people} | {name: sum(1 for row in np.flatnonzero(taken) if names[row] == name) for name in NAMES}
    write_json(
        REPORT,
        {
            "rows": {"people": people, "labelled": int(taken.sum()), "left_out": int((free & ~taken).sum())},
            "sources": {name: count for name, count in counts.items() if count},
            "threshold": round(least, 4),
            "methods": {one.name: {"loss": round(one.loss, 4)} for one in methods},
            "judged": judged,
            "alone": known.alone,
            "asked": asked,
            "warnings": warnings,
        },
    )
    for warning in warnings:
        print(f"warning: {warning}", flush=True)
    if asked:
        print(f"note: {asked} rows are worth asking people about: {review.FILE}", flush=True)
    say(
        1,
        1,
        "labels",
        f"{int(taken.sum())} rows labelled, {int((free & ~taken).sum())} left out; {judging.told(judged)}",
    )


def read(settings: Params, answers: Answers, say: Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows, cleaned, each once and with people's labels; and the keys that a person left out.

    Raises Failure for what prepare raises it.
    """
    inputs, outputs = settings.renames("inputs"), settings.renames("outputs")
    source, label = prepare.source_path(settings), next(iter(outputs.values()))
    say.say(f"reading {source}")
    table_files.forms.update(repairs.forms(settings.mappings("data.clean")))
    frame = data.read(source, settings.text("data.layout"), inputs, outputs)
    hard = settings.mapping("data.contract").get("hard")
    checks.columns(frame, inputs | outputs, prepare.agreed_types(hard), source)
    frame, _ = prepare.usable(
        frame.with_columns(kinds.label(pl.col(label), settings.texts("labels")).alias(label)), source
    )
    said = pl.col(KEY).replace_strict(dict(answers.labels) or {"": ""}, default=None, return_dtype=pl.String)
    frame = frame.with_columns(said.fill_null(pl.col(label).drop_nulls().first().over(KEY)).alias(label))
    gone = frame.filter(pl.col(label) == review.OUT).select(KEY).unique(maintain_order=True)
    frame = frame.filter(pl.col(label).ne_missing(review.OUT)).unique(KEY, keep="first", maintain_order=True)
    read = [*inputs.values()]
    optional = prepare.optional(hard)
    frame, _ = prepare.clean(frame, settings, [one for one in read if one not in optional], hard, label)
    checks.labels(frame.filter(pl.col(label).is_not_null()), label, settings.texts("labels"))
    return frame, gone


def sure(settings: Params, known: Rows, say: Progress) -> list[Sure]:
    """Ask the methods, each by the best of its ways; raises Failure as they do."""
    found: list[Sure] = []
    inputs = {role: pl.col(column) for role, column in settings.renames("inputs").items()}
    roles = known.frame.select(**inputs)
    chosen = settings.texts("data.label.by")
    for name in NAMES:  # what costs most comes last, and is asked about what the others doubt
        if name in chosen:
            module = import_module(f"pipeline.labelling.{name}")
            best = confidence.sure(module.methods(settings, known, roles, found, say), known.examples, module.DEFAULT)
            say.say(f"{name}: {best.name}")
            found.append(Sure(name=name, probabilities=best.probabilities, folded=best.folded, loss=best.loss))
    return found


def silent(known: Rows) -> tuple[Scores, list[str]]:
    """Return what no method says."""
    return np.full((known.frame.height, len(known.labels)), np.nan), [""] * known.frame.height


def table(
    known: Rows,
    probabilities: Scores,
    names: list[str],
    tops: npt.NDArray[np.float64],
    taken: npt.NDArray[np.bool_],
    gone: pl.DataFrame,
) -> pl.DataFrame:
    """Return who labelled each row, how sure it is, its part of the split, and why a row has no label."""
    by_person = known.truth != UNKNOWN
    best = np.where(by_person, known.truth, np.nan_to_num(probabilities, nan=0.0).argmax(axis=1))
    has = by_person | taken
    sources = [PERSON if person else name for person, name in zip(by_person.tolist(), names, strict=True)]
    parts = [part or ("train" if known.alone else None) for part in known.parts]
    reasons = [OTHER_SIDE if barred else UNSURE for barred in known.barred.tolist()]
    made = pl.DataFrame(
        {
            "key": known.frame[KEY],
            "label": [
                known.labels[one] if there else None for one, there in zip(best.tolist(), has.tolist(), strict=True)
            ],
            "source": [one if there else None for one, there in zip(sources, has.tolist(), strict=True)],
            "confidence": np.where(by_person, 1.0, tops).round(6),
            "part": [part if there else None for part, there in zip(parts, has.tolist(), strict=True)],
            "why": [None if there else why for why, there in zip(reasons, has.tolist(), strict=True)],
        },
        schema={
            "key": pl.String,
            "label": pl.String,
            "source": pl.String,
            "confidence": pl.Float64,
            "part": pl.String,
            "why": pl.String,
        },
    )
    left = gone.select(pl.col(KEY).alias("key"), pl.lit(LEFT_OUT).alias("why"))
    return pl.concat([made, left], how="diagonal")


def ask(
    settings: Params,
    known: Rows,
    probabilities: Scores,
    names: list[str],
    tops: npt.NDArray[np.float64],
    free: npt.NDArray[np.bool_],
) -> int:
    """Write the rows worth asking about; returns how many."""
    most = settings.mapping("data.label")["ask"]
    chosen = asking.worth(probabilities, known.frame[KEY].to_list(), free, most if isinstance(most, int) else 0)
    places = [row for row, _ in chosen]
    best = np.nan_to_num(probabilities, nan=0.0).argmax(axis=1)
    some = known.frame[places]
    made = pl.DataFrame(
        {
            "answer": [""] * len(places),
            "proposal": [known.labels[best[row]] if names[row] else "" for row in places],
            "confidence": [f"{tops[row]:.2f}" for row in places],
            "why": [why for _, why in chosen],
            **{column.name: column for column in review.shown(some, settings.renames("inputs").values())},
            "place": some[PLACE],
            "key": some[KEY],
        }
    )
    if "label-studio" in settings.texts("data.label.by"):
        exchange(settings, known, made, places)
    return review.write(made)


def exchange(settings: Params, known: Rows, made: pl.DataFrame, places: list[int]) -> None:
    """Write the same rows as tasks of Label Studio."""
    inputs = settings.renames("inputs")
    values = known.frame[places].select(pl.col(column).cast(pl.String).alias(role) for role, column in inputs.items())
    cells = [json.dumps(row, ensure_ascii=False) for row in values.iter_rows(named=True)]
    rows = made.select("key", "why", "proposal", "confidence", values=pl.Series(cells, dtype=pl.String))
    label_studio.write(list(rows.iter_rows(named=True)), known.labels, kind_of(settings))


def kind_of(settings: Params) -> str:
    """Name what shows a row in Label Studio."""
    kinds = {str(port["kind"]) for port in settings.mappings("contract.raw")}
    return "Image" if "image" in kinds else "Table" if "column" in kinds else "Text"


if __name__ == "__main__":
    run("label", main)
