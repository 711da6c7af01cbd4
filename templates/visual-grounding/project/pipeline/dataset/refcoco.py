"""Read RefCOCO: instances.json (COCO images and annotations), refs.json or refs(...).p, and the split that it gives."""

import io
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias, cast

import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset import table_files
from pipeline.dataset.table_files import PLACE

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Record: TypeAlias = dict[str, Json]
WRONG = (LookupError, OverflowError, RecursionError, TypeError, ValueError, pl.exceptions.PolarsError)
"""What files of another form, damaged ones or ones that are nested too deeply raise."""


def read(source: Path, image: str, phrase: str, box: str) -> pl.DataFrame:
    """Make a row for each sentence: picture file, sentence, box x0 y0 x1 y1, and `split` when the references have one.

    Raises Failure TS822 or TS823 when a file is missing or is something else.
    """
    root = source if source.is_dir() else source.parent
    instances = sole(root, "instances*.json")
    references = sole(root, "refs*.json", "refs*.p", "refs*.pkl")
    try:
        coco = cast(Record, json.loads(table_files.read_text(instances)))
        files = {record["id"]: str(record["file_name"]) for record in records(coco["images"])}
        places = {record["id"]: record for record in records(coco["annotations"])}
        rows: list[dict[str, object]] = []
        for index, reference in enumerate(records(load(references))):
            record = places[reference["ann_id"]]
            x, y, width, height = (float(cast(float, value)) for value in cast(list[Json], record["bbox"]))
            row: dict[str, object] = {
                image: files[record["image_id"]],
                box: [x, y, x + width, y + height],
                "split": part(reference.get("split")),
                PLACE: f"{references.name}:{index + 1}",
            }
            told = [str(one.get("raw") or one.get("sent") or "") for one in records(reference["sentences"])]
            rows.extend(row | {phrase: sentence} for sentence in told)
        frame = pl.DataFrame(rows)
    except WRONG as error:
        hint = "instances.json has `images` and `annotations`; a reference has `ann_id` and `sentences`"
        message = f"`{root}` does not hold RefCOCO files: {type(error).__name__} {error}"
        raise Failure("TS823", message, hint=hint) from error
    return frame.drop("split") if frame.height and frame["split"].null_count() == frame.height else frame


def part(name: Json) -> str | None:
    """Name a part as `split: {by: given:split}` reads it; testA and testB are test.

    >>> part("testA"), part("val"), part(None)
    ('test', 'val', None)
    """
    return None if name is None else "test" if str(name).startswith("test") else str(name)


def sole(root: Path, *patterns: str) -> Path:
    """Return the one file of these names; raises Failure TS822."""
    found = sorted(path for pattern in patterns for path in root.rglob(pattern))
    if len(found) != 1:
        names = ", ".join(f"`{path.name}`" for path in found) or "none"
        hint = "RefCOCO is one instances.json, one refs.json (or refs(...).p) and the pictures"
        raise Failure("TS822", f"`{root}` must hold one {' or '.join(patterns)}; found {names}", hint=hint)
    return found[0]


def load(path: Path) -> Json:
    """Read references from JSON, or from a pickle that holds plain data only."""
    if path.suffix == ".json":
        return cast(Json, json.loads(table_files.read_text(path)))
    try:
        return cast(Json, Plain(io.BytesIO(path.read_bytes()), encoding="utf-8").load())
    except (*WRONG, pickle.UnpicklingError, AttributeError, EOFError, MemoryError) as error:
        hint = "convert it to refs.json"
        raise Failure("TS823", f"`{path.name}` is not a pickle of plain data: {error}", hint=hint) from error


class Plain(pickle.Unpickler):
    """Reads lists, mappings, texts and numbers; refuses everything that could run code."""

    def find_class(self, module: str, name: str, /) -> object:
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def records(value: Json) -> list[Record]:
    """Check a list of objects; raises TypeError."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise TypeError("a list of objects was expected")
    return cast(list[Record], value)
