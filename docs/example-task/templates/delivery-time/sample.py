"""Write a small seeded table of deliveries, for tests and first tries: `python sample.py FOLDER`."""

import csv
import random
import sys
from pathlib import Path


def write(folder: Path, *, rows: int = 400, seed: int = 0) -> Path:
    """Write deliveries.csv below `folder` and give its path."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "deliveries.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("distance", "weight", "hours"))
        for _ in range(rows):
            distance, weight = round(chance.uniform(1, 300), 1), round(chance.uniform(0.1, 30), 1)
            hours = 2 + distance / 40 + 0.1 * weight + chance.uniform(-0.5, 0.5) * (1 + distance / 150)
            table.writerow((distance, weight, round(hours, 2)))
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
