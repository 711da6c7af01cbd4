"""Pictures: which files are whole, tables that name picture files, and RefCOCO."""

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from PIL import Image, UnidentifiedImageError

from trainerspec.diagnostics.model import Diagnostic, Outcome
from trainerspec.reading import folders
from trainerspec.workspace import read

SAMPLE = 200
"""Rows in which picture names are looked for."""


def naming(frame: pl.DataFrame, pictures: Iterable[str]) -> tuple[str, ...]:
    """Return the columns most of whose values name one of the pictures.

    >>> naming(pl.DataFrame({"file": ["a.png"], "phrase": ["the dog"]}), ["images/a.png"])
    ('file',)
    >>> naming(pl.DataFrame({"id": ["007", "008"], "kind": ["a", "b"]}), ["images/007.png", "images/008.png"])
    ('id',)
    """
    found: dict[str, float] = {}
    there = list(pictures)
    for name, dtype in frame.schema.items():
        if dtype == pl.String:
            values = frame.get_column(name).drop_nulls().str.strip_chars().unique(maintain_order=True)
            some = values.filter(values != "").head(SAMPLE).to_list()
            hits = sum(place is not None for place in folders.locate(some, there).values())
            if some and 2 * hits > len(some):
                found[name] = hits / len(some)
    whole = [name for name in found if _suffixed(frame[name])]
    return tuple(whole or found)


def _suffixed(values: pl.Series) -> bool:
    """Tell whether a column's values end as names of pictures do; numbers may name some by chance."""
    return bool(values.drop_nulls().head(SAMPLE).str.contains(r"\.\w{3,4}\s*$").any())


def unfold(frame: pl.DataFrame) -> pl.DataFrame:
    """Make a row for each record of the first list of records that holds a text; other frames come back as they are."""
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
            fields = {field.name: field.dtype for field in dtype.inner.fields}
            if pl.String in fields.values():
                others = [other for other in frame.columns if other != name and other not in fields]
                return frame.select(*others, name).explode(name).unnest(name)
    return frame


def references(names: Sequence[str]) -> tuple[str, str] | None:
    """Find RefCOCO's two files among names: instances*.json, and refs*.json or refs*.p.

    >>> references(["images/1.jpg", "instances.json", "refs(unc).p"])
    ('instances.json', 'refs(unc).p')
    """
    found = [
        [name for name in names if any(fnmatch(PurePosixPath(name).name, pattern) for pattern in patterns)]
        for patterns in (("instances*.json",), ("refs*.json", "refs*.p", "refs*.pkl"))
    ]
    return (found[0][0], found[1][0]) if all(len(one) == 1 for one in found) else None


def refcoco(instances: Path, refs: Path) -> Outcome[pl.DataFrame]:
    """Read a row for each sentence: `image`, `phrase`, `box` (x0 y0 x1 y1), and `split` when there is one.

    References in a pickle are not opened here: the rows are then those of the annotations, without phrases' words.
    """
    try:
        coco = json.loads(instances.read_bytes())
        files = {one["id"]: str(one["file_name"]) for one in coco["images"]}
        places = {one["id"]: one for one in coco["annotations"]}
        if refs.suffix == ".json":
            told = json.loads(refs.read_bytes())
        else:
            told = [{"ann_id": name, "sentences": [{"raw": "?"}]} for name in places]
        rows = [row for one in told for row in _rows(one, places[one["ann_id"]], files)]
    except OSError as error:
        return Outcome(diagnostics=(read.unreadable(instances, instances.name, error),))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"`{instances.name}` and `{refs.name}` are not RefCOCO: {type(error).__name__} {error}"
        hint = "instances.json has `images` and `annotations`; a reference has `ann_id` and `sentences`"
        return Outcome(diagnostics=(Diagnostic(code="TS413", message=message, hint=hint, file=str(refs)),))
    return Outcome(value=pl.DataFrame(rows, infer_schema_length=None))


def _rows(reference: Mapping[str, Any], place: Mapping[str, Any], files: Mapping[Any, str]) -> list[dict[str, Any]]:
    x, y, width, height = (float(value) for value in place["bbox"])
    row: dict[str, Any] = {"image": files[place["image_id"]], "box": [x, y, x + width, y + height]}
    if reference.get("split") is not None:
        row["split"] = str(reference["split"])
    return [row | {"phrase": str(one.get("raw") or one.get("sent") or "")} for one in reference["sentences"]]


def size(path: Path) -> tuple[int, int, int] | None:
    """Return width, height and channels (1 grey, 3 colour, without transparency) of a picture; None when it is none.

    A palette counts as colour: what it holds is not looked at.
    """
    try:
        with Image.open(path) as picture:
            grey = picture.mode in ("1", "L", "LA", "La", "F") or picture.mode.startswith("I")
            return picture.width, picture.height, 1 if grey else 3
    except (UnidentifiedImageError, OSError, SyntaxError):
        return None


def whole(path: Path) -> bool:
    """Tell whether a file is a picture whose structure is whole; Pillow has many ways to say that it is not."""
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error, zlib.error):
        return False
    return True
