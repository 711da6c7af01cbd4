"""Turn picture files into tensors and the model's output into an answer: the same code in training, tests and serving.

Used by every stage and by the server; needs numpy and Pillow only. Normalisation is inside the graph.
Run `python -m pipeline.task.processing build/artifact picture.jpg` to see the tensor of one picture.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.pictures.decoding import GREY, read

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[str] | npt.NDArray[np.float32]]


class Processor:
    """Encode and decode for one trained model."""

    def __init__(self, *, labels: Sequence[str], size: int, channels: int) -> None:
        self.labels = tuple(labels)
        self.size = size
        self.channels = channels

    def encode(self, raw: Mapping[str, Sequence[bytes]]) -> dict[str, npt.NDArray[np.uint8]]:
        """Return `pixels` (UINT8, pictures x channels x size x size) for the files in `raw["image"]`.

        Raises ValueError, with a reason for the sender, when one of them is not a picture that can be read.
        """
        files = raw.get("image")
        if files is None:
            raise ValueError("input `image` is missing")
        if len(files) == 0:
            raise ValueError("input `image` holds no pictures")
        pixels = [self.pixels(content, f"picture {index}") for index, content in enumerate(files)]
        return {"pixels": np.stack(pixels)}

    def pixels(self, content: object, name: str) -> npt.NDArray[np.uint8]:
        """Return one file as channels x size x size, scaled to fit and padded; raises ValueError."""
        picture, (width, height) = read(content, name, self.size)
        scale = self.size / max(width, height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        mode = "L" if self.channels == 1 else "RGB"
        picture = picture.convert(mode)
        if picture.size != inner:
            picture = picture.resize(inner, Image.Resampling.BILINEAR)
        if inner != (self.size, self.size):
            ground = Image.new(mode, (self.size, self.size), GREY if mode == "L" else (GREY, GREY, GREY))
            ground.paste(picture, ((self.size - inner[0]) // 2, (self.size - inner[1]) // 2))
            picture = ground
        values = np.asarray(picture, dtype=np.uint8)
        return values[None] if self.channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))

    def decode(self, tensors: Tensors, raw: Mapping[str, Sequence[bytes]]) -> Answer:
        """Return `label` (one a picture) and `scores` (FP32, pictures x classes, in the order of `labels`)."""
        scores = np.asarray(tensors["probabilities"], dtype=np.float32)
        return {"label": [self.labels[index] for index in scores.argmax(axis=1)], "scores": scores}


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds preprocess.json."""
    settings = json.loads((folder / "preprocess.json").read_text(encoding="utf-8"))
    return Processor(labels=settings["labels"], size=settings["size"], channels=settings["channels"])


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    settings = {"labels": list(processor.labels), "size": processor.size, "channels": processor.channels}
    (folder / "preprocess.json").write_text(json.dumps(settings, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("preprocess.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    one = load(Path(sys.argv[1])).encode({"image": [Path(sys.argv[2]).read_bytes()]})["pixels"]
    print(one.dtype, one.shape, "mean of each channel", one.mean(axis=(0, 2, 3)).round(1).tolist())
