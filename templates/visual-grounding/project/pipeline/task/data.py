"""Read pictures, phrases and boxes: JSON Lines (or any table), or RefCOCO. Used by prepare, training and evaluation.

A table has a row for each phrase; or a row for each picture, with a list of records that hold phrase and box. Pictures
are files beside it. What cannot be used (a file that is no picture, a box outside its picture) is left out and listed.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.dataset import refcoco, table_files
from pipeline.dataset.table_files import KEY, PLACE, PROBLEM
from pipeline.pictures.boxed_rows import EDGE, agreed, check, listed, unfold
from pipeline.pictures.named_pictures import look
from pipeline.pictures.squares import FINE, to_region, upright_size
from pipeline.reading.values import boxes

PICTURE = "picture"
"""A column that is added: the digest of the picture, by which rows are split (`group:picture`)."""


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a phrase, with the data's columns, PICTURE, PLACE, KEY and PROBLEM; an empty phrase is null.

    Raises Failure TS825 when no picture can be read, or more than a fifth of the boxes are not inside their pictures.
    """
    image, phrase, box = inputs["image"], inputs["phrase"], outputs["box"]
    frame = (
        refcoco.read(source, image, phrase, box)
        if layout == "refcoco"
        else unfold(table_files.read(source, (image,), (image, phrase)), phrase)
    )
    in_columns = box not in frame.columns
    frame = boxes.united(frame, box)
    if not {image, phrase, box} <= set(frame.columns) or frame.is_empty():
        return frame
    names, places = frame[image].cast(pl.String).to_list(), frame[PLACE].to_list()
    given = listed(frame[box])
    texts = [" ".join(str(text).split()) or None if text is not None else None for text in frame[phrase].to_list()]
    pictures = look(source if source.is_dir() else source.parent, names)
    form = agreed(corners=layout == "refcoco" or in_columns)
    kept: list[list[float] | None] = []
    problems: list[str | None] = []
    odd: Counter[str] = Counter()
    for name, value in zip(names, given.to_list(), strict=True):
        picture = pictures.get(name or "")
        usable, word = boxes.fit(value, picture.size, form) if picture and value is not None else (None, "")
        problem = picture.problem if picture else None
        if picture and not problem and value is not None and word:
            odd[word] += 1
            wide, high = picture.size
            problem = (
                None if usable else f"the box {value} is not inside its picture of {wide} x {high} pixels: it {word}"
            )
        kept.append(usable)
        problems.append(problem)
    if odd[EDGE]:
        print(f"note: {odd[EDGE]} boxes reach over the edge of their picture, and are cut off there", flush=True)
    sizes = [pictures[name].size if name in pictures else (0, 0) for name in names]
    check(given.to_list(), sizes, form, source, problems)
    digests = [pictures[name].digest if name in pictures else "" for name in names]
    keys = [key(digest, text or "") for digest, text in zip(digests, texts, strict=True)]
    paths = [pictures[name].path if name in pictures else None for name in names]
    added = {} if PICTURE in frame.columns else {PICTURE: pl.Series(digests)}
    return frame.with_columns(
        pl.Series(image, paths, dtype=pl.String),
        pl.Series(phrase, texts, dtype=pl.String),
        pl.Series(box, kept, dtype=pl.List(pl.Float64)),
        pl.Series(KEY, keys, dtype=pl.String),
        pl.Series(PROBLEM, problems, dtype=pl.String),
        pl.Series(PLACE, distinct(places)),
        **added,
    )


def distinct(places: Sequence[str]) -> list[str]:
    """Number the rows that come from one place.

    >>> distinct(["a:1", "a:1", "a:2"])
    ['a:1', 'a:1#2', 'a:2']
    """
    seen: dict[str, int] = {}
    found = []
    for place in places:
        seen[place] = seen.get(place, 0) + 1
        found.append(place if seen[place] == 1 else f"{place}#{seen[place]}")
    return found


def key(picture: str, phrase: str) -> str:
    """Digest a picture and a phrase without regard to case."""
    text = f"{picture}\n{phrase.casefold()}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    chars = frame["phrase"].str.len_chars()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found = {f"phrase.chars.{name}": float(chars.quantile(share, "higher") or 0) for name, share in shares.items()}
    return found | {"phrases.per_picture": frame.height / max(1, frame["image"].n_unique())}


def raw(frame: pl.DataFrame) -> dict[str, list[object]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    content = {path: Path(path).read_bytes() for path in frame["image"].unique().to_list()}
    return {"image": [content[path] for path in frame["image"].to_list()], "phrase": frame["phrase"].to_list()}


def truth(frame: pl.DataFrame, labels: tuple[str, ...] = ()) -> npt.NDArray[np.float64]:
    """Return each row's box and its picture's own region, both in shares of the square (rows x 8)."""
    sizes = {path: upright_size(Path(path).read_bytes(), path) for path in frame["image"].unique().to_list()}
    rows = np.zeros((frame.height, 8))
    for index, (path, box) in enumerate(zip(frame["image"].to_list(), frame["box"].to_list(), strict=True)):
        width, height = sizes[path]
        rows[index, :4] = to_region(box, width, height, FINE)
        rows[index, 4:] = to_region((0, 0, width, height), width, height, FINE)
    return rows
