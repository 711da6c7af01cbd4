"""A picture encoder and a phrase encoder, frozen, and the head that is trained: build, save, load, and what is served.

The picture encoder's features at strides 8, 16 and 32 stand on one grid of stride 16.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import efficientnet_lite, weights
from pipeline.pretrained.efficientnet_lite import CHANNELS, EfficientNetLite0
from pipeline.task import processing
from pipeline.task.head import Head
from pipeline.task.processing import Processor

STRIDE = 16
FEATURES = 4 * CHANNELS[0] + CHANNELS[1] + CHANNELS[2]
"""Channels of a place: 2 x 2 places of stride 8, one of stride 16, one of stride 32."""
WIDTH = 192
"""Width of the head."""


class Pictures(nn.Module):
    """The picture encoder."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.stem, self.blocks = network.stem, network.blocks

    def forward(self, pixels: Tensor) -> Tensor:
        """Return places (pictures x grid x grid x FEATURES) of pictures (UINT8, pictures x side x side x 3)."""
        fine, middle, coarse = efficientnet_lite.pyramid(self.stem, self.blocks, pixels.float().permute(0, 3, 1, 2))
        coarse = functional.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat([functional.pixel_unshuffle(fine, 2), middle, coarse], dim=1).permute(0, 2, 3, 1)


class Phrases(nn.Module):
    """The phrase encoder."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the last states of the words (phrases x words x width)."""
        states: Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states


class Grounder(nn.Module):
    """A box and its score for each picture and phrase; this is what is exported."""

    head: Head

    def __init__(self, pictures: Pictures, phrases: Phrases, head: Head) -> None:
        super().__init__()
        self.pictures, self.phrases, self.head = pictures, phrases, head

    def forward(self, pixels: Tensor, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return `region` (rows x 4, shares of the square) and `confidence` (rows x 1): the best place's box, and how
        much of the score lies within it.
        """
        places, sides = self.head.look(self.pictures(pixels))
        scores, boxes = self.head.point(places, sides, self.phrases(input_ids, attention_mask), attention_mask)
        return choose(scores, boxes, self.head.grid)


def choose(scores: Tensor, boxes: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Find the box of the best place (rows x 4), and the share of all places' scores that lies within it (rows x 1)."""
    rows = scores.shape[0]
    chance = torch.softmax(scores.reshape(rows, -1).float(), dim=1)
    best = chance.argmax(dim=1).reshape(rows, 1, 1).expand(rows, 1, 4)
    region = torch.gather(boxes.reshape(rows, -1, 4), 1, best).squeeze(1)
    spots = grid.reshape(1, -1, 2)
    inside = torch.relu(spots - region[:, None, :2]).sign() * torch.relu(region[:, None, 2:] - spots).sign()
    return region.clamp(0.0, 1.0), (chance * inside[..., 0] * inside[..., 1]).sum(dim=1, keepdim=True)


def encoders(settings: Params) -> tuple[Pictures, Phrases, Processor]:
    """Return the frozen encoders on the base's weights, and the processor.

    Raises Failure TS830 when the weights are not found, TS839 when the phrases are longer than the base can read.
    """
    sources = settings.mappings("model.base.sources")
    parts = {part: [source for source in sources if source.get("part") == part] for part in ("pictures", "phrases")}
    if not all(parts.values()):
        hint = "use `lite0-minilm`, or a card whose sources name both parts"
        raise Failure(
            "TS830", f"`{settings.text('model.base.id')}` has no picture encoder or no phrase encoder", hint=hint
        )
    pictures = Pictures(efficientnet_lite.load(weights.locate(parts["pictures"])))
    folder = weights.locate(parts["phrases"])
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    network = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, add_pooling_layer=False)
    config, longest = network.config, settings.integer("data.max_length")
    if longest > getattr(config, "max_position_embeddings", longest):
        most = config.max_position_embeddings
        raise Failure("TS839", f"`data.max_length` is {longest}, the base reads {most} tokens", hint=f"at most {most}")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pad_id = getattr(config, "pad_token_id", None) or 0
    processor = Processor(tokenizer, side=settings.integer("data.image_size"), max_length=longest, pad_id=pad_id)
    return pictures.eval(), Phrases(network).eval(), processor


def head(settings: Params, words: int) -> Head:
    """Return the untrained head for phrase states of width `words`."""
    side = settings.integer("data.image_size") // STRIDE
    return Head(FEATURES, words, WIDTH, side, dropout=settings.number("model.train.dropout"))


def save(model: Grounder, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, config.json (the phrase encoder's), head.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    model.phrases.network.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    shape = {"width": model.head.see.out_features, "side": model.head.grid.shape[0]}
    (folder / "head.json").write_text(json.dumps(shape) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Grounder:
    """Read a trained model, ready to infer."""
    shape = json.loads((folder / "head.json").read_text())
    config = AutoConfig.from_pretrained(folder)
    phrases = Phrases(AutoModel.from_config(config, add_pooling_layer=False))  # type: ignore[no-untyped-call]
    head = Head(FEATURES, config.hidden_size, shape["width"], shape["side"], dropout=0.0)
    model = Grounder(Pictures(EfficientNetLite0()), phrases, head)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return load(folder)
