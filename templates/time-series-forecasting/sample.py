"""Write a tiny seeded table of three shops' daily sales: `python sample.py FOLDER [csv|tsv|jsonl|parquet]`.

It has what real tables have: a week, a slow growth, a shop that opened later, days without a row, and rows in no order.
"""

import math
import random
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

SHOPS = {"harbour": (120.0, 0.05, 0), "station": (60.0, 0.02, 0), "hill": (30.0, 0.08, 90)}
"""Usual sales, growth a day, and the day of the opening."""
WEEK = (0.9, 0.85, 0.9, 1.0, 1.15, 1.4, 0.8)


def examples(days: int, seed: int) -> list[dict[str, object]]:
    """Return rows; sales follow from shop, day of the week and growth, with noise."""
    chance = random.Random(seed)
    found = []
    for shop, (usual, growth, opened) in SHOPS.items():
        for day in range(opened, days):
            when = date(2024, 1, 1) + timedelta(days=day)
            sales = (usual + growth * day) * WEEK[when.weekday()] * math.exp(chance.gauss(0, 0.06))
            if chance.random() > 0.01:
                found.append({"day": when.isoformat(), "shop": shop, "sales": round(sales, 1)})
    chance.shuffle(found)
    return found


def write(folder: Path, layout: str = "csv", *, days: int = 240, seed: int = 0) -> Path:
    """Write the table below `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    frame, path = pl.DataFrame(examples(days, seed)), folder / f"sales.{layout}"
    if layout == "parquet":
        frame.write_parquet(path)
    elif layout == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, separator="\t" if layout == "tsv" else ",")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
