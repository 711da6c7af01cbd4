"""Open the pretrained text encoder that `model.base` names, with its tokenizer."""

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel
from transformers.utils.logging import disable_progress_bar

from pipeline.base.failure import Failure
from pipeline.base.params import Params
from pipeline.pretrained import weights


@dataclass(frozen=True, kw_only=True)
class Base:
    """An encoder with the base's weights."""

    encoder: nn.Module
    tokenizer: Tokenizer
    width: int
    pad_id: int


def read(settings: Params) -> Base:
    """Return the base.

    Raises Failure TS830 when its weights are not found, TS839 when `data.max_length` is more than it can read.
    """
    folder = weights.locate(settings.mappings("model.base.sources"))
    disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
    config, longest = encoder.config, settings.integer("data.max_length")
    if longest > getattr(config, "max_position_embeddings", longest):
        most = config.max_position_embeddings
        raise Failure("TS839", f"`data.max_length` is {longest}, the base reads {most} tokens", hint=f"at most {most}")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pad_id = getattr(config, "pad_token_id", None) or 0
    return Base(encoder=encoder, tokenizer=tokenizer, width=config.hidden_size, pad_id=pad_id)
