"""Check the data before anything is trained: `python -m pipeline.checks`.

Writes checks.json, each finding with its code, its rows and what to do, and checked.json, which says that nothing
stands against training: training waits for that file, and does not run again when another finding comes.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline import describe
from pipeline.base import contract, params
from pipeline.base.failure import Failure, run
from pipeline.base.files import write_json
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.checking.check import check
from pipeline.checking.deep.deep import DEEP
from pipeline.checking.findings import Acknowledged, document, places
from pipeline.checking.subject import Roles, Subject, roles
from pipeline.checking.table import counted, lines
from pipeline.dataset import splits, table_files
from pipeline.dataset.table_files import PART, PLACE
from pipeline.prepare import OUT, source_path
from pipeline.reading import folders, kinds, repairs, table
from pipeline.reading.notes import Unreadable
from pipeline.task import data

CHECKS, CHECKED = Path("build/checks.json"), Path("build/checked.json")


def main() -> None:
    settings = params.load()
    say = Progress("checks")
    source = source_path(settings)
    say.say(f"checking {source}")
    report = check(subject(settings, source), accepted(settings), deep=DEEP)
    write_json(CHECKS, document(report))
    print("\n".join(lines(report)), flush=True)
    if report.stops:
        CHECKED.unlink(missing_ok=True)
        describe.main()  # the stage after this one will not run, and its page shows why
        first = report.stops[0]
        hint = f"{first.fix}: `data: {{checks: {{acknowledge: [{{code: {first.code}, because: ...}}]}}}}`"
        evidence = {"findings": [f"{one.code}: {one.message} ({places(one)})" for one in report.stops]}
        raise Failure("TS849", f"{first.message}", hint=hint, evidence=evidence)
    write_json(CHECKED, {"stopped": []})
    say(1, 1, "checks", f"{report.rows} rows checked: {counted(report.findings)}")


def accepted(settings: Params) -> Iterable[Acknowledged]:
    """Return the findings that the spec acknowledges."""
    for one in settings.mappings("data.checks.acknowledge"):
        names = one.get("columns")
        columns = tuple(map(str, names)) if isinstance(names, list) else ()
        yield Acknowledged(code=str(one["code"]), columns=columns, because=str(one["because"]))


def subject(settings: Params, source: Path) -> Subject:
    """Return the rows of the source, before any is cleaned away, each with the part that it came into."""
    layout = settings.text("data.layout")
    found = columns(settings)
    frame, written = rows(settings, source, layout, found)
    where = frame[PLACE]
    box, known = settings.mapping("options"), getattr(data, "BOXES", {}).get(layout)
    return Subject(
        frame=without(frame),
        written=without(written),
        places=where,
        roles=found,
        parts=parts(where),
        by=settings.text("data.split.by"),
        root=source if source.is_dir() else source.parent,
        labels=settings.texts("labels"),
        steps=frozenset(steps(settings)),
        box_form=known or {key: str(box[key]) for key in ("box", "unit") if box.get(key)},
    )


def columns(settings: Params) -> Roles:
    """Return what the columns of the source are for."""
    ports = contract.load(settings)
    inputs, outputs = settings.renames("inputs"), settings.renames("outputs")
    raw = [(port.kind, inputs.get(port.role, port.name)) for port in ports.raw if port.role in inputs]
    named = {**inputs, **outputs}
    answer = [(port.kind, named[port.role]) for port in ports.answer if port.role in named]
    return roles(raw, answer, classes=bool(settings.texts("labels")))


def rows(settings: Params, source: Path, layout: str, found: Roles) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the source, with PLACE: columns as what they hold, and as they are written."""
    needed = [name for name in (found.text, found.image, found.label, found.number, found.spans) if name]
    if layout in ("folders", "filename"):
        frame = loose(source, found, settings)
        return frame, frame
    if layout == "table":
        forms = repairs.forms(settings.mappings("data.clean"))
        try:
            read = table.read(source, needed=needed, as_text={*needed, *forms})
        except Unreadable as error:
            raise table_files.failure(error.note) from error
        if set(needed) <= set(read.frame.columns):
            return kinds.typed(read.frame, declared=forms).frame, read.frame
    apart = getattr(data, "rows", data.read)  # a task that gathers rows gives them apart too
    frame = apart(source, layout, settings.renames("inputs"), settings.renames("outputs"))
    return frame, frame


def loose(source: Path, found: Roles, settings: Params) -> pl.DataFrame:
    """Read class folders: the name of each picture, or the content of each text."""
    listed = table_files.listing(source, folders.PICTURES if found.image else folders.TEXTS)
    seen = found.image or found.text
    said = next(
        name for name in (*settings.renames("inputs").values(), *settings.renames("outputs").values()) if name != seen
    )
    values = listed.files if found.image else [table_files.read_text(source / name) for name in listed.files]
    made = {seen: values, said: list(listed.classes), PLACE: list(listed.files), PART: list(listed.parts)}
    return pl.DataFrame(made, schema=dict.fromkeys(made, pl.String))


def without(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out the columns that are made while reading."""
    return frame.drop(name for name in frame.columns if name.startswith("__"))


def parts(where: pl.Series) -> pl.Series:
    """Return the part that each row came into, null for those that were left out."""
    read = [
        pl.read_parquet(OUT / f"{part}.parquet", columns=["id"]).with_columns(pl.lit(part).alias("part"))
        for part in splits.PARTS
    ]
    place = pl.col("id").str.split_exact("#", 1).struct.field("field_0")
    known = pl.concat(read).with_columns(place.alias("id")).unique("id", keep="first", maintain_order=True)
    return where.alias("id").to_frame().join(known, on="id", how="left", maintain_order="left")["part"]


def steps(settings: Params) -> Iterable[str]:
    """Name the cleaning steps as trainer.yaml does, and `label` where rows without a label get one."""
    if settings.value("data.label") != "none":
        yield "label"
    for step in settings.mappings("data.clean"):
        name, about = next(iter(step.items()))
        yield f"drop_{about}" if name == "drop" else name


if __name__ == "__main__":
    run("checks", main)
