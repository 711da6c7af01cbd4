"""An image encoder of transformers with a head of our own: build it from base weights, save it, load it.

Any `hub:` model that AutoModel opens and that takes `pixel_values` (ViT, DeiT, Swin, ConvNeXT, ResNet, DINOv2, ...).
The head is linear when the whole model is trained and a small network when the encoder stays frozen.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.utils.logging import disable_progress_bar

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import weights
from pipeline.task import processing
from pipeline.task.head import HIDDEN, Served, head
from pipeline.task.processing import Processor

MEAN, SPREAD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
"""Of values 0..1, where the base says nothing."""


class Classifier(nn.Module):
    """Pixels 0..255 (pictures x channels x size x size) to logits; grey is taken for all three colours."""

    def __init__(self, encoder: nn.Module, width: int, classes: int, *, dropout: float, hidden: int) -> None:
        super().__init__()
        self.width, self.classes, self.hidden = width, classes, hidden
        self.encoder = encoder
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(SPREAD).view(1, 3, 1, 1))
        self.head = head(width, classes, dropout=dropout, hidden=hidden)

    def features(self, pixels: Tensor) -> Tensor:
        """Return the mean of the last layer over each picture's places (pictures x width)."""
        colours = pixels.float()
        if colours.shape[1] == 1:
            colours = colours.expand(-1, 3, -1, -1)
        states: Tensor = self.encoder(pixel_values=(colours / 255 - self.mean) / self.spread).last_hidden_state
        return states.mean(dim=(2, 3)) if states.ndim == 4 else states.mean(dim=1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the logits (pictures x classes)."""
        logits: Tensor = self.head(self.features(pixels))
        return logits


def build(settings: Params) -> tuple[Classifier, Processor]:
    """Return the classifier on the base's weights, its head untrained, and its processor.

    Raises Failure TS830 when the weights are not found, TS839 when the base reads another picture size.
    """
    folder = weights.locate(settings.mappings("model.base.sources"))
    disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    size = settings.integer("data.image_size")
    native = getattr(encoder.config, "image_size", size)
    if native not in (size, [size, size], (size, size)):
        hint = f"set `data: {{image_size: {native}}}` in trainer.yaml"
        raise Failure("TS839", f"`data.image_size` is {size}, the base reads {native}", hint=hint)
    processor = Processor(labels=settings.texts("labels"), size=size, channels=settings.integer("data.channels"))
    hidden = HIDDEN if settings.text("model.train.strategy") == "frozen-features" else 0
    with torch.inference_mode():
        states = encoder(pixel_values=torch.zeros(1, 3, size, size)).last_hidden_state
    width = states.shape[1] if states.ndim == 4 else states.shape[2]
    dropout = settings.number("model.train.dropout")
    model = Classifier(encoder, width, len(processor.labels), dropout=dropout, hidden=hidden)
    about = folder / "preprocessor_config.json"
    said = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}
    model.mean.copy_(torch.tensor(said.get("image_mean", MEAN)).view(1, 3, 1, 1))
    model.spread.copy_(torch.tensor(said.get("image_std", SPREAD)).view(1, 3, 1, 1))
    return model, processor


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, config.json, network.json and the processor's files."""
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    model.encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    shape = {"width": model.width, "classes": model.classes, "hidden": model.hidden}
    (folder / "network.json").write_text(json.dumps(shape) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained classifier, ready to infer."""
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder))  # type: ignore[no-untyped-call]
    model = Classifier(encoder, **json.loads((folder / "network.json").read_text()), dropout=0.0)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
