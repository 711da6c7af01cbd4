"""Show what the data looks like, in build/data.html and build/croissant.json: `python -m pipeline.describe`."""

from pathlib import Path

import polars as pl

from pipeline.base import params
from pipeline.base.failure import run
from pipeline.base.files import read_json
from pipeline.base.progress import Progress
from pipeline.data_page import croissant, findings, page
from pipeline.reporting.page import PARTS

DATA = Path("build/data")


def main() -> None:
    settings, report = params.load(), read_json(DATA / "report.json")
    parts = {part: pl.read_parquet(DATA / f"{part}.parquet") for part in PARTS}
    warnings = report["warnings"]
    assert isinstance(warnings, list)
    found = findings.shown(read_json(Path("build/checks.json")), warnings)
    page.write(settings, parts, report, found)
    croissant.write(settings, parts, {part: DATA / f"{part}.parquet" for part in PARTS}, Path("build/croissant.json"))
    Progress("describe")(1, 1, "pages", "what the data looks like: build/data.html")


if __name__ == "__main__":
    run("describe", main)
