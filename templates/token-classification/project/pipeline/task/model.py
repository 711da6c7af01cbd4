"""A pretrained encoder with a tagging head: build it from base weights, save it, load it."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from pipeline.base.params import Params
from pipeline.pretrained import text_encoder
from pipeline.task import processing
from pipeline.task.head import HIDDEN, Head
from pipeline.task.processing import SHAPES, Processor
from pipeline.task.windows import Served


class Tagger(nn.Module):
    """Token ids to logits: encoder, told of each word's shape, and head."""

    def __init__(self, encoder: nn.Module, width: int, tags: int, *, dropout: float, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.encoder = encoder
        # a base that lower-cases learns of capitals here; it starts with no effect
        self.shape = nn.Embedding(SHAPES, width)
        nn.init.zeros_(self.shape.weight)
        self.head = Head(width, tags, dropout=dropout, hidden=hidden)

    def features(self, input_ids: Tensor, attention_mask: Tensor, shapes: Tensor) -> Tensor:
        """Return the last layer (windows x tokens x width)."""
        embedded = self.encoder.get_input_embeddings()(input_ids) + self.shape(shapes)  # type: ignore[operator]
        states: Tensor = self.encoder(inputs_embeds=embedded, attention_mask=attention_mask).last_hidden_state
        return states

    def forward(self, input_ids: Tensor, attention_mask: Tensor, shapes: Tensor) -> Tensor:
        """Return the logits (windows x tokens x tags)."""
        logits: Tensor = self.head(self.features(input_ids, attention_mask, shapes), shapes)
        return logits


def build(settings: Params, texts: Sequence[str]) -> tuple[Tagger, Processor]:
    """Return the untrained tagger on the base's weights, and its processor; `texts` are not needed here.

    Raises Failure TS830 when the weights are not found, TS839 when the windows are longer than the base can read.
    """
    base, longest, labels = text_encoder.read(settings), settings.integer("data.max_length"), settings.texts("labels")
    processor = Processor(base.tokenizer, labels=labels, max_length=longest, pad_id=base.pad_id)
    hidden = HIDDEN if settings.text("model.train.strategy") == "frozen-features" else 0
    dropout = settings.number("model.train.dropout")
    return Tagger(base.encoder, base.width, 2 * len(labels) + 1, dropout=dropout, hidden=hidden), processor


def save(model: Tagger, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, config.json, head.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    model.encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    about = {"tags": 2 * len(processor.labels) + 1, "hidden": model.head.hidden}
    (folder / "head.json").write_text(json.dumps(about) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Tagger:
    """Read a trained tagger, ready to infer."""
    settings = json.loads((folder / "head.json").read_text())
    config = AutoConfig.from_pretrained(folder)
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    model = Tagger(encoder, config.hidden_size, settings["tags"], dropout=0.0, hidden=settings["hidden"])
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
