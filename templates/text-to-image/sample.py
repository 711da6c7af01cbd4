"""Write a tiny seeded data set of three shapes, for tests and first tries: `python sample.py FOLDER [table]`."""

import csv
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

LABELS = ("circle", "cross", "square")
SIDE = 16


def shape(label: str, chance: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw one shape at a random place, light on dark (SIDE x SIDE)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    row, column = chance.uniform(6, 10, 2)
    radius = chance.uniform(3.5, 5)
    across, down = np.abs(x - column), np.abs(y - row)
    inside = {
        "circle": across**2 + down**2 < radius**2,
        "cross": ((across < 1.5) | (down < 1.5)) & (across < radius) & (down < radius),
        "square": (across < 0.9 * radius) & (down < 0.9 * radius),
    }[label]
    values = np.where(inside, chance.uniform(180, 255), 20) + chance.normal(0, 4, (SIDE, SIDE))
    return np.clip(values, 0, 255).astype(np.uint8)


def write(folder: Path, layout: str = "folders", *, rows: int = 240, seed: int = 0) -> Path:
    """Write the data set below `folder` and give its path: class folders, a flat folder, or a table of paths."""
    chance = np.random.default_rng(seed)
    home = folder / "shapes"
    home.mkdir(parents=True, exist_ok=True)
    table = []
    for index in range(rows):
        label = LABELS[index % len(LABELS)]
        name = f"{label}/{index:04}.png" if layout == "folders" else f"{label}.{index:04}.png"
        (home / name).parent.mkdir(exist_ok=True)
        Image.fromarray(shape(label, chance)).save(home / name)
        table.append((name, label))
    if layout != "table":
        return home
    path = home / "shapes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "caption"), *table])
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
