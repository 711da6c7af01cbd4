"""Compose scenes with phrases that mean one thing in them: `python examples/grounding/make_data.py FOLDER`.

The animals are the silhouettes of the wheel `animal-mnist` (MIT) in colour, the things are drawn here, the grounds are
cut from the two photographs of scikit-learn and from gradients. Writes FOLDER/data/scenes: images/*.jpg and refs.jsonl,
a line a phrase. Phrases are hard on purpose: most scenes hold two of a kind, so that one has to compare and to relate.
"""

import gzip
import io
import json
import pickle
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps
from sklearn.datasets import load_sample_images

SCENES, SIDE, SEED = 1800, 224, 0
ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
THINGS = ("ball", "cup", "book", "box", "hat", "key", "star", "lamp")
COLOURS = {
    "red": "#c62f2f",
    "blue": "#2f57c6",
    "green": "#2c8a4a",
    "yellow": "#e0b325",
    "white": "#f4f1ea",
    "black": "#232323",
}
APART, LARGER = 36, 1.7
"""Pixels between middles, and ratio of areas, from which a phrase may say `left`, `above`, `bigger`."""
Box = tuple[int, int, int, int]
Pictures = dict[str, list[npt.NDArray[np.uint8]]]


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing in a scene."""

    kind: str
    colour: str
    box: Box

    @property
    def x(self) -> float:
        """Its middle."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        """Its middle."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def area(self) -> int:
        """Its box's pixels."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


class Arrays(pickle.Unpickler):
    """Reads numpy arrays and refuses everything else that a pickle may name."""

    def find_class(self, module: str, name: str, /) -> object:
        """Return numpy's own constructors only."""
        module = module.replace("numpy.core", "numpy._core")
        allowed = {"_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer"}
        if module.split(".")[0] != "numpy" or name not in allowed:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array")
        return super().find_class(module, name)


def animals() -> Pictures:
    """Read the silhouettes by kind, each once; raises SystemExit when the wheel is not installed."""
    spec = find_spec("animal_mnist")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("animal-mnist is not installed: run `make setup`")
    folder = Path(spec.submodule_search_locations[0]) / "data" / "Animal_MNIST"

    def read(name: str) -> npt.NDArray[np.uint8]:
        content = gzip.decompress((folder / f"animal_{name}_version_3.gz").read_bytes())
        return np.asarray(Arrays(io.BytesIO(content)).load())

    found: Pictures = {kind: [] for kind in ANIMALS}
    seen: set[bytes] = set()
    for picture, label in zip(read("data"), read("label").reshape(-1), strict=True):
        values = np.asarray(picture, dtype=np.uint8).reshape(28, 28)
        if values.tobytes() not in seen:
            seen.add(values.tobytes())
            found[ANIMALS[int(label)]].append(values)
    return found


def cut(values: npt.NDArray[np.uint8], colour: str, side: int) -> Image.Image:
    """Return a silhouette in colour, cut to what is seen of it, its longer side `side` pixels."""
    bright = Image.fromarray(values if values[0].mean() + values[-1].mean() < 255 else 255 - values)
    large = bright.resize((8 * side // 2, 8 * side // 2), Image.Resampling.BICUBIC)
    mask = large.point(lambda value: 255 if value > 110 else 0)
    place = mask.getbbox() or (0, 0, *mask.size)
    cloth = ImageOps.colorize(large, black="#000000", white=colour, mid=colour).convert("RGBA")
    cloth.putalpha(mask)
    return scaled(cloth.crop(place), side)


def scaled(picture: Image.Image, side: int) -> Image.Image:
    """Scale so that the longer side has `side` pixels."""
    ratio = side / max(picture.size)
    return picture.resize(
        (max(6, round(picture.width * ratio)), max(6, round(picture.height * ratio))), Image.Resampling.LANCZOS
    )


def drawn(kind: str, colour: str, side: int) -> Image.Image:
    """Draw a thing."""
    picture = Image.new("RGBA", (400, 400))
    pen = ImageDraw.Draw(picture)
    dark = "#3a3a3a" if colour != COLOURS["black"] else "#8a8a8a"
    shapes: dict[str, Callable[[], None]] = {
        "ball": lambda: (
            pen.ellipse((20, 20, 380, 380), fill=colour),
            pen.arc((90, 60, 310, 340), 60, 300, fill=dark, width=14),
        )[0],
        "cup": lambda: (
            pen.arc((240, 120, 390, 270), 250, 110, fill=colour, width=34),
            pen.polygon([(40, 60), (300, 60), (260, 350), (80, 350)], fill=colour),
            pen.ellipse((40, 35, 300, 85), fill=dark),
        )[0],
        "book": lambda: (
            pen.rectangle((20, 100, 380, 310), fill=colour),
            pen.rectangle((20, 280, 380, 310), fill="#fbf8ef"),
            pen.line((200, 100, 200, 280), fill=dark, width=10),
        )[0],
        "box": lambda: (
            pen.rectangle((40, 140, 360, 380), fill=colour),
            pen.polygon([(40, 140), (100, 60), (390, 60), (360, 140)], fill=dark),
        )[0],
        "hat": lambda: (
            pen.ellipse((10, 260, 390, 360), fill=colour),
            pen.polygon([(110, 300), (140, 90), (260, 90), (290, 300)], fill=colour),
            pen.rectangle((118, 240, 284, 280), fill=dark),
        )[0],
        "key": lambda: (
            pen.ellipse((10, 120, 170, 280), outline=colour, width=44),
            pen.rectangle((150, 182, 390, 220), fill=colour),
            pen.rectangle((300, 200, 330, 280), fill=colour),
            pen.rectangle((355, 200, 385, 270), fill=colour),
        )[0],
        "star": lambda: pen.regular_polygon((200, 200, 100), 3, fill=colour),
        "lamp": lambda: (
            pen.polygon([(130, 40), (270, 40), (350, 200), (50, 200)], fill=colour),
            pen.rectangle((185, 200, 215, 350), fill=dark),
            pen.ellipse((100, 330, 300, 390), fill=dark),
        )[0],
    }
    if kind == "star":
        spokes = [
            (200 + r * np.sin(a), 210 - r * np.cos(a))
            for a, r in zip(np.arange(10) * np.pi / 5, [190, 80] * 5, strict=True)
        ]
        pen.polygon([(float(x), float(y)) for x, y in spokes], fill=colour)
    else:
        shapes[kind]()
    return scaled(picture.crop(picture.getbbox()), side)


def ground(photos: list[Image.Image], chance: random.Random) -> Image.Image:
    """Cut a ground from a photograph, or make a gradient."""
    if chance.random() < 0.7:
        photo = chance.choice(photos)
        side = chance.randint(SIDE, min(photo.size))
        x, y = chance.randint(0, photo.width - side), chance.randint(0, photo.height - side)
        part = photo.crop((x, y, x + side, y + side)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return Image.blend(part, Image.new("RGB", part.size, "#8d8d85"), chance.uniform(0.2, 0.6))
    colours = ["#" + "".join(f"{chance.randint(90, 210):02x}" for _ in range(3)) for _ in range(2)]
    ramp = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize((SIDE, SIDE))
    return ImageOps.colorize(ramp, *colours)


def scene(kinds: Pictures, photos: list[Image.Image], chance: random.Random) -> tuple[Image.Image, list[Thing]]:
    """Put two to four things on a ground, often two of a kind, none over another."""
    picture = ground(photos, chance)
    wanted = [chance.choice((*ANIMALS, *THINGS)) for _ in range(chance.randint(2, 4))]
    if chance.random() < 0.6:
        wanted[1] = wanted[0]
    placed: list[Thing] = []
    for kind in wanted:
        colour = chance.choice(list(COLOURS))
        side = chance.randint(34, 100)
        shape = (
            cut(chance.choice(kinds[kind]), COLOURS[colour], side)
            if kind in kinds
            else drawn(kind, COLOURS[colour], side)
        )
        shape = ImageOps.mirror(shape) if chance.random() < 0.5 else shape
        for _ in range(30):
            x, y = chance.randint(0, SIDE - shape.width), chance.randint(0, SIDE - shape.height)
            box = (x, y, x + shape.width, y + shape.height)
            if all(
                box[2] <= o.box[0] or box[0] >= o.box[2] or box[3] <= o.box[1] or box[1] >= o.box[3] for o in placed
            ):
                picture.paste(shape, (x, y), shape)
                placed.append(Thing(kind=kind, colour=colour, box=box))
                break
    return picture, placed


def phrases(thing: Thing, others: list[Thing]) -> list[str]:
    """Return the phrases that mean this thing and no other; compare with those of its kind, relate to the rest."""
    same = [other for other in others if other.kind == thing.kind]
    found: list[str] = []
    if not same:
        found.append(f"the {thing.kind}")
    if same and all(other.colour != thing.colour for other in same):
        found.append(f"the {thing.colour} {thing.kind}")
    if len(same) == 1:
        twin = same[0]
        if abs(thing.x - twin.x) > APART:
            side = "left" if thing.x < twin.x else "right"
            found += [f"the {side} {thing.kind}", f"the {thing.kind} on the {side}"]
        if abs(thing.y - twin.y) > APART:
            found.append(f"the {'upper' if thing.y < twin.y else 'lower'} {thing.kind}")
        if max(thing.area, twin.area) > LARGER * min(thing.area, twin.area):
            found.append(f"the {'bigger' if thing.area > twin.area else 'smaller'} {thing.kind}")
    for anchor in others:
        if anchor.kind == thing.kind or [other.kind for other in others].count(anchor.kind) > 1:
            continue
        for word, holds in relations(anchor).items():
            if holds(thing) and not any(holds(twin) or near(word, twin, anchor) for twin in same):
                found.append(f"the {thing.kind} {word} the {anchor.kind}")
    return found


def relations(anchor: Thing) -> dict[str, Callable[[Thing], bool]]:
    """Return the places beside an anchor that phrases name."""
    return {
        "above": lambda one: one.y < anchor.y - APART,
        "below": lambda one: one.y > anchor.y + APART,
        "to the left of": lambda one: one.x < anchor.x - APART,
        "to the right of": lambda one: one.x > anchor.x + APART,
    }


def near(word: str, one: Thing, anchor: Thing) -> bool:
    """Tell whether a thing is almost where the word says: then the phrase would be in doubt."""
    gaps = {
        "above": anchor.y - one.y,
        "below": one.y - anchor.y,
        "to the left of": anchor.x - one.x,
        "to the right of": one.x - anchor.x,
    }
    return gaps[word] > 0


def main(folder: Path, scenes: int = SCENES, seed: int = SEED) -> None:
    """Write the scenes, the same for the same seed."""
    root = folder / "data" / "scenes"
    if root.exists():
        shutil.rmtree(root)
    (root / "images").mkdir(parents=True)
    chance, kinds = random.Random(seed), animals()
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    lines = []
    for number in range(scenes):
        picture, things = scene(kinds, photos, chance)
        name = f"images/{number:05}.jpg"
        picture.save(root / name, quality=90)
        for thing in things:
            told = phrases(thing, [other for other in things if other is not thing])
            if told:
                lines.append({"image": name, "phrase": chance.choice(told), "box": list(thing.box)})
    (root / "refs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"{scenes} scenes, {len(lines)} phrases in {root}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:4]))
