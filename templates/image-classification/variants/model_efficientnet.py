"""EfficientNet-Lite0 with ImageNet weights and a head of our own: build it from base weights, save it, load it.

The head is linear when the whole model is trained and a small network when the rest stays frozen.
"""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import efficientnet_lite, weights
from pipeline.pretrained.efficientnet_lite import EfficientNetLite0
from pipeline.task import processing
from pipeline.task.head import HIDDEN, Served, head
from pipeline.task.processing import Processor

STEP = 32
"""The network halves the picture five times."""


class Classifier(nn.Module):
    """Pixels 0..255 (pictures x channels x size x size) to logits; grey is taken for all three colours."""

    def __init__(self, encoder: EfficientNetLite0, classes: int, *, dropout: float, hidden: int) -> None:
        super().__init__()
        self.width, self.classes, self.hidden = efficientnet_lite.WIDTH, classes, hidden
        encoder.classifier = nn.Identity()  # type: ignore[assignment]
        self.encoder = encoder
        self.head = head(self.width, classes, dropout=dropout, hidden=hidden)

    def train(self, mode: bool = True) -> "Classifier":
        """Train or infer; the normalisations keep the statistics that they were trained with."""
        super().train(mode)
        for module in self.encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def features(self, pixels: Tensor) -> Tensor:
        """Return the mean of the last layer over each picture (pictures x width)."""
        colours = pixels.float()
        if colours.shape[1] == 1:
            colours = colours.expand(-1, 3, -1, -1)
        return self.encoder.features(colours)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the logits (pictures x classes)."""
        logits: Tensor = self.head(self.features(pixels))
        return logits


def build(settings: Params) -> tuple[Classifier, Processor]:
    """Return the classifier on ImageNet weights, its head untrained, and its processor.

    Raises Failure TS830 when the weights are not found, TS839 when the picture size is no multiple of 32.
    """
    size = settings.integer("data.image_size")
    if size % STEP:
        hint = f"set `data: {{image_size: {max(STEP, round(size / STEP) * STEP)}}}` in trainer.yaml"
        raise Failure("TS839", f"`data.image_size` is {size}, the base needs a multiple of {STEP}", hint=hint)
    encoder = efficientnet_lite.load(weights.locate(settings.mappings("model.base.sources")))
    processor = Processor(labels=settings.texts("labels"), size=size, channels=settings.integer("data.channels"))
    hidden = HIDDEN if settings.text("model.train.strategy") == "frozen-features" else 0
    dropout = settings.number("model.train.dropout")
    return Classifier(encoder, len(processor.labels), dropout=dropout, hidden=hidden), processor


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, network.json and the processor's files."""
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    (folder / "network.json").write_text(json.dumps({"classes": model.classes, "hidden": model.hidden}) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained classifier, ready to infer."""
    shape = json.loads((folder / "network.json").read_text())
    model = Classifier(EfficientNetLite0(), shape["classes"], dropout=0.0, hidden=shape["hidden"])
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
