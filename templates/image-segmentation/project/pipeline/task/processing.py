"""Turn pictures into tensors and the model's output into masks: the same code in training, tests and serving.

A picture is turned upright, scaled to fit a square and centred in it. The graph gives the probability of each class for
every place, 4 x 4 pixels of the square; here they are scaled to the picture's own size, and each pixel takes the class
that is likeliest there. Needs numpy and Pillow only.
Run `python -m pipeline.task.processing build/artifact photo.jpg` to see the tensor of one request.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.pictures import label_maps
from pipeline.pictures.label_maps import Numbers
from pipeline.pictures.squares import placement, square, upright_size

Raw: TypeAlias = Mapping[str, Sequence[bytes]]
Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Floats: TypeAlias = npt.NDArray[np.float32]


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, *, labels: Sequence[str], side: int) -> None:
        self.labels = tuple(labels)
        self.side = side
        self.colours = label_maps.palette(labels)

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `pixels` (UINT8, pictures x side x side x 3).

        Raises ValueError, with a reason for the sender, when one of them is not a picture that can be read.
        """
        files = raw.get("image")
        if files is None:
            raise ValueError("input `image` is missing")
        if len(files) == 0:
            raise ValueError("input `image` holds no pictures")
        return {"pixels": np.stack([square(content, f"picture {at}", self.side) for at, content in enumerate(files)])}

    def decode(self, tensors: Tensors, raw: Raw) -> dict[str, object]:
        """Return `mask`, a PNG of each picture's own size whose numbers are places of classes, and `shares` of them."""
        maps = list(self.maps(tensors, raw))
        shares = [np.bincount(one.ravel(), minlength=len(self.labels)) / one.size for one in maps]
        return {
            "mask": [label_maps.encoded(one, self.colours) for one in maps],
            "shares": np.array(shares, dtype=np.float32).reshape(-1, len(self.labels)),
        }

    def settle(self, tensors: Tensors, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return what is measured: the `mask` of each picture (see label_maps.encoded), and how `sure` it is."""
        masks = np.empty(len(raw["image"]), dtype=np.object_)
        for at, one in enumerate(self.maps(tensors, raw)):
            masks[at] = label_maps.encoded(one, level=1)
        sure = np.asarray(tensors["probabilities"], dtype=np.float64).max(axis=1).mean(axis=(1, 2))
        return {"mask": masks, "sure": sure}

    def maps(self, tensors: Tensors, raw: Raw) -> list[Numbers]:
        """Return the place of the likeliest class of each pixel of each picture (height x width)."""
        probabilities = np.asarray(tensors["probabilities"], dtype=np.float32)
        sizes = [upright_size(content, f"picture {at}") for at, content in enumerate(raw["image"])]
        return [likeliest(one, *size, self.side) for one, size in zip(probabilities, sizes, strict=True)]


def likeliest(probabilities: Floats, width: int, height: int, side: int) -> Numbers:
    """Return the likeliest class of each pixel, from those of places of the square (classes x rows x columns).

    Places that only show the grey around the picture are left out before scaling. A class that is less likely than
    chance everywhere is the likeliest of no pixel.

    >>> likeliest(np.array([[[0.9, 0.2]], [[0.1, 0.8]]], dtype=np.float32).repeat(2, axis=1), 4, 2, 8).tolist()
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    classes, rows, columns = probabilities.shape
    left, top, inner_width, inner_height = placement(width, height, side)
    x0, x1 = left * columns / side, (left + inner_width) * columns / side
    y0, y1 = top * rows / side, (top + inner_height) * rows / side
    first, above = math.floor(x0), math.floor(y0)
    seen = probabilities[:, above : math.ceil(y1), first : math.ceil(x1)]
    box = (x0 - first, y0 - above, x1 - first, y1 - above)
    found = np.zeros((height, width), dtype=np.uint8)
    best = np.full((height, width), -1.0, dtype=np.float32)
    for number in range(classes):
        if classes > 1 and seen[number].max() < 1 / classes - 1e-4:
            continue
        plane = Image.fromarray(np.ascontiguousarray(seen[number]))
        scaled = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR, box=box))
        more = scaled > best
        found[more] = number
        np.copyto(best, scaled, where=more)
    return found


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    return Processor(labels=settings["labels"], side=settings["side"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "side": processor.side}
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("preprocess.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    pixels = load(Path(sys.argv[1])).encode({"image": [Path(sys.argv[2]).read_bytes()]})["pixels"]
    print(pixels.dtype, pixels.shape)
