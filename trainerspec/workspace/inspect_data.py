"""Look at a file or folder of data: find its layout, columns, classes and problems, without knowing any task."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from trainerspec.diagnostics.model import Outcome
from trainerspec.language.suggest import closest
from trainerspec.reading import folders
from trainerspec.reading.kinds import ColumnKind
from trainerspec.reading.separated import delimited
from trainerspec.workspace import annotated, read, tabled, tagged
from trainerspec.workspace.listing import Budget
from trainerspec.workspace.look import Layout, Look, failed, shares
from trainerspec.workspace.names import IMAGES, Media, choose, is_kind, media_of


def inspect_data(
    path: Path,
    *,
    budget: Budget | None = None,
    needed: Collection[str] = (),
    declared: Mapping[str, ColumnKind] | None = None,
) -> Outcome[Look]:
    """Find what is at `path`; everything that is wrong with it comes back as diagnostics at once.

    In a folder of different tables those with the `needed` columns are meant, and of annotations that can be read in
    several ways those; columns whose form is `declared` are read in it.
    """
    budget = budget or Budget()
    try:
        if not path.exists():
            return failed("TS401", path, f"the data `{path.name}` does not exist", _neighbours(path))
        names = folders.names(path)
    except OSError as error:
        return failed("TS403", path, f"cannot read `{path.name}`: {error.strerror}", "check the permissions")
    if any(Path(name).suffix.lower() in IMAGES for name in names):
        beside = annotated.beside(path, tuple(names), needed)
        if beside is not None:
            return beside
    if tagged.is_conll(path, names):
        return tabled.conll(path, names, budget)
    media = media_of(names)
    if media is None:
        if not names:
            return failed("TS402", path, f"`{path.name}` is empty", "put the data there, or correct the path")
        kinds = ", ".join(f"`{suffix or 'no suffix'}`" for suffix in sorted({Path(n).suffix for n in names})[:5])
        hint = "texts (.txt), tables (.csv .tsv .jsonl .json .parquet .xlsx .sqlite) and pictures (.png .jpg .webp) are"
        return failed("TS412", path, f"no data in `{path.name}`: files of {kinds} are not read", hint)
    if media == "text" and path.is_file() and delimited.tabular(path):
        media = "rows"
    files = tuple(name for name in names if is_kind(name, media) or path.is_file())
    return (
        tabled.table_of(path, files, needed, declared) if media == "rows" else _loose(path, tuple(names), media, budget)
    )


def _neighbours(path: Path) -> str:
    parent = path.parent
    names = [p.name for p in parent.iterdir() if not p.name.startswith(".")] if parent.is_dir() else []
    near = closest(path.name, names)
    return f"did you mean `{near}`?" if near else "the path counts from the folder of trainer.yaml"


def _loose(path: Path, names: tuple[str, ...], media: Media, budget: Budget) -> Outcome[Look]:
    listed = folders.listing(names, folders.TEXTS if media == "text" else folders.PICTURES)
    layout: Layout = "folders" if listed.foldered or media == "text" else "filename"
    told = zip(listed.files, listed.classes, listed.waiting, strict=True)
    classes = {name: one for name, one, waits in told if layout != "folders" or one or waits}
    files = tuple(classes)
    if not files:
        hint = "put the texts of each class into a folder of their own, or the rows into a .csv"
        return failed("TS412", path, f"`{path.name}` holds texts, but not in class folders", hint)
    chosen, column = choose(files, budget.files), "text" if media == "text" else "image"
    values: list[str | None] = list(chosen)
    if media == "text":
        values, problems = read.texts(path, chosen, budget.bytes)
        if problems:
            return Outcome(diagnostics=tuple(problems))
    given = {column: values, "label": [classes[name] for name in chosen]}
    frame = pl.DataFrame(given, schema=dict.fromkeys(given, pl.String)).head(len(values))
    counts = Counter(label for label in classes.values() if label is not None)
    return Outcome(
        value=Look(
            path=path,
            layout=layout,
            media=media,
            files=files,
            rows=len(files),
            exact=len(values) == len(files),
            columns={column: media, "label": "text"},
            labels={"label": dict(sorted(counts.items()))},
            texts=("text",) if media == "text" else (),
            frame=frame,
            written=frame,
            places=pl.Series(chosen[: frame.height], dtype=pl.String).gather_every,
            part=pl.Series(listed.parts_of(chosen[: frame.height]), dtype=pl.String),
            notes=listed.notes,
            parts=shares(Counter(listed.parts)),
        )
    )
