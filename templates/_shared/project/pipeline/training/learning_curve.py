"""How the validation score grows with the rows: the same training on an eighth, a quarter and a half of them.

Only where that costs seconds. The report draws it, and says what twice the rows would give.
"""

import csv
import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.base import contract, distributed, params
from pipeline.base.failure import Failure
from pipeline.base.files import WORK, fresh, read_json
from pipeline.base.params import Params

SHARES = (8, 4, 2)
"""Parts of the training rows: one of so many."""
LEAST, SECONDS = 200, 15.0
"""Training rows below which a part says nothing; processor seconds that a training takes at most, with its start, to be
repeated on parts."""
SEED = 20_240_501
DATA = Path("build/data")


def reason(settings: Params, rows: int, seconds: float) -> str:
    """Say why no curve is made; nothing where one is."""
    if params.TRIAL in os.environ or distributed.world() > 1:
        return "this is one training of several"
    if any(port.binary and port.datatype == "BYTES" for port in contract.load(settings).raw):
        return "files are too slow to read again"
    if rows < LEAST:
        return f"{rows} training rows are fewer than {LEAST}"
    return f"training takes more than {SECONDS:.0f} processor seconds" if seconds > SECONDS else ""


def write(settings: Params, path: Path, whole: float) -> None:
    """Write the rows and validation score of each part, and those of all rows, as CSV; or say why there are none.

    `whole` is the score of all rows, which this process has just trained on. Parts that come to no score are left out.
    """
    rows = pl.scan_parquet(DATA / "train.parquet").select(pl.len()).collect().item()
    why = reason(settings, rows, time.process_time())
    points = [] if why else parts(rows)
    if not points:
        print(f"note: no learning curve: {why or 'the trainings on parts of the rows came to no score'}", flush=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("rows", settings.text("monitor.metric")))
        writer.writerows([*points, (rows, whole)])


def parts(rows: int) -> list[tuple[int, float]]:
    """Train on parts of the rows, each within the next, in this process, which has the libraries loaded."""
    frame, place, here = pl.read_parquet(DATA / "train.parquet"), fresh(WORK / "learning").resolve(), Path.cwd()
    order, found = np.random.default_rng(SEED).permutation(rows), []
    for share in SHARES:
        folder = place / str(share)
        (folder / DATA).mkdir(parents=True)
        frame[np.sort(order[: rows // share]).tolist()].write_parquet(folder / DATA / "train.parquet")
        (folder / DATA / "validation.parquet").symlink_to(here / DATA / "validation.parquet")
        with trial(here / "params.yaml", folder), open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            try:
                importlib.import_module("pipeline.train").main()
            except Failure as failure:
                print(f"note: no point of the learning curve for {rows // share} rows: {failure}", file=sys.stderr)
                continue
        found.append((rows // share, float(str(read_json(folder / "out/training.json")["train.best"]))))
    return found


@contextmanager
def trial(settings: Path, folder: Path) -> Iterator[None]:
    """Let a training read its data below `folder`, and write there too."""
    here, told = Path.cwd(), sys.argv
    os.chdir(folder)
    os.environ[params.TRIAL], sys.argv = str(settings), [told[0], "--out", "out"]
    try:
        yield
    finally:
        os.chdir(here)
        sys.argv = told
        del os.environ[params.TRIAL]
