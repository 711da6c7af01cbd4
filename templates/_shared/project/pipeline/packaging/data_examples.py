"""Rows of the data as examples of a package: `python -m pipeline.packaging.data_examples FOLDER`.

Only where trainer.yaml asks for them (`serve.examples: data`): whoever sees the page or the package sees these rows.
"""

import json
import math
import sys
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure, run
from pipeline.base.files import write_bytes
from pipeline.server import golden
from pipeline.server.bundle import EXAMPLES, SHOWN
from pipeline.task import data

SPLIT = Path("build/data/validation.parquet")
LARGEST = 256 * 1024
"""Letters of an example, at most: a page shows it."""


def main() -> None:
    folder = Path(sys.argv[1])
    frame = pl.read_parquet(SPLIT)
    step = max(1, frame.height // SHOWN)
    raw = data.raw(frame.gather_every(step).head(SHOWN))
    count = len(next(iter(raw.values())))
    rows = [{name: kept(values[row]) for name, values in raw.items()} for row in range(count)]
    lines = [line for row in rows if len(line := json.dumps({"raw": row}, ensure_ascii=False)) <= LARGEST]
    if not lines:
        hint = "write `serve: {examples: typical}`"
        raise Failure("TS822", f"the rows of `{SPLIT}` are too large for examples", hint=hint)
    write_bytes(folder / EXAMPLES, "".join(line + "\n" for line in lines).encode())


def kept(value: object) -> object:
    """Return a value of a row as JSON has it; a missing number is null.

    >>> kept(float("nan")), kept([1.0, float("nan")]), kept(b"\\x89PNG")
    (None, [1.0, None], {'base64': 'iVBORw=='})
    """
    plain = golden.plain(value)
    if isinstance(plain, list):
        return [kept(one) for one in plain]
    return None if isinstance(plain, float) and math.isnan(plain) else plain


if __name__ == "__main__":
    run("", main)
