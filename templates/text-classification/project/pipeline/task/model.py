"""A pretrained encoder with a classification head: build it from base weights, save it, load it."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from pipeline.base.params import Params
from pipeline.graph import served as exported
from pipeline.pretrained import text_encoder
from pipeline.reading.values import personal
from pipeline.task import processing
from pipeline.task.data import fields
from pipeline.task.head import HIDDEN, head
from pipeline.task.processing import Processor


class Classifier(nn.Module):
    """Token ids to logits: encoder, mean of the text's tokens, head."""

    def __init__(self, encoder: nn.Module, width: int, classes: int, *, dropout: float, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.encoder = encoder
        self.head = head(width, classes, dropout=dropout, hidden=hidden)

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the mean of the last layer over the tokens of each text (texts x width)."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean: Tensor = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return mean

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits (texts x classes)."""
        logits: Tensor = self.head(self.features(input_ids, attention_mask))
        return logits


def build(settings: Params, texts: Sequence[str]) -> tuple[Classifier, Processor]:
    """Return the untrained classifier on the base's weights, and its processor; `texts` are not needed here.

    Raises Failure TS830 when the base's weights are not found, TS839 when the texts are longer than the base can read.
    """
    base, longest, labels = text_encoder.read(settings), settings.integer("data.max_length"), settings.texts("labels")
    mask = personal.asked(settings.mappings("data.clean"))
    processor = Processor(
        base.tokenizer, labels=labels, max_length=longest, pad_id=base.pad_id, fields=fields(settings), mask=mask
    )
    hidden = HIDDEN if settings.text("model.train.strategy") == "frozen-features" else 0
    dropout = settings.number("model.train.dropout")
    return Classifier(base.encoder, base.width, len(labels), dropout=dropout, hidden=hidden), processor


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, config.json, head.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    model.encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    hidden = HIDDEN if len(list(model.head.children())) > 2 else 0
    (folder / "head.json").write_text(json.dumps({"classes": len(processor.labels), "hidden": hidden}) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained classifier, ready to infer."""
    settings = json.loads((folder / "head.json").read_text())
    config = AutoConfig.from_pretrained(folder)
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    model = Classifier(encoder, config.hidden_size, settings["classes"], dropout=0.0, hidden=settings["hidden"])
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return exported.served(load(folder), folder).eval()
