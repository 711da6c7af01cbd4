"""Write tiny seeded scenes of shapes with their boxes, for tests: `python sample.py FOLDER [coco|yolo|voc|table]`."""

import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

KINDS = {"ball": "#d62828", "box": "#1d6fd6", "tent": "#2a9d3f"}
SIDE = 96
Box = tuple[int, int, int, int]
Scene = list[tuple[str, Box]]


def scene(chance: random.Random) -> Scene:
    """Place up to three shapes that do not touch: kind and box."""
    placed: Scene = []
    for _ in range(chance.choice((0, 1, 2, 3, 3, 3))):
        wide, high = chance.randint(20, 44), chance.randint(20, 44)
        x, y = chance.randint(0, SIDE - wide), chance.randint(0, SIDE - high)
        box = (x, y, x + wide, y + high)
        if all(box[2] < o[0] or box[0] > o[2] or box[3] < o[1] or box[1] > o[3] for _, o in placed):
            placed.append((chance.choice(list(KINDS)), box))
    return placed


def draw(shapes: Scene, chance: random.Random) -> Image.Image:
    """Draw a scene on a ground of its own, with a line across."""
    picture = Image.new("RGB", (SIDE, SIDE), tuple(chance.randint(190, 240) for _ in range(3)))
    pen = ImageDraw.Draw(picture)
    pen.line((0, chance.randint(0, SIDE), SIDE, chance.randint(0, SIDE)), fill="#8d8d85")
    for kind, (x0, y0, x1, y1) in shapes:
        if kind == "ball":
            pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=KINDS[kind])
        elif kind == "box":
            pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=KINDS[kind])
        else:
            pen.polygon([(x0, y1 - 1), ((x0 + x1) // 2, y0), (x1 - 1, y1 - 1)], fill=KINDS[kind])
    return picture


def write(folder: Path, layout: str = "coco", *, scenes: int = 60, seed: int = 0) -> Path:
    """Write scenes below `folder` and give the data's path, with what is in each in the given layout."""
    chance, root = random.Random(seed), folder / "scenes"
    (root / "images").mkdir(parents=True, exist_ok=True)
    every = [scene(chance) for _ in range(scenes)]
    for number, shapes in enumerate(every):
        draw(shapes, chance).save(root / "images" / f"{number:04}.png")
    {"coco": coco, "yolo": yolo, "voc": voc, "table": table}[layout](root, every)
    return root


def coco(root: Path, every: list[Scene]) -> None:
    """Write instances.json."""
    images = [
        {"id": at, "file_name": f"images/{at:04}.png", "width": SIDE, "height": SIDE} for at, _ in enumerate(every)
    ]
    marks = [
        {
            "id": 1000 * at + number,
            "image_id": at,
            "category_id": list(KINDS).index(kind) + 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": (x1 - x0) * (y1 - y0),
            "iscrowd": 0,
        }
        for at, shapes in enumerate(every)
        for number, (kind, (x0, y0, x1, y1)) in enumerate(shapes)
    ]
    categories = [{"id": number, "name": kind} for number, kind in enumerate(KINDS, 1)]
    tree = {"images": images, "annotations": marks, "categories": categories}
    (root / "instances.json").write_text(json.dumps(tree))


def yolo(root: Path, every: list[Scene]) -> None:
    """Write a .txt a picture, and data.yaml."""
    (root / "labels").mkdir()
    for at, shapes in enumerate(every):
        lines = [
            f"{list(KINDS).index(kind)} {(x0 + x1) / 2 / SIDE:.6f} {(y0 + y1) / 2 / SIDE:.6f}"
            f" {(x1 - x0) / SIDE:.6f} {(y1 - y0) / SIDE:.6f}\n"
            for kind, (x0, y0, x1, y1) in shapes
        ]
        (root / "labels" / f"{at:04}.txt").write_text("".join(lines))
    (root / "data.yaml").write_text("names:\n" + "".join(f"  {at}: {kind}\n" for at, kind in enumerate(KINDS)))


def voc(root: Path, every: list[Scene]) -> None:
    """Write an .xml a picture."""
    (root / "Annotations").mkdir()
    for at, shapes in enumerate(every):
        objects = "".join(
            f"<object><name>{kind}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin>"
            f"<xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>"
            for kind, (x0, y0, x1, y1) in shapes
        )
        content = f"<annotation><filename>{at:04}.png</filename>{objects}</annotation>"
        (root / "Annotations" / f"{at:04}.xml").write_text(content)


def table(root: Path, every: list[Scene]) -> None:
    """Write objects.csv: a row an object, and one without class and box for a picture without objects."""
    lines = ["file,label,x0,y0,x1,y1"]
    for at, shapes in enumerate(every):
        lines += [f"images/{at:04}.png,{kind},{','.join(map(str, box))}" for kind, box in shapes]
        lines += [] if shapes else [f"images/{at:04}.png,,,,,"]
    (root / "objects.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
