"""The prompt encoder and the painter together: build them, save them, load them, and the sampler that is exported."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel
from transformers.utils.logging import disable_progress_bar

from pipeline.base import params
from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import weights
from pipeline.task import processing, unet
from pipeline.task.processing import Processor
from pipeline.task.unet import Painter


class Reader(nn.Module):
    """Token ids to prompt vectors: the mean of the encoder's last layer, scaled to the length sqrt(width)."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder, self.width = encoder, width

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return prompts x width."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
        scaled: Tensor = functional.normalize(mean, dim=1) * self.width**0.5
        return scaled


class Sampler(nn.Module):
    """What is exported: a prompt's tokens and noise in, the picture out, all steps in one graph."""

    def __init__(self, reader: Reader, painter: Painter, *, steps: int, guidance: float) -> None:
        super().__init__()
        self.reader, self.painter, self.steps, self.guidance = reader, painter, steps, guidance

    def forward(self, input_ids: Tensor, attention_mask: Tensor, noise: Tensor) -> Tensor:
        """Return pictures x channels x size x size, values 0..1."""
        return unet.sample(self.painter, noise, self.reader(input_ids, attention_mask), self.steps, self.guidance)


def build(settings: Params) -> tuple[Reader, Painter, Processor]:
    """Return the pretrained reader, the untrained painter and the processor.

    Raises Failure TS830 when the reader's weights are not found, TS839 when it cannot read prompts that long.
    """
    folder = weights.locate(settings.mappings("model.base.sources"))
    disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    longest = settings.integer("data.max_length")
    most = getattr(encoder.config, "max_position_embeddings", longest)
    if longest > most:
        raise Failure("TS839", f"`data.max_length` is {longest}, the base reads {most} tokens", hint=f"at most {most}")
    size, channels = settings.integer("data.image_size"), settings.integer("data.channels")
    pad_id = getattr(encoder.config, "pad_token_id", None) or 0
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    processor = Processor(tokenizer, size=size, channels=channels, max_length=longest, pad_id=pad_id)
    reader = Reader(encoder, encoder.config.hidden_size).requires_grad_(False).eval()
    return reader, Painter(channels, size, reader.width), processor


def save(reader: Reader, painter: Painter, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, config.json, painter.json and the processor's files."""
    whole = nn.ModuleDict({"reader": reader, "painter": painter})
    save_file({name: value.detach().cpu().contiguous() for name, value in whole.state_dict().items()}, folder / WEIGHTS)
    reader.encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    shape = {"channels": painter.channels, "size": painter.size, "prompt": painter.prompt}
    (folder / "painter.json").write_text(json.dumps(shape) + "\n")
    processing.save(processor, folder)


WEIGHTS = "weights.safetensors"


def load(folder: Path) -> tuple[Reader, Painter]:
    """Read reader and painter, ready to infer."""
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(folder))  # type: ignore[no-untyped-call]
    reader = Reader(encoder, encoder.config.hidden_size)
    painter = Painter(**json.loads((folder / "painter.json").read_text()))
    nn.ModuleDict({"reader": reader, "painter": painter}).load_state_dict(load_file(folder / WEIGHTS))
    return reader.eval(), painter.eval()


def served(folder: Path) -> nn.Module:
    """Read the sampler that is exported, with the steps and the guidance of params.yaml."""
    settings = params.load()
    reader, painter = load(folder)
    steps, guidance = settings.integer("model.sampler.steps"), settings.number("model.sampler.guidance")
    return Sampler(reader, painter, steps=steps, guidance=guidance).eval()
