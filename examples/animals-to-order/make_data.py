"""Write the pictures of the `animal-mnist` wheel as PNG files, one folder an animal.

python examples/animals-to-order/make_data.py FOLDER
"""

import gzip
import pickle
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
"""In the order of the wheel's numbers."""
SIDE = 28


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


def main(folder: Path) -> None:
    """Write `folder/data/animals/<animal>/<number>.png`."""
    target = folder / "data" / "animals"
    if target.exists():
        shutil.rmtree(target)
    pictures = read("animal_data_version_3.gz").reshape(-1, SIDE, SIDE).astype(np.uint8)
    numbers = read("animal_label_version_3.gz").ravel().tolist()
    for animal in ANIMALS:
        (target / animal).mkdir(parents=True)
    for index, (pixels, number) in enumerate(zip(pictures, numbers, strict=True)):
        Image.fromarray(pixels).save(target / ANIMALS[number] / f"{index:05}.png")
    print(f"{len(pictures)} pictures in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
