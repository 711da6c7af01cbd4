"""Steps under `data.clean` that look at texts: near duplicates are left out, personal data is masked."""

from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.dataset import table_files
from pipeline.dataset.table_files import KEY
from pipeline.reading import near, repairs
from pipeline.reading.values import joined_texts, personal


def texts_of(settings: Params) -> list[str]:
    """Name the columns that the text of a row stands in."""
    inputs = settings.renames("inputs")
    ports = [port for port in settings.mappings("contract.raw") if port.get("kind") == "text"]
    return [inputs[str(port["role"])] for port in ports]


def whole(frame: pl.DataFrame, settings: Params) -> list[str]:
    """Return each row's text; of several columns what they hold together."""
    return joined_texts.joined({name: frame[name].fill_null("").to_list() for name in texts_of(settings)})


def without_near_duplicates(frame: pl.DataFrame, settings: Params, step: Mapping[str, object]) -> pl.DataFrame:
    """Leave out the rows whose text nearly repeats that of an earlier one."""
    about = step["near_duplicates"]
    assert isinstance(about, Mapping)
    repeated = near.repeated(whole(frame, settings), float(about["similarity"]))
    return frame.filter(~pl.Series(repeated, dtype=pl.Boolean))


def masked(frame: pl.DataFrame, settings: Params) -> pl.DataFrame:
    """Mask what is personal in the texts, and digest them anew: equal ones are duplicates now.

    Those of tables are masked as they are read.
    """
    if not texts_of(settings):
        return frame
    kinds_, before = personal.asked(settings.mappings("data.clean")), whole(frame, settings)
    frame = frame.with_columns(repairs.masked(frame[name], kinds_) for name in texts_of(settings))
    after = whole(frame, settings)
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    if changed:
        print(f"note: mask_pii: {changed} rows held {', '.join(kinds_)}, which placeholders stand for now", flush=True)
    keys = pl.Series(KEY, [table_files.text_key(text) for text in after], dtype=pl.String)
    return frame.with_columns(pl.when(pl.col(KEY).is_not_null()).then(keys).alias(KEY))
