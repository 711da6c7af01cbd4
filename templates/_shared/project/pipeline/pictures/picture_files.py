"""Read pictures and what is said of each: class folders, the class in the file names, or a table of paths.

What cannot be used (damaged files, files that are no pictures) is named in build/data/report.json and left out.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from pipeline.base.failure import Failure
from pipeline.base.progress import Progress
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY, PLACE, PROBLEM
from pipeline.pictures import decoding, near_duplicates

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
COMPARED = 512
"""JPEGs larger than this are compared at a smaller scale."""


def read(source: Path, layout: str, image: str, label: str) -> pl.DataFrame:
    """Return one row a picture: its path in the column `image`, what is said of it in `label`, and the rest.

    The rest are the data's other columns, PLACE, KEY and PROBLEM. Of folders and file names `label` is the class.
    """
    if layout == "table":
        frame = table_files.read(source)
        if image not in frame.columns:
            return frame
        root = source if source.is_dir() else source.parent
        named = pl.col(image).cast(pl.String).str.strip_chars()
        frame = frame.with_columns(pl.when(named == "").then(None).otherwise(named).alias(image))
        paths = [str(root / name) if name is not None else None for name in frame[image].to_list()]
    else:
        listed = files(source)
        place = [path.relative_to(source).as_posix() if path != source else path.name for path in listed]
        classes = [folder_of(name) if layout == "folders" else class_of(name) for name in place]
        frame = pl.DataFrame(
            {image: [str(path) for path in listed], label: classes, PLACE: place},
            schema={image: pl.String, label: pl.String, PLACE: pl.String},
        )
        paths = frame[image].to_list()
    keys, problems = look(paths)
    if layout != "table":
        without = "in no class folder" if layout == "folders" else "no class in its name"
        values = zip(problems, frame[label].to_list(), strict=True)
        problems = [problem or (None if value is not None else without) for problem, value in values]
    return frame.with_columns(
        pl.Series(image, paths, dtype=pl.String),
        pl.Series(KEY, keys, dtype=pl.String),
        pl.Series(PROBLEM, problems, dtype=pl.String),
    )


def files(source: Path) -> list[Path]:
    """List all files but hidden ones, sorted by relative path; raises Failure TS821 or TS822."""
    if not source.exists():
        hint = f"put the pictures at {source}, or correct `data.source` in trainer.yaml"
        raise Failure("TS821", f"the data `{source}` does not exist", hint=hint)
    found = [source] if source.is_file() else [path for path in source.rglob("*") if not path.is_dir()]
    shown = [path for path in found if not any(part.startswith(".") for part in path.relative_to(source).parts)]
    if not any(path.suffix.lower() in SUFFIXES for path in shown):
        hint = f"files that are read here: {' '.join(SUFFIXES)}"
        raise Failure("TS822", f"`{source}` holds no pictures", hint=hint)
    return sorted(shown)


def folder_of(name: str) -> str | None:
    """Return the class of `class/any/file.png`."""
    folder, slash, _ = name.partition("/")
    return folder if slash else None


def class_of(name: str) -> str | None:
    """Read the class from a flat file name: the words before the number.

    >>> class_of("cat_0012.png"), class_of("polar-bear.3.jpg"), class_of("P0004.jpg"), class_of("0001.png")
    ('cat', 'polar-bear', 'P', None)
    """
    found = re.match(r"[^\W\d_]+(?:[ _-][^\W\d_]+)*", Path(name).name)
    return found.group() if found else None


def look(paths: Sequence[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Decode every picture once: give keys that nearly equal pictures share, and what is wrong with the others."""
    say = Progress("prepare")
    keys: list[str] = []
    small: list[npt.NDArray[np.uint8]] = []
    problems: list[str | None] = []
    for index, path in enumerate(paths):
        say(index + 1, len(paths), "pictures")
        try:
            found = signature(Path(path)) if path is not None else None
        except ValueError as error:
            problems.append(str(error))
            continue
        problems.append(None)
        keys.append(found[0] if found else "")
        small.append(found[1] if found else np.zeros((near_duplicates.SIDE, near_duplicates.SIDE), np.uint8))
    united = iter(near_duplicates.unite(keys, np.array(small, dtype=np.uint8)) if keys else [])
    return [None if problem else next(united) for problem in problems], problems


def signature(path: Path) -> tuple[str, npt.NDArray[np.uint8]]:
    """Digest a picture's pixels, and give it small and grey; raises ValueError saying why it cannot be read."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError("not a picture file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError((error.strerror or str(error)).lower()) from error
    if not content:
        raise ValueError("the file is empty")
    try:
        picture, size = decoding.read(content, "it", COMPARED)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("it ")) from error
    digest = hashlib.sha256(f"{size}".encode() + picture.convert("RGB").tobytes()).hexdigest()[:32]
    tiny = picture.convert("L").resize((near_duplicates.SIDE, near_duplicates.SIDE), Image.Resampling.BOX)
    return digest, np.asarray(tiny, dtype=np.uint8)


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
