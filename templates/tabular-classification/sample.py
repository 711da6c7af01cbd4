"""Write a tiny seeded table of subscribers: `python sample.py FOLDER [csv|tsv|jsonl|parquet]`.

It has what real tables have: a number and a category with missing values, a date, a truth value, an identifier, a
column that is always the same, and an outcome that follows from some of them, with noise.
"""

import math
import random
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

PLANS = {"basic": 0.9, "family": -0.8, "pro": -0.2}
REGIONS = ("north", "south", "east", "west")


def examples(rows: int, seed: int) -> list[dict[str, object]]:
    """Return rows; `churned` is likelier for short use, many calls, the basic plan and unpaid bills."""
    chance = random.Random(seed)
    found = []
    for index in range(rows):
        months, calls = chance.randint(1, 72), min(9, int(chance.expovariate(0.6)))
        plan, paperless = chance.choice(list(PLANS)), chance.random() < 0.6
        charge = round(15 + 10 * chance.random() + {"basic": 0, "family": 30, "pro": 20}[plan], 2)
        score = PLANS[plan] + 1.1 * calls - 0.09 * months + (0.5 if paperless else -0.5) + chance.gauss(0, 0.6)
        found.append(
            {
                "customer": f"C{index:05}",
                "months": months,
                "plan": plan if chance.random() < 0.95 else None,
                "region": chance.choice(REGIONS),
                "charge": charge if chance.random() < 0.9 else None,
                "calls": calls,
                "paperless": paperless,
                "joined": (date(2024, 6, 30) - timedelta(days=30 * months + chance.randint(0, 29))).isoformat(),
                "currency": "EUR",
                "churned": "yes" if 1 / (1 + math.exp(-score)) > 0.5 else "no",
            }
        )
    return found


def write(folder: Path, layout: str = "csv", *, rows: int = 400, seed: int = 0) -> Path:
    """Write the table below `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    frame, path = pl.DataFrame(examples(rows, seed)), folder / f"subscribers.{layout}"
    if layout == "parquet":
        frame.write_parquet(path)
    elif layout == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, separator="\t" if layout == "tsv" else ",")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
