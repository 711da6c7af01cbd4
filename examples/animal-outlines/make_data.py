"""Compose scenes of animals and things with a mask for each: `python examples/animal-outlines/make_data.py FOLDER`.

The scenes are made as those of the example `grounding`: silhouettes of animals from the wheel `animal-mnist` (MIT) in
colour, things that are drawn, on photographs of scikit-learn. The mask of a scene holds the number of a class for each
pixel, and 255 along soft edges, where a pixel is of two: it counts for nothing.
Writes FOLDER/data/scenes: images/*.jpg, masks/*.png and classes.txt.
"""

import importlib.util
import random
import shutil
import sys
from pathlib import Path
from types import ModuleType

from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

SCENES, SEED = 300, 0
KINDS = ("bird", "cat", "elephant", "horse", "ball", "cup", "lamp")
SOFT = 255
"""The number of pixels that count for nothing."""


def parts() -> ModuleType:
    """Load the example whose pictures these are made of."""
    path = Path(__file__).resolve().parent.parent / "grounding" / "make_data.py"
    spec = importlib.util.spec_from_file_location("grounding_scenes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def scene(
    made: ModuleType, animals: dict[str, list], photos: list[Image.Image], chance: random.Random
) -> tuple[Image.Image, Image.Image]:
    """Put two to four things on a ground, later ones over earlier, and return the picture and its mask."""
    picture = made.ground(photos, chance)
    mask = Image.new("L", picture.size)
    for _ in range(chance.randint(2, 4)):
        kind, colour = chance.choice(KINDS), chance.choice(list(made.COLOURS.values()))
        side = chance.randint(50, 130)
        thing = (
            made.cut(chance.choice(animals[kind]), colour, side) if kind in animals else made.drawn(kind, colour, side)
        )
        thing = ImageOps.mirror(thing) if chance.random() < 0.5 else thing
        place = chance.randint(0, picture.width - thing.width), chance.randint(0, picture.height - thing.height)
        picture.paste(thing, place, thing)
        alpha = thing.getchannel("A")
        mask.paste(SOFT, place, alpha.point(lambda value: 255 * (value > 40)))
        mask.paste(1 + KINDS.index(kind), place, alpha.point(lambda value: 255 * (value > 215)))
    return picture, mask


def main(folder: Path, count: int = SCENES, seed: int = SEED) -> None:
    """Write the scenes, the same for the same seed."""
    made, root = parts(), folder / "data" / "scenes"
    if root.exists():
        shutil.rmtree(root)
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    chance, animals = random.Random(seed), made.animals()
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    for number in range(count):
        picture, mask = scene(made, animals, photos, chance)
        picture.save(root / f"images/{number:05}.jpg", quality=90)
        mask.save(root / f"masks/{number:05}.png")
    (root / "classes.txt").write_text("".join(f"{name}\n" for name in ("background", *KINDS)), encoding="utf-8")
    print(f"{count} scenes of {len(KINDS)} kinds in {root}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:4]))
