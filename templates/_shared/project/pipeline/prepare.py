"""Read, clean, check and split the data into build/data: `python -m pipeline.prepare`.

Writes train.parquet, validation.parquet, test.parquet (columns: the roles of the task; `id`: where a row is from;
`key`: a digest of its content; `group`, where the data has groups; `audit.NAME`, a column that `data.audit` names)
and report.json (what was read, what was left out or dropped and why).
How a file becomes rows is in data.py.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.base import params
from pipeline.base.failure import Failure, run
from pipeline.base.files import fresh, sha256, write_json
from pipeline.base.params import Params, Value
from pipeline.base.progress import Progress
from pipeline.dataset import checks, labelled, reduction, splits, table_files, text_steps
from pipeline.dataset.table_files import AUDIT, KEY, LABELS, PARTLY, PLACE, PROBLEM, first_line
from pipeline.preparing import cheap_features, division
from pipeline.reading import disk, kinds, repairs
from pipeline.task import cleaning, data

OUT = Path("build/data")
COLLECTED = Path("collected/data")
SHOWN = 10
"""Unusable rows that are printed; report.json names them all."""
STEPS = {
    "missing": "no value where one is needed",
    "duplicates": "they repeat earlier ones",
    "near_duplicates": "they nearly repeat earlier ones",
}
"""What a step's name means to people."""
PLACES = 100
"""Dropped rows that report.json names for each step."""


def main() -> None:
    settings = params.load()
    say = Progress("prepare")
    inputs, outputs = settings.renames("inputs"), settings.renames("outputs")
    source = source_path(settings)
    say.say(f"reading {source}")
    table_files.forms.update(repairs.forms(settings.mappings("data.clean")))
    frame = data.read(source, settings.text("data.layout"), inputs, outputs)
    hard = settings.mapping("data.contract").get("hard")
    audited = {f"{AUDIT}{name}": name for name in settings.texts("data.audit")}
    checks.columns(frame, inputs | outputs | audited, agreed_types(hard), source)
    told = notes()
    rows_read = frame.height + sum(int(str(one["rows"])) for one in told)
    if not rows_read:
        raise Failure("TS822", f"`{source}` holds no rows", hint="put the data there, or correct `data.source`")

    label = next(iter(outputs.values())) if settings.texts("labels") else None
    if LABELS in frame.columns:
        label = LABELS
    elif label:
        frame = frame.with_columns(kinds.labels(frame[label], settings.texts("labels")).alias(label))
    frame, left_out = usable(frame, source)
    unlabelled: list[dict[str, object]] = []
    given = label is not None and settings.value("data.label") != "none"
    if given and label:
        frame, unlabelled = labelled.overlay(frame, label)
    frame, dropped = clean(frame, settings, [*inputs.values(), *outputs.values()], hard, label)
    dropped.insert(0, {"step": "files or rows that cannot be used", "rows": len(left_out)})
    dropped = [*(one for one in told if one["rows"]), *unlabelled, *dropped]
    left_out += in_part(frame)
    how = split_of(settings)
    strata = label
    if label == LABELS:
        frame, strata = splits.by_rarest(frame, settings.texts("labels")), splits.STRATUM
        left_out += checks.unnamed(frame, settings.texts("labels"))
        checks.some(frame, settings.texts("labels"))
    elif label:
        checks.labels(frame, label, settings.texts("labels"))
        wanted = sum(share > 0 for share in how.shares.values()) if how.by == "stratified" else 2
        checks.enough(frame, label, settings.texts("labels"), wanted)
    agreed = labelled.agreed(frame) if given else None
    roles = {role: pl.col(column) for role, column in (inputs | outputs).items()}
    roles |= labelled.columns() if given else {}
    schema = frame.schema
    parts, gone = division.parts(frame, how, strata, settings, agreed)
    dropped += gone

    budget, reduced = reduction.asked(settings), dict[str, object]()
    if budget is not None:
        numbers = [name for name in outputs.values() if schema[name].is_numeric()]
        target = None if label == LABELS else label or next(iter(numbers), None)
        before = parts["train"].height
        train, reduced = reduction.reduced(parts, budget, inputs, target, cheap_features.points, say)
        parts = {**parts, "train": train}
        dropped.append({"step": f"the training split is reduced to {budget.rows} rows", "rows": before - train.height})

    fresh(OUT)
    made = division.examples(parts, roles, settings)
    for name, part in made.items():
        with disk.writing(OUT / f"{name}.parquet"):  # digests do not become smaller at higher levels
            part.write_parquet(OUT / f"{name}.parquet", compression_level=1)
    report(
        settings,
        rows_read,
        left_out,
        dropped,
        parts,
        label,
        labelled.report(parts) if given else {},
        reduced,
    )
    for one in dropped:
        if one["rows"]:
            rows = "1 row" if one["rows"] == 1 else f"{one['rows']} rows"
            print(f"note: {rows} left out: {STEPS.get(str(one['step']), one['step'])}", flush=True)
    counts = ", ".join(f"{name} {part.height}" for name, part in made.items())
    say(1, 1, "splits", f"{rows_read} rows read, {sum(part.height for part in parts.values())} kept: {counts}")


def notes() -> list[dict[str, object]]:
    """Print what the reader left out or read in an odd way; return each with its `rows` and `places`."""
    found: list[dict[str, object]] = []
    for note in table_files.notes:
        print(f"{'warning' if note.severity == 'warning' else 'note'}: {note.message}", flush=True)
        places = [f"{note.file}:{line}" for line in note.lines[:PLACES]]
        found.append({"step": note.message, "rows": note.rows, "places": places})
    return found


def source_path(settings: Params) -> Path:
    """Return the data's path: where the spec names it, or what the stage `collect` fetched."""
    if "collected" not in settings.mapping("data.source"):
        return Path(settings.text("data.source.value"))
    files = sorted(path for path in COLLECTED.rglob("*") if path.is_file())
    return files[0] if len(files) == 1 else COLLECTED


def agreed_types(hard: Value) -> Mapping[str, object]:
    """Return the agreed type of each column."""
    types = hard.get("columns") if isinstance(hard, Mapping) else None
    return dict(types) if isinstance(types, Mapping) else {}


def optional(hard: Value) -> frozenset[object]:
    """Return the columns that may hold no value."""
    listed = hard.get("optional") if isinstance(hard, Mapping) else None
    return frozenset(listed) if isinstance(listed, list) else frozenset()


def usable(frame: pl.DataFrame, source: Path) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """Leave out the rows that `data.read` found unusable, naming each; raises Failure TS822 when no row is usable."""
    if PROBLEM not in frame.columns:
        return frame, []
    bad = frame.filter(pl.col(PROBLEM).is_not_null())
    left_out = [{"place": place, "problem": problem} for place, problem in bad.select(PLACE, PROBLEM).iter_rows()]
    for one in left_out[:SHOWN]:
        print(f"warning: left out: {one['place']}: {one['problem']}", flush=True)
    if len(left_out) > SHOWN:
        print(f"warning: left out: {len(left_out) - SHOWN} more; build/data/report.json lists them all", flush=True)
    if len(left_out) == frame.height:
        message = f"nothing in `{source}` can be used; `{left_out[0]['place']}`: {left_out[0]['problem']}"
        raise Failure("TS822", message, hint="repair the data", evidence={"left_out": left_out[:100]})
    return frame.filter(pl.col(PROBLEM).is_null()).drop(PROBLEM), left_out


def in_part(frame: pl.DataFrame) -> list[dict[str, str]]:
    """List what was left out of rows that stay, as `data.read` noted it."""
    if PARTLY not in frame.columns:
        return []
    notes = frame.select(PLACE, PARTLY).explode(PARTLY, empty_as_null=True).drop_nulls(PARTLY)
    found = [{"place": place, "problem": f"in part: {note}"} for place, note in notes.iter_rows()]
    for one in found[:SHOWN]:
        print(f"warning: left out {one['problem']}: {one['place']}", flush=True)
    if len(found) > SHOWN:
        print(
            f"warning: left out in part: {len(found) - SHOWN} more; build/data/report.json lists them all", flush=True
        )
    return found


def clean(
    frame: pl.DataFrame, settings: Params, read: list[str], hard: Value, label: str | None
) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Apply the spec's steps and custom cleaning, counting what each drops; raises Failure TS828 or TS822.

    `drop_missing` drops rows without a value in a column that is `read`; afterwards only `optional` ones may lack it.
    Labels are written as those that are known.
    """
    dropped: list[dict[str, object]] = []
    for step in settings.mappings("data.clean"):
        if "normalise_labels" in step or "merge_labels" in step:
            frame = mend(frame, step, settings, label)
        if "mask_pii" in step:
            frame = text_steps.masked(frame, settings)
        if not {"drop", "where", "near_duplicates"} & step.keys():
            continue
        before = frame
        name = str(step.get("drop") or step.get("where") or "near_duplicates")
        if name == "near_duplicates":
            frame = text_steps.without_near_duplicates(frame, settings, step)
        elif name == "missing":
            frame = frame.drop_nulls([column for column in read if column not in optional(hard)])
        elif name == "duplicates":
            frame = frame.unique(KEY, keep="first", maintain_order=True)
        else:
            frame = where(frame, name, agreed_types(hard))
        gone = before.join(frame.select(PLACE), on=PLACE, how="anti")[PLACE]
        dropped.append({"step": name, "rows": before.height - frame.height, "places": gone.head(PLACES).to_list()})
    rows, frame = frame.height, cleaning.clean(frame)
    dropped.append({"step": "custom cleaning", "rows": rows - frame.height})
    for column in [column for column in read if column not in optional(hard)]:
        rows, frame = frame.height, frame.drop_nulls(column)
        dropped.append({"step": f"no value in `{column}`", "rows": rows - frame.height})
    if frame.is_empty():
        hint = "loosen `data.clean`, or correct the columns under `task`"
        raise Failure("TS822", "no row is left after cleaning", hint=hint, evidence={"dropped": dropped})
    return frame, dropped


def mend(frame: pl.DataFrame, step: Mapping[str, object], settings: Params, label: str | None) -> pl.DataFrame:
    """Write labels in one way, or give several the name of their group."""
    if label is None or label == LABELS:
        return frame
    groups, known = step.get("merge_labels"), settings.texts("labels")
    if isinstance(groups, Mapping):
        after = repairs.merged(frame[label], {str(name): list(labels) for name, labels in groups.items()}, known)
    else:
        after = repairs.normalised(frame[label], known)
    changed = int((frame[label] != after).sum())
    if changed:
        print(f"note: {next(iter(step))}: {changed} rows have another label now", flush=True)
    return frame.with_columns(after.alias(label))


def where(frame: pl.DataFrame, condition: str, types: Mapping[str, object]) -> pl.DataFrame:
    """Keep the rows for which an SQL condition holds; raises Failure TS828."""
    try:
        kept = repairs.comparable(frame, types).select(pl.sql_expr(condition).fill_null(False).alias("kept"))
        return frame.filter(kept.to_series())
    except pl.exceptions.PolarsError as error:
        message = f"the filter `{condition}` does not fit the data: {first_line(error)}"
        raise Failure("TS828", message, hint="correct it under `data.clean` in trainer.yaml") from error


def split_of(settings: Params) -> splits.Split:
    """Read the split from params.yaml."""
    shares = {part: settings.number(f"data.split.{part}") for part in splits.PARTS}
    return splits.Split(by=settings.text("data.split.by"), shares=shares, seed=settings.integer("data.split.seed"))


def report(
    settings: Params,
    rows_read: int,
    left_out: list[dict[str, str]],
    dropped: list[dict[str, object]],
    parts: Mapping[str, pl.DataFrame],
    label: str | None,
    labels: Mapping[str, object],
    reduced: Mapping[str, object],
) -> None:
    """Write report.json and print warnings about soft facts that moved.

    `labels` says who gave the labels, `reduced` what became of the training split.
    """
    everything = pl.concat(list(parts.values()))
    roles = settings.renames("inputs") | settings.renames("outputs")
    measured = data.measure(everything.select(**{role: pl.col(column) for role, column in roles.items()}))
    soft = settings.mapping("data.contract").get("soft")
    warnings = checks.drift(measured, soft if isinstance(soft, Mapping) else {})
    of_labels = labels.get("warnings")
    warnings += [str(one) for one in of_labels] if isinstance(of_labels, list) else []
    for warning in warnings:
        print(f"warning: {warning}", flush=True)
    known = settings.texts("labels")
    balance = {name: checks.counts(part, label, known) if label else {} for name, part in parts.items()}
    write_json(
        OUT / "report.json",
        {
            "rows": {
                "read": rows_read,
                "kept": everything.height,
                **{name: part.height for name, part in parts.items()},
            },
            "left_out": left_out,
            "dropped": dropped,
            "labels": balance,
            "measured": measured,
            "labelled": labels,
            "reduced": reduced or None,
            "warnings": warnings,
            "sha256": {name: sha256(OUT / f"{name}.parquet") for name in parts},
        },
    )


if __name__ == "__main__":
    run("prepare", main)
