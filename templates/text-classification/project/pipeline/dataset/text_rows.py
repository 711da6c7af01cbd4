"""What a row's text is: one column, or several that are read as one; as requests have it, and as tokens."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl

from pipeline.base.params import Params
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY
from pipeline.reading.values import joined_texts


def whole(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add KEY; an empty text is null. A row of several columns that lacks only some of them has empty texts there."""
    if any(frame.schema.get(column) != pl.String for column in columns):
        return frame
    written = [pl.when(pl.col(one).str.strip_chars() != "").then(pl.col(one)).alias(one) for one in columns]
    values = frame.select(written)
    some = pl.any_horizontal(pl.all().is_not_null())
    frame = frame.with_columns(values.with_columns(pl.when(some).then(pl.all().fill_null(""))).get_columns())
    together = joined_texts.joined({one: frame[one].fill_null("").to_list() for one in columns})
    keys = [table_files.text_key(text) if text else None for text in together]
    return frame.with_columns(pl.Series(KEY, keys, dtype=pl.String))


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    chars = pl.Series(texts(frame), dtype=pl.String).str.len_chars()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {f"text.chars.{name}": float(chars.quantile(share, "higher") or 0) for name, share in shares.items()}


def raw(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Return the raw inputs of a prepared split, as a request has them: the text, or each of its columns."""
    roles = [name for name in frame.columns if name.partition(".")[0] == "text"]
    return {role.partition(".")[2] or role: frame[role].to_list() for role in roles}


def texts(frame: pl.DataFrame) -> list[str]:
    """Return each row's text; of several columns what they hold together."""
    return joined_texts.joined(raw(frame))


def fields(settings: Params) -> tuple[str, ...]:
    """Return the names of the texts of a request, in the order in which they are read."""
    return tuple(str(port["name"]) for port in settings.mappings("contract.raw"))


class Reader(Protocol):
    """What turns texts into token ids: the Processor of task/processing.py."""

    def tokens(self, texts: Sequence[str], /) -> list[list[int]]: ...


def token_rows(processor: Reader, frame: pl.DataFrame) -> list[list[int]]:
    """Return the token ids of each row: by the processor's `rows`; one of custom/ may have `tokens` alone."""
    rows = getattr(processor, "rows", None)
    if rows is None:
        return processor.tokens(texts(frame))
    found: list[list[int]] = rows(raw(frame))
    return found
