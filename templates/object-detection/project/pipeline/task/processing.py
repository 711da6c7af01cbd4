"""Turn pictures into tensors and the model's output into objects: the same code in training, tests and serving.

A picture is turned upright, scaled to fit a square and centred in it. The graph gives a score of each class and a box
for every place of the square; here the places that score are taken, and of boxes of one class that overlap the surest
(non-maximum suppression). Boxes are in pixels of the upright picture. Needs numpy and Pillow only.
Run `python -m pipeline.task.processing build/artifact photo.jpg` to see the tensor of one request.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.pictures.matching import MOST, iou
from pipeline.pictures.squares import square, to_pixels, upright_size

Raw: TypeAlias = Mapping[str, Sequence[bytes]]
Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
CANDIDATES = 600
"""Places and classes of one picture that are looked at, those with the highest scores."""
LEAST = 0.01
"""Score below which nothing is taken for an object, however low the threshold."""
OVERLAP = 0.6
"""Intersection over union from which two boxes of one class are one object."""


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, *, labels: Sequence[str], side: int, threshold: float = 0.5) -> None:
        self.labels = tuple(labels)
        self.side = side
        self.threshold = threshold

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

    def decode(self, tensors: Tensors, raw: Raw) -> dict[str, list[list[dict[str, object]]]]:
        """Return `objects`: of each picture {label, score, box}, the surest first, none below the threshold."""
        return {
            "objects": [
                [
                    {"label": self.labels[kind], "score": round(float(score), 6), "box": box.round(5).tolist()}
                    for box, score, kind in zip(*one, strict=True)
                    if score >= self.threshold
                ]
                for one in self.found(tensors, raw)
            ]
        }

    def settle(self, tensors: Tensors, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return what is measured: `boxes`, `scores`, `classes` (from 1; 0: none) and whether each is `told`."""
        rows = self.found(tensors, raw)
        many = max(1, *(len(scores) for _, scores, _ in rows), 1)
        boxes, scores = np.zeros((len(rows), many, 4)), np.zeros((len(rows), many))
        classes = np.zeros((len(rows), many), dtype=np.int64)
        for at, (own, sure, kinds) in enumerate(rows):
            boxes[at, : len(own)], scores[at, : len(own)], classes[at, : len(own)] = own, sure, kinds + 1
        return {"boxes": boxes, "scores": scores, "classes": classes, "told": scores >= self.threshold}

    def found(self, tensors: Tensors, raw: Raw) -> list[tuple[Floats, Floats, Integers]]:
        """Return the boxes in pixels, scores and classes of each picture, the surest first."""
        regions, scores = (np.asarray(tensors[name], dtype=np.float64) for name in ("boxes", "scores"))
        answers = []
        for at, content in enumerate(raw["image"]):
            places, sure, kinds = chosen(np.clip(regions[at], 0.0, 1.0), scores[at])
            width, height = upright_size(content, f"picture {at}")
            boxes = to_pixels(regions[at][places], width, height, self.side)
            seen = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # the rest lies in the grey around the picture
            answers.append((boxes[seen], sure[seen], kinds[seen]))
        return answers


def chosen(regions: Floats, scores: Floats) -> tuple[Integers, Floats, Integers]:
    """Return places, scores and classes of the objects among all places (places x 4, places x classes).

    >>> boxes = np.array([[0.1, 0.1, 0.5, 0.5], [0.1, 0.1, 0.5, 0.52], [0.6, 0.6, 0.9, 0.9]])
    >>> chosen(boxes, np.array([[0.9, 0.0], [0.8, 0.0], [0.0, 0.3]]))[0].tolist()
    [0, 2]
    """
    flat = scores.ravel()
    order = np.argsort(-flat, kind="stable")[:CANDIDATES]
    order = order[flat[order] >= LEAST]
    places, kinds = np.divmod(order, scores.shape[1])
    kept = suppressed(regions[places] + 2.0 * kinds[:, None])  # boxes of two classes never overlap
    return places[kept], flat[order][kept], kinds[kept]


def suppressed(boxes: Floats) -> Integers:
    """Return the places of the boxes, the surest first, that no surer one overlaps; at most MOST."""
    overlaps = iou(boxes, boxes) >= OVERLAP
    gone = np.zeros(len(boxes), dtype=np.bool_)
    kept: list[int] = []
    for at in range(len(boxes)):
        if not gone[at]:
            kept.append(at)
            gone |= overlaps[at]
            if len(kept) == MOST:
                break
    return np.array(kept, dtype=np.int64)


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    return Processor(labels=settings["labels"], side=settings["side"], threshold=settings["threshold"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "side": processor.side, "threshold": processor.threshold}
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("preprocess.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    pixels = load(Path(sys.argv[1])).encode({"image": [Path(sys.argv[2]).read_bytes()]})["pixels"]
    print(pixels.dtype, pixels.shape)
