"""A small tagger that needs no weights: token and shape embeddings, gated convolutions that reach ever farther.

Its tokenizer is learned from the training texts, so it reads any language.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, trainers
from tokenizers.pre_tokenizers import WhitespaceSplit
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.task import processing
from pipeline.task.processing import SHAPES, Processor
from pipeline.task.windows import Served

VOCABULARY = 8_000
WIDTH = 128
REACH = (1, 2, 4, 1)
"""Dilations of the convolutions over three tokens."""
SPECIAL = ("[PAD]", "[UNK]")


class Block(nn.Module):
    """A gated convolution over three tokens, added to what goes in."""

    def __init__(self, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.convolution = nn.Conv1d(WIDTH, 2 * WIDTH, 3, padding=dilation, dilation=dilation)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return new states (windows x tokens x width)."""
        value, gate = self.convolution((self.norm(states) * mask).transpose(1, 2)).transpose(1, 2).chunk(2, dim=-1)
        added: Tensor = states + self.dropout(value * torch.sigmoid(gate))
        return added


class Tagger(nn.Module):
    """Token ids and shapes to logits."""

    def __init__(self, vocabulary: int, tags: int, *, dropout: float) -> None:
        super().__init__()
        self.width = WIDTH
        self.embedding = nn.Embedding(vocabulary, WIDTH, padding_idx=0)
        self.shape = nn.Embedding(SHAPES, WIDTH, padding_idx=0)
        self.before = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dilation, dropout) for dilation in REACH)
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Dropout(dropout), nn.Linear(WIDTH, tags))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, shapes: Tensor) -> Tensor:
        """Return the logits (windows x tokens x tags)."""
        mask = attention_mask.unsqueeze(-1).to(torch.float32)
        states = self.before(self.embedding(input_ids) + self.shape(shapes))
        for block in self.blocks:
            states = block(states, mask)
        logits: Tensor = self.head(states)
        return logits


def build(settings: Params, texts: Sequence[str]) -> tuple[Tagger, Processor]:
    """Return the untrained network, and a processor whose tokenizer is learned from `texts`."""
    tokenizer = learn(texts)
    longest = settings.integer("data.max_length")
    processor = Processor(tokenizer, labels=settings.texts("labels"), max_length=longest, pad_id=0)
    tags = 2 * len(processor.labels) + 1
    return Tagger(tokenizer.get_vocab_size(), tags, dropout=settings.number("model.train.dropout")), processor


def learn(texts: Sequence[str]) -> Tokenizer:
    """Learn a byte-pair tokenizer of words; capitals stay in the words' shapes."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator(spaced(texts), trainer)
    return tokenizer


def spaced(texts: Sequence[str]) -> Iterator[str]:
    """Return each text with a space between its words, as they are tokenized one by one."""
    for text in texts:
        yield " ".join(text[start:end] for start, end in processing.words(text))


def save(model: Tagger, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, network.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    network = {"vocabulary": model.embedding.num_embeddings, "tags": 2 * len(processor.labels) + 1}
    (folder / "network.json").write_text(json.dumps(network) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Tagger:
    """Read a trained tagger, ready to infer."""
    settings = json.loads((folder / "network.json").read_text())
    model = Tagger(settings["vocabulary"], settings["tags"], dropout=0.0)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return Served(load(folder)).eval()
