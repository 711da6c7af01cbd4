"""Write a tiny seeded table of card payments, of which some are odd: `python sample.py FOLDER [csv|tsv|jsonl|parquet]`.

It has what real tables have: a number and a category with missing values, a time, an identifier, a column that is
always the same; and the column `flagged`, which says of most rows whether somebody found them odd.
"""

import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

SHOPS = {"grocery": 35.0, "fuel": 55.0, "books": 22.0, "travel": 180.0}
ODD = 0.06
"""Share of the rows that are odd."""
KNOWN = 0.9
"""Share of the rows of which it is known."""


def examples(rows: int, seed: int) -> list[dict[str, object]]:
    """Return rows; odd ones are large for their shop, at night, or far from home."""
    chance = random.Random(seed)
    found = []
    for index in range(rows):
        odd = chance.random() < ODD
        shop = chance.choice(list(SHOPS))
        amount, away = SHOPS[shop] * chance.lognormvariate(0, 0.35), chance.expovariate(1 / 8)
        hour = chance.choice(range(8, 22))
        if odd:
            amount, away, hour = amount * chance.uniform(3, 9), away + chance.uniform(80, 900), chance.choice(range(5))
        when = datetime(2024, 3, 1, hour, chance.randint(0, 59)) + timedelta(days=index * 60 // rows)
        found.append(
            {
                "payment": f"P-{index:05}",
                "time": when.isoformat(),
                "shop": shop if chance.random() < 0.95 else None,
                "amount": round(amount, 2),
                "distance": round(away, 1) if chance.random() < 0.93 else None,
                "attempts": 1 + (chance.randint(1, 4) if odd else int(chance.random() < 0.1)),
                "currency": "EUR",
                "flagged": odd if chance.random() < KNOWN else None,
            }
        )
    return found


def write(folder: Path, layout: str = "csv", *, rows: int = 600, seed: int = 0) -> Path:
    """Write the table below `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    frame, path = pl.DataFrame(examples(rows, seed)), folder / f"payments.{layout}"
    if layout == "parquet":
        frame.write_parquet(path)
    elif layout == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, separator="\t" if layout == "tsv" else ",")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
