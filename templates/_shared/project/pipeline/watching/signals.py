"""What is watched of requests and answers, by the kind of each port: a few numbers or a word a row, never the row.

A column of numbers is itself; a category is a word; of a text its length and the share of its words that the reference
does not know; of a picture its size, shape, brightness and contrast; of scores the highest; of a list how long it is.
"""

import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageStat

from pipeline.base.contract import DTYPES, Port
from pipeline.protocol.picture_cost import FORMATS, UNREADABLE, cost

Value: TypeAlias = float | str | None
"""None where it is missing."""
Known: TypeAlias = Mapping[str, frozenset[int]]
"""Digests of the words that the reference has, by port."""
WORDS = ("alarm", "column", "label", "series")
"""Kinds of ports whose texts are one of few."""
UNWATCHED = ("moment", "moments", "seed")
"""The sender's clock and chance: they differ by nature."""
NEWEST = 8
"""Values of a history that are looked at."""
WORD = re.compile(r"\w+")
MOST_WORDS, SMALL, SIDE = 200, 1_000_000, 64
"""Words of a text that are looked up; pixels of a picture that is decoded (a JPEG to an eighth), and its side then."""


def read(side: str, ports: Sequence[Port], values: Mapping[str, object], known: Known) -> dict[str, list[Value]]:
    """Return every signal's value of each row; `side` is `input` or `answer`."""
    found: dict[str, list[Value]] = {}
    for port in ports:
        if port.kind in UNWATCHED:
            continue
        for part, column in of_port(port, values[port.name], known.get(f"{side}.{port.name}", frozenset())):
            found[f"{side}.{port.name}{part}"] = [*column]
    return found


def of_port(port: Port, values: object, known: frozenset[int]) -> Iterator[tuple[str, Sequence[Value]]]:
    """Return the signals of one port, by what is put behind its name."""
    if port.datatype != "BYTES":
        yield from numbers(port, values)
        return
    assert isinstance(values, Sequence)
    if port.binary:
        looks = [look(one) for one in values]
        yield from ((f".{name}", [one.get(name) for one in looks]) for name in ("pixels", "aspect", *TONES))
    elif port.json:
        yield ".count", [float(len(one)) if isinstance(one, Sequence) else None for one in values]
        tops = [top(one) for one in values]
        if any(one is not None for one in tops):
            yield ".top", tops
    elif port.kind in WORDS and not port.prose:
        texts = ["" if one is None else str(one).strip() for one in values]
        yield "", [one or None for one in texts]
        if known:
            yield ".unseen", [None if not one else float(digest(one) not in known) for one in texts]
    else:
        yield ".characters", [float(len(one)) if one else None for one in map(text, values)]
        if known:
            yield ".unseen_words", [unseen(text(one), known) for one in values]


def numbers(port: Port, values: object) -> Iterator[tuple[str, Sequence[Value]]]:
    """Return the signals of a port of numbers: itself, or what tells much of several in few."""
    kind = DTYPES[port.datatype] if port.datatype.startswith("FP") else np.float64
    if len(port.shape) == 1:
        yield "", [finite(one) for one in np.asarray(values, dtype=kind).reshape(-1).tolist()]
        return
    rows = [np.asarray(row, dtype=kind).reshape(-1).astype(np.float64) for row in values]  # type: ignore[attr-defined]
    if port.kind == "scores":
        yield ".top", [finite(float(row.max())) if row.size else None for row in rows]
        return
    if port.kind == "history":  # of any length: the newest values tell of all alike
        rows = [row[-NEWEST:] for row in rows]
        yield ".last", [finite(float(row[-1])) if row.size else None for row in rows]
    there = [row[np.isfinite(row)] for row in rows]
    if port.kind == "history":
        yield (
            ".missing",
            [1 - some.size / row.size if row.size else None for row, some in zip(rows, there, strict=True)],
        )
    yield ".mean", [rounded(float(row.mean())) if row.size else None for row in there]
    yield ".spread", [rounded(float(row.max() - row.min())) if row.size else None for row in there]


def finite(value: float) -> float | None:
    """Return a number, None for what is none."""
    return value if math.isfinite(value) else None


def rounded(value: float) -> float | None:
    """Return a sum as it is on every machine: six digits."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def text(value: object) -> str:
    """Return a text without what stands around it."""
    return value.strip() if isinstance(value, str) else ""


def unseen(value: str, known: frozenset[int]) -> float | None:
    """Return the share of a text's words that are not known; None where it has no words."""
    found = words(value)
    return sum(digest(one) not in known for one in found) / len(found) if found else None


def words(value: str) -> list[str]:
    """Return the first words of a text, in lower case."""
    return [one[0].lower() for one, _ in zip(WORD.finditer(value), range(MOST_WORDS), strict=False)]


def digest(word: str) -> int:
    """Return 24 bits of a word's CRC-32: a few words share each, and none can be read back.

    >>> digest("a") == digest("b"), 0 <= digest("prime") < 2**24
    (False, True)
    """
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) & 0xFFFFFF


def top(listed: object) -> float | None:
    """Return the highest `score` of a list of findings."""
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return None
    scores = [float(one["score"]) for one in listed if isinstance(one, Mapping) and "score" in one]
    return max(scores, default=None)


TONES = ("brightness", "contrast")


def look(data: object) -> dict[str, float]:
    """Return the pixels of a picture, width by height, and where decoding is cheap the mean and spread of its grey."""
    if not isinstance(data, bytes):
        return {}
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            found = {"pixels": float(width * height), "aspect": rounded(width / height) or 0.0}
            picture.draft("L", (SIDE, SIDE))
            if picture.width * picture.height <= SMALL and cost(picture) <= 2 * SMALL:
                grey = ImageStat.Stat(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))
                found |= {"brightness": round(grey.mean[0] / 255, 3), "contrast": round(grey.stddev[0] / 255, 3)}
            return found
    except (*UNREADABLE, Image.DecompressionBombError):
        return {}
