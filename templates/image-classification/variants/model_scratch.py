"""A compact residual network for small pictures that needs no weights: build it, save it, load it.

Convolutions with batch normalisation in three widths; mean and strongest response of each channel; a linear head.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from pipeline.base.params import Params
from pipeline.task import processing
from pipeline.task.processing import Processor

STAGES = ((32, 1), (64, 2), (128, 2))
"""Channels and blocks of each stage; all but the first halve the picture."""
MEAN, SPREAD = 127.5, 64.0
"""Values 0..255 are brought near -2..2."""
FINE = 48
"""Pictures up to this side keep their size in the first stage; larger ones are halved until they fit."""


class Block(nn.Module):
    """Two convolutions and a way around them (He et al. 2016)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.around: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.around = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, state: Tensor) -> Tensor:
        """Return the block's output."""
        inner = functional.relu(self.first_norm(self.first(state)))
        return functional.relu(self.second_norm(self.second(inner)) + self.around(state))


class Classifier(nn.Module):
    """Pixels 0..255 (pictures x channels x size x size) to logits."""

    def __init__(self, channels: int, size: int, classes: int, *, dropout: float, mirror: bool) -> None:
        super().__init__()
        self.channels, self.size, self.classes, self.mirror = channels, size, classes, mirror
        halvings = 0
        while size > FINE:
            size, halvings = size // 2, halvings + 1
        before = STAGES[0][0]
        stem: list[nn.Module] = [
            nn.Conv2d(channels, before, 3, 2 if halvings else 1, 1, bias=False),
            nn.BatchNorm2d(before),
            nn.ReLU(),
        ]
        stem += [nn.MaxPool2d(2)] * (halvings - 1)
        self.stem = nn.Sequential(*stem)
        blocks: list[nn.Module] = []
        for number, (after, repeats) in enumerate(STAGES):
            for index in range(repeats):
                blocks.append(Block(before, after, 2 if number and not index else 1))
                before = after
        self.blocks = nn.Sequential(*blocks)
        self.width = 2 * before
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.width, classes))

    def features(self, pixels: Tensor) -> Tensor:
        """Return mean and strongest response of each channel (pictures x width)."""
        state = self.blocks(self.stem((pixels.float() - MEAN) / SPREAD))
        return torch.cat([state.mean(dim=(2, 3)), state.amax(dim=(2, 3))], dim=1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the logits (pictures x classes)."""
        logits: Tensor = self.head(self.features(pixels))
        return logits


class Served(nn.Module):
    """What is exported: probabilities from pixels; the mean over picture and mirror picture when training mirrored."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the probabilities (pictures x classes)."""
        found = torch.softmax(self.model(pixels), dim=-1)
        if self.model.mirror:
            found = (found + torch.softmax(self.model(pixels.float().flip(3)), dim=-1)) / 2
        return found


def build(settings: Params) -> tuple[Classifier, Processor]:
    """Return the untrained network and its processor."""
    size, channels = settings.integer("data.image_size"), settings.integer("data.channels")
    processor = Processor(labels=settings.texts("labels"), size=size, channels=channels)
    mirror, dropout = "flip" in settings.texts("data.augment"), settings.number("model.train.dropout")
    return Classifier(channels, size, len(processor.labels), dropout=dropout, mirror=mirror), processor


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, network.json and the processor's files."""
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    shape = {"channels": model.channels, "size": model.size, "classes": model.classes, "mirror": model.mirror}
    (folder / "network.json").write_text(json.dumps(shape) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained network, ready to infer."""
    model = Classifier(**json.loads((folder / "network.json").read_text()), dropout=0.0)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
