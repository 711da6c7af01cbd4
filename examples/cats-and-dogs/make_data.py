"""Write the cats and dogs of the `animal-mnist` wheel as one flat, messy folder, as people keep their pictures.

    python examples/cats-and-dogs/make_data.py FOLDER

PNG, JPEG, BMP, GIF and WebP files, grey and in colour; some are there twice under another name or in another format;
ten are damaged in ten ways; one is a note. All chance is seeded: the folder is the same on every machine.
"""

import gzip
import io
import pickle
import random
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

CLASSES = {2: "cat", 4: "dog"}
"""The wheel's numbers of the two classes."""
SIDE = 28
FORMATS = ((".png", "PNG", 60), (".jpg", "JPEG", 25), (".bmp", "BMP", 5), (".gif", "GIF", 5), (".webp", "WEBP", 5))
"""Suffix, format and share in percent."""


class Arrays(pickle.Unpickler):
    """Reads pickled NumPy arrays and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """Refuse everything but NumPy's own names. Raises UnpicklingError."""
        if module.split(".")[0] != "numpy":
            raise pickle.UnpicklingError(f"{module}.{name} is not NumPy's")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read(name: str) -> npt.NDArray[np.int64]:
    """Read one array of the wheel. Raises SystemExit when the wheel is not installed."""
    spec = find_spec("animal_mnist")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("animal-mnist is not installed: run `make setup`")
    path = Path(spec.submodule_search_locations[0]) / "data" / "Animal_MNIST" / name
    with gzip.open(path) as file:
        return np.asarray(Arrays(file).load())


def encode(pixels: npt.NDArray[np.uint8], kind: str) -> bytes:
    """Return a picture as a file."""
    stream = io.BytesIO()
    picture = Image.fromarray(pixels)
    if kind == "JPEG":
        picture.convert("RGB").save(stream, kind, quality=92)
    else:
        picture.save(stream, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return stream.getvalue()


def damaged(chance: random.Random, good: bytes) -> dict[str, bytes]:
    """Return ten files that are no pictures any more, by name."""
    return {
        "cat.9001.png": b"",
        "dog.9001.png": good[: len(good) // 3],
        "cat.9002.jpg": b"not a picture at all",
        "dog.9002.jpg": chance.randbytes(800),
        "cat.9003.png": good[:8] + chance.randbytes(200),
        "dog.9003.gif": b"GIF89a" + bytes(3),
        "cat.9004.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
        "dog.9004.bmp": b"BM" + chance.randbytes(40),
        "cat.9005.webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(4),
        "dog.9005.png": good.replace(b"IDAT", b"IDOT"),
    }


def main(folder: Path) -> None:
    """Write `folder/photos`."""
    chance = random.Random(0)
    target = folder / "photos"
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    pictures = read("animal_data_version_3.gz").reshape(-1, SIDE, SIDE).astype(np.uint8)
    numbers = read("animal_label_version_3.gz").ravel()
    counts = dict.fromkeys(CLASSES.values(), 0)
    good, repeated = b"", 0
    for pixels, number in zip(pictures, numbers.tolist(), strict=True):
        if number not in CLASSES:
            continue
        name = CLASSES[number]
        suffix, kind, _ = chance.choices(FORMATS, [share for _, _, share in FORMATS])[0]
        content = encode(pixels, kind)
        (target / f"{name}.{counts[name]}{suffix}").write_bytes(content)
        counts[name] += 1
        if kind == "PNG":
            good = content
        if chance.random() < 0.03:
            again = encode(pixels, "JPEG" if kind == "PNG" else "PNG")
            (target / f"{name}.{counts[name] - 1} copy{'.jpg' if kind == 'PNG' else '.png'}").write_bytes(again)
            repeated += 1
    for name, content in damaged(chance, good).items():
        (target / name).write_bytes(content)
    (target / "read me.txt").write_text("cats and dogs from the old computer\n")
    print(f"{counts['cat']} cats, {counts['dog']} dogs, {repeated} copies, 10 damaged files in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
