"""Digest many texts with sha256, a slice at a time, so that millions of rows take seconds and little memory."""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

SLICE = 1 << 15
"""Texts whose bytes are held at once: few enough to stay in the processor's cache."""
WORDS = 4
"""Numbers of 64 bits in a sha256."""


def hexes(texts: pl.Series, digits: int = 32) -> pl.Series:
    """Return the first hexadecimal digits of each text's sha256.

    >>> hexes(pl.Series(["a", "b"]), 8).to_list()
    ['ca978112', '3e23e816']
    """
    sha256 = hashlib.sha256
    made = [pl.Series([sha256(text).hexdigest()[:digits] for text in some], dtype=pl.String) for some in slices(texts)]
    return pl.concat(made, rechunk=True) if made else pl.Series([], dtype=pl.String)


def order(texts: pl.Series, prefix: str) -> npt.NDArray[np.int64]:
    """Return the places of texts, all different, in the order of the sha256 of `prefix` and text.

    >>> order(pl.Series(["a", "b", "c"]), "7:").tolist()
    [2, 0, 1]
    """
    sha256, before = hashlib.sha256, prefix.encode()
    first, at = np.empty(len(texts), np.uint64), 0
    for some in slices(texts):
        digests = b"".join([sha256(before + text).digest() for text in some])
        first[at : at + len(some)] = np.frombuffer(digests, ">u8")[::WORDS]
        at += len(some)
    found = np.argsort(first, kind="stable")
    alike = np.flatnonzero(first[found[1:]] == first[found[:-1]])
    if len(alike):  # of two of 2**32 texts, more or less: the rest of the digest decides
        rows = sorted(found.tolist(), key=lambda row: (first[row], sha256(before + texts[row].encode()).digest()))
        found = np.array(rows, np.int64)
    return found.astype(np.int64, copy=False)


def slices(texts: pl.Series) -> Iterator[list[bytes]]:
    """Return the texts as bytes, in slices."""
    for start in range(0, len(texts), SLICE):
        yield texts.slice(start, SLICE).cast(pl.Binary).to_list()


def all_different(texts: pl.Series) -> bool:
    """Tell whether no text is there twice: different hashes are those of different texts, so few rows are compared.

    >>> all_different(pl.Series(["a", "b"])), all_different(pl.Series(["a", "b", "a"]))
    (True, False)
    """
    return texts.hash().n_unique() == len(texts) or texts.n_unique() == len(texts)
