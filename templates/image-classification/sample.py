"""Write a tiny seeded data set of three shapes, for tests and first tries: `python sample.py FOLDER [LAYOUT]`."""

import csv
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

LABELS = ("circle", "cross", "square")
SIDE = 20


def shape(label: str, chance: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Draw one shape at a random place, in random colours, with noise (SIDE x SIDE x 3)."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    row, column = chance.uniform(7, 13, 2)
    radius = chance.uniform(4, 6)
    across, down = np.abs(x - column), np.abs(y - row)
    inside = {
        "circle": across**2 + down**2 < radius**2,
        "cross": ((across < 1.5) | (down < 1.5)) & (across < radius) & (down < radius),
        "square": (across < 0.9 * radius) & (down < 0.9 * radius),
    }[label]
    ground, ink = chance.uniform(0, 110, 3), chance.uniform(150, 255, 3)
    values = np.where(inside[..., None], ink, ground) + chance.normal(0, 8, (SIDE, SIDE, 3))
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
        csv.writer(file).writerows([("image", "label"), *table])
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
