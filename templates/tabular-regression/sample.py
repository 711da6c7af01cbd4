"""Write a tiny seeded table of flats and their rents: `python sample.py FOLDER [csv|tsv|jsonl|parquet]`.

It has what real tables have: a number and a category with missing values, a date, a truth value, an identifier, and a
price that follows from some of them, with noise that grows with the flat.
"""

import random
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

DISTRICTS = {"harbour": 16.0, "old town": 19.0, "station": 12.0, "hill": 14.0}


def examples(rows: int, seed: int) -> list[dict[str, object]]:
    """Return rows; `rent` follows from size, district, age and furniture."""
    chance = random.Random(seed)
    found = []
    for index in range(rows):
        size, built = chance.randint(18, 140), chance.randint(1900, 2023)
        district, furnished = chance.choice(list(DISTRICTS)), chance.random() < 0.3
        price = DISTRICTS[district] + (2.5 if built > 1990 else 0.0) + (3.0 if furnished else 0.0)
        found.append(
            {
                "flat": f"F-{index:04}",
                "size": size,
                "rooms": max(1, round(size / 27 + chance.uniform(-0.6, 0.6))),
                "district": district if chance.random() < 0.95 else None,
                "built": built if chance.random() < 0.9 else None,
                "furnished": furnished,
                "free_from": (date(2024, 1, 1) + timedelta(days=chance.randint(0, 365))).isoformat(),
                "rent": round(150 + size * price * chance.uniform(0.92, 1.08)),
            }
        )
    return found


def write(folder: Path, layout: str = "csv", *, rows: int = 400, seed: int = 0) -> Path:
    """Write the table below `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    frame, path = pl.DataFrame(examples(rows, seed)), folder / f"flats.{layout}"
    if layout == "parquet":
        frame.write_parquet(path)
    elif layout == "jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, separator="\t" if layout == "tsv" else ",")
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
