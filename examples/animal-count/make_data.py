"""Compose scenes of animals and things with a box for each: `python examples/animal-count/make_data.py FOLDER`.

The scenes are those of the example `grounding`: silhouettes of animals from the wheel `animal-mnist` (MIT) in colour,
things that are drawn, on photographs of scikit-learn. Here kinds are classes and every object has its box, as COCO
writes it.
Writes FOLDER/data/scenes: images/*.jpg and instances.json.
"""

import importlib.util
import json
import random
import shutil
import sys
from pathlib import Path
from types import ModuleType

from PIL import Image
from sklearn.datasets import load_sample_images

SCENES, SEED = 1000, 0


def scenes() -> ModuleType:
    """Load the example whose scenes these are."""
    path = Path(__file__).resolve().parent.parent / "grounding" / "make_data.py"
    spec = importlib.util.spec_from_file_location("grounding_scenes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(folder: Path, count: int = SCENES, seed: int = SEED) -> None:
    """Write the scenes, the same for the same seed."""
    made, root = scenes(), folder / "data" / "scenes"
    if root.exists():
        shutil.rmtree(root)
    (root / "images").mkdir(parents=True)
    chance, animals = random.Random(seed), made.animals()
    photos = [Image.fromarray(photo) for photo in load_sample_images().images]
    kinds = sorted((*made.ANIMALS, *made.THINGS))
    images, marks = [], []
    for number in range(count):
        picture, things = made.scene(animals, photos, chance)
        name = f"images/{number:05}.jpg"
        picture.save(root / name, quality=90)
        images.append({"id": number, "file_name": name, "width": picture.width, "height": picture.height})
        for thing in things:
            x0, y0, x1, y1 = thing.box
            about = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}
            kind = kinds.index(thing.kind) + 1
            marks.append({"id": len(marks) + 1, "image_id": number, "category_id": kind, **about})
    categories = [{"id": number, "name": kind} for number, kind in enumerate(kinds, 1)]
    tree = {"images": images, "annotations": marks, "categories": categories}
    (root / "instances.json").write_text(json.dumps(tree), encoding="utf-8")
    print(f"{count} scenes, {len(marks)} objects in {root}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(value) for value in sys.argv[2:4]))
