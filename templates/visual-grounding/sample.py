"""Write tiny seeded scenes of shapes with phrases, for tests and first tries: `python sample.py FOLDER [refcoco]`."""

import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

COLOURS = {"red": "#d62828", "blue": "#1d6fd6", "green": "#2a9d3f", "yellow": "#f2c12e"}
KINDS = ("ball", "box", "tent")
SIDE = 128
Shape = tuple[str, str, tuple[int, int, int, int]]


def scene(chance: random.Random) -> list[Shape]:
    """Place two or three shapes that do not touch: kind, colour, box."""
    placed: list[Shape] = []
    while len(placed) < chance.choice((2, 3)):
        width, height = chance.randint(24, 52), chance.randint(24, 52)
        x, y = chance.randint(0, SIDE - width), chance.randint(0, SIDE - height)
        box = (x, y, x + width, y + height)
        if all(box[2] < o[0] or box[0] > o[2] or box[3] < o[1] or box[1] > o[3] for _, _, o in placed):
            placed.append((chance.choice(KINDS), chance.choice(list(COLOURS)), box))
    return placed


def phrases(shapes: list[Shape]) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Return phrases that mean one shape only."""
    found = []
    for kind, colour, box in shapes:
        same = [other for other in shapes if other[0] == kind]
        if len(same) == 1:
            found.append((f"the {kind}", box))
        elif [other[1] for other in same].count(colour) == 1:
            found.append((f"the {colour} {kind}", box))
        elif len(same) == 2:
            other = same[0] if same[1][2] == box else same[1]
            if abs(other[2][0] - box[0]) > 20:
                found.append((f"the {kind} on the {'left' if box[0] < other[2][0] else 'right'}", box))
    return found


def draw(shapes: list[Shape]) -> Image.Image:
    """Draw a scene."""
    picture = Image.new("RGB", (SIDE, SIDE), "#e8e4da")
    pen = ImageDraw.Draw(picture)
    for kind, colour, (x0, y0, x1, y1) in shapes:
        if kind == "ball":
            pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=COLOURS[colour])
        elif kind == "box":
            pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=COLOURS[colour])
        else:
            pen.polygon([(x0, y1 - 1), ((x0 + x1) // 2, y0), (x1 - 1, y1 - 1)], fill=COLOURS[colour])
    return picture


def write(folder: Path, layout: str = "table", *, scenes: int = 60, seed: int = 0) -> Path:
    """Write scenes below `folder` and give the data's path: refs.jsonl with a line a phrase, or RefCOCO's two files."""
    chance, root = random.Random(seed), folder / "scenes"
    (root / "images").mkdir(parents=True, exist_ok=True)
    lines, images, annotations, references = [], [], [], []
    for number in range(scenes):
        shapes = scene(chance)
        name = f"{number:04}.png"
        draw(shapes).save(root / "images" / name)
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        for phrase, box in phrases(shapes):
            lines.append({"image": f"images/{name}", "phrase": phrase, "box": list(box)})
            x0, y0, x1, y1 = box
            place = len(annotations)
            annotations.append({"id": place, "image_id": number, "bbox": [x0, y0, x1 - x0, y1 - y0], "category_id": 1})
            part = ("train", "train", "train", "val", "testA")[number % 5]
            references.append(
                {"ref_id": place, "ann_id": place, "image_id": number, "split": part, "sentences": [{"raw": phrase}]}
            )
    if layout == "refcoco":
        (root / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations}))
        (root / "refs.json").write_text(json.dumps(references))
    else:
        (root / "refs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return root


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
