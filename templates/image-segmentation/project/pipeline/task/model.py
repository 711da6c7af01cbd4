"""A picture encoder, frozen, and the decoder that is trained: build, save, load, and what is served."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.pretrained import efficientnet_lite, weights
from pipeline.pretrained.efficientnet_lite import EfficientNetLite0
from pipeline.task import processing
from pipeline.task.head import STRIDES, Head
from pipeline.task.processing import Processor

WIDTH = 64
"""Channels of the decoder."""
TAPS = (2, 4, 10, 15)
"""The encoder's last blocks at STRIDES."""
CHANNELS = (24, 40, 112, 320)
"""Channels there."""


class Pictures(nn.Module):
    """The picture encoder."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.stem, self.blocks = network.stem, network.blocks

    def levels(self, pixels: Tensor) -> list[Tensor]:
        """Return the features at STRIDES of pictures (UINT8, pictures x side x side x 3)."""
        return efficientnet_lite.pyramid(self.stem, self.blocks, pixels.float().permute(0, 3, 1, 2), TAPS)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return them as one row a picture, as they are kept for training."""
        return torch.cat([level.flatten(1) for level in self.levels(pixels)], dim=1)


class Segmenter(nn.Module):
    """The probability of each class at each place of each picture; this is what is exported."""

    head: Head

    def __init__(self, pictures: Pictures, head: Head) -> None:
        super().__init__()
        self.pictures, self.head = pictures, head

    def forward(self, pixels: Tensor) -> Tensor:
        """Return `probabilities` (pictures x classes x side/4 x side/4)."""
        return torch.softmax(self.head(self.head.standard(self.pictures.levels(pixels))), dim=1)


def shapes(side: int) -> list[tuple[int, int, int]]:
    """Return channels, height and width of each level.

    >>> shapes(64)
    [(24, 16, 16), (40, 8, 8), (112, 4, 4), (320, 2, 2)]
    """
    return [(channels, side // stride, side // stride) for channels, stride in zip(CHANNELS, STRIDES, strict=True)]


def taken_apart(rows: Tensor, side: int) -> list[Tensor]:
    """Return rows of features as the levels."""
    sizes = [channels * high * wide for channels, high, wide in shapes(side)]
    return [part.reshape(-1, *shape) for part, shape in zip(torch.split(rows, sizes, dim=1), shapes(side), strict=True)]


def encoder(settings: Params) -> Pictures:
    """Return the frozen encoder on the base's weights; raises Failure TS830 when they are not found."""
    return Pictures(efficientnet_lite.load(weights.locate(settings.mappings("model.base.sources")))).eval()


def head(settings: Params) -> Head:
    """Return the untrained decoder."""
    return Head(CHANNELS, WIDTH, len(settings.texts("labels")), dropout=settings.number("model.train.dropout"))


def save(model: Segmenter, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, head.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    shape = {"width": model.head.width, "classes": len(processor.labels)}
    (folder / "head.json").write_text(json.dumps(shape) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Segmenter:
    """Read a trained model, ready to infer."""
    shape = json.loads((folder / "head.json").read_text())
    model = Segmenter(Pictures(EfficientNetLite0()), Head(CHANNELS, shape["width"], shape["classes"], dropout=0.0))
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return load(folder)
