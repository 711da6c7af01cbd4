"""Write tiny seeded scenes of shapes with masks: `python sample.py FOLDER [masks|grey|colours|coco]`, for tests."""

import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

KINDS = {"ball": "#d62828", "box": "#1d6fd6", "tent": "#2a9d3f"}
GROUND = "background"
SIDE = 96
COLOURS = {GROUND: (0, 0, 0), "ball": (200, 0, 0), "box": (0, 0, 200), "tent": (0, 160, 60)}
Box = tuple[int, int, int, int]
Scene = list[tuple[str, Box]]


def scene(chance: random.Random) -> Scene:
    """Place up to three shapes that do not touch: kind and box."""
    placed: Scene = []
    for _ in range(chance.choice((0, 1, 2, 3, 3, 3))):
        wide, high = chance.randint(24, 48), chance.randint(24, 48)
        x, y = chance.randint(0, SIDE - wide), chance.randint(0, SIDE - high)
        box = (x, y, x + wide, y + high)
        if all(box[2] < o[0] or box[0] > o[2] or box[3] < o[1] or box[1] > o[3] for _, o in placed):
            placed.append((chance.choice(list(KINDS)), box))
    return placed


def shape(pen: ImageDraw.ImageDraw, kind: str, box: Box, fill: str | int) -> None:
    """Draw one shape."""
    x0, y0, x1, y1 = box
    if kind == "ball":
        pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=fill)
    elif kind == "box":
        pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=fill)
    else:
        pen.polygon([(x0, y1 - 1), ((x0 + x1) // 2, y0), (x1 - 1, y1 - 1)], fill=fill)


def draw(shapes: Scene, chance: random.Random) -> tuple[Image.Image, Image.Image]:
    """Draw a scene on a ground of its own, with a line across, and its mask: 0 for the ground, then the kinds."""
    picture = Image.new("RGB", (SIDE, SIDE), tuple(chance.randint(190, 240) for _ in range(3)))
    mask = Image.new("L", picture.size)
    pen, marker = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    pen.line((0, chance.randint(0, SIDE), SIDE, chance.randint(0, SIDE)), fill="#8d8d85")
    for kind, box in shapes:
        shape(pen, kind, box, KINDS[kind])
        shape(marker, kind, box, 1 + list(KINDS).index(kind))
    return picture, mask


def write(folder: Path, layout: str = "masks", *, scenes: int = 60, seed: int = 0) -> Path:
    """Write scenes below `folder` and give the data's path, with the masks in the given form."""
    chance, root = random.Random(seed), folder / "scenes"
    (root / "images").mkdir(parents=True, exist_ok=True)
    every = [scene(chance) for _ in range(scenes)]
    drawn = [draw(shapes, chance) for shapes in every]
    for number, (picture, _) in enumerate(drawn):
        picture.save(root / "images" / f"{number:04}.png")
    if layout == "coco":
        coco(root, every)
        return root
    (root / "masks").mkdir()
    for number, (_, mask) in enumerate(drawn):
        form(mask, layout).save(root / "masks" / f"{number:04}.png")
    if layout == "colours":
        lines = [f"{name},{','.join(map(str, colour))}\n" for name, colour in COLOURS.items()]
        (root / "classes.csv").write_text("name,r,g,b\n" + "".join(lines))
    else:
        (root / "classes.txt").write_text("".join(f"{name}\n" for name in COLOURS))
    return root


def form(mask: Image.Image, layout: str) -> Image.Image:
    """Return a mask of numbers with a palette, in grey or in colours."""
    if layout == "grey":
        return mask
    made = mask.copy()
    made.putpalette([part for colour in COLOURS.values() for part in colour])
    return made.convert("RGB") if layout == "colours" else made


def coco(root: Path, every: list[Scene]) -> None:
    """Write instances.json: boxes and tents as polygons, balls as run lengths."""
    marks = []
    for at, shapes in enumerate(every):
        for kind, box in shapes:
            x0, y0, x1, y1 = box
            polygon = [x0, y0, x1, y0, x1, y1, x0, y1] if kind == "box" else [x0, y1, (x0 + x1) / 2, y0, x1, y1]
            one = {"id": len(marks) + 1, "image_id": at, "category_id": list(KINDS).index(kind) + 1, "iscrowd": 0}
            one |= {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}
            marks.append(one | {"segmentation": runs(box) if kind == "ball" else [polygon]})
    images = [
        {"id": at, "file_name": f"images/{at:04}.png", "width": SIDE, "height": SIDE} for at, _ in enumerate(every)
    ]
    categories = [{"id": number, "name": kind} for number, kind in enumerate(KINDS, 1)]
    tree = {"images": images, "annotations": marks, "categories": categories}
    (root / "instances.json").write_text(json.dumps(tree))


def runs(box: Box) -> dict[str, list[int]]:
    """Return a ball as run lengths, column by column, nothing first."""
    mask = Image.new("L", (SIDE, SIDE))
    shape(ImageDraw.Draw(mask), "ball", box, 1)
    pixels = mask.transpose(Image.Transpose.TRANSPOSE).tobytes()
    counts, last = [0], 0
    for pixel in pixels:
        if pixel != last:
            counts.append(0)
            last = pixel
        counts[-1] += 1
    return {"size": [SIDE, SIDE], "counts": counts}


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), *sys.argv[2:3]))
