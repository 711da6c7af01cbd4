"""Read pictures and what is said of each: class folders, the class in the file names, or a table of paths.

What cannot be used (damaged files, files that are no pictures) is named in build/data/report.json and left out.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from pipeline.base.progress import Progress
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PART, PLACE, PROBLEM
from pipeline.pictures import decoding, near_duplicates
from pipeline.pictures.signatures import Signature, signatures
from pipeline.reading import folders

OUTSIDE = "its name leads out of the folder of the data"
COMPARED = 512
"""JPEGs larger than this are compared at a smaller scale."""
NONE = Signature(small=bytes(near_duplicates.SIDE**2))
"""What is said of a row that names no picture."""


def read(source: Path, layout: str, image: str, label: str) -> pl.DataFrame:
    """Return one row a picture: its path in the column `image`, what is said of it in `label`, and the rest.

    The rest are the data's other columns, PLACE, KEY and PROBLEM. Of folders and file names `label` is the class.
    """
    if layout == "table":
        frame, paths = table_files.pictured(source, image, (image, label), (label,))
        if image not in frame.columns:
            return frame
    else:
        listed = table_files.listing(source, folders.PICTURES)
        paths = [str(source / name) if source.is_dir() else str(source) for name in listed.files]
        frame = pl.DataFrame(
            {image: paths, label: list(listed.classes), PLACE: list(listed.files), PART: list(listed.parts)},
            schema=dict.fromkeys((image, label, PLACE, PART), pl.String),
        )
    keys, problems = look(paths)
    if layout == "table":
        named = zip(problems, paths, frame[image].to_list(), strict=True)
        problems = [OUTSIDE if path is None and name is not None else problem for problem, path, name in named]
    else:
        without = "in no class folder" if layout == "folders" else "no class in its name"
        values = zip(problems, frame[label].to_list(), listed.waiting, strict=True)
        problems = [problem or (None if value is not None or waits else without) for problem, value, waits in values]
    return frame.with_columns(
        pl.Series(image, paths, dtype=pl.String),
        pl.Series(KEY, keys, dtype=pl.String),
        pl.Series(PROBLEM, problems, dtype=pl.String),
    )


def look(paths: Sequence[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Decode every picture once: give keys that nearly equal pictures share, and what is wrong with the others."""
    seen = signatures([path for path in paths if path is not None], signature, Progress("prepare"))
    found = [seen[path] if path is not None else NONE for path in paths]
    problems = [one.problem for one in found]
    good = [one for one in found if one.problem is None]
    if upright := sum(one.turned for one in good):
        print(f"note: {upright} pictures are turned upright, as their EXIF data says", flush=True)
    side = near_duplicates.SIDE
    small = np.frombuffer(b"".join(one.small for one in good), np.uint8).reshape(-1, side, side)
    united = iter(near_duplicates.unite([one.digest for one in good], small) if good else [])
    return [None if problem else next(united) for problem in problems], problems


def signature(path: str) -> Signature:
    """Return a digest of a picture's pixels, the picture small and grey, and whether EXIF data turns it."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        return Signature(problem=(error.strerror or str(error)).lower())
    if not content:
        return Signature(problem="the file is empty")
    try:
        picture, size = decoding.read(content, "it", COMPARED)
    except ValueError as error:
        return Signature(problem=str(error).removeprefix("it "))
    digest = hashlib.sha256(f"{size}".encode() + picture.convert("RGB").tobytes()).hexdigest()[:32]
    tiny = picture.convert("L").resize((near_duplicates.SIDE, near_duplicates.SIDE), Image.Resampling.BOX)
    return Signature(digest=digest, small=tiny.tobytes(), turned=decoding.turned(content))


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    sizes = []
    for path in frame["image"].to_list():
        with Image.open(path) as picture:
            sizes.append(picture.size)
    values = np.array(sizes, dtype=np.float64)
    return {
        "image.width.p50": float(np.median(values[:, 0])),
        "image.height.p50": float(np.median(values[:, 1])),
    }
