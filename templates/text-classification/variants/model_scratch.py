"""A small network that needs no weights: token embeddings, convolutions of width 1 to 3, strongest and mean features.

Its tokenizer is learned from the training texts, so it reads any language.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn

from pipeline.base.params import Params
from pipeline.graph import served as exported
from pipeline.reading.values import personal
from pipeline.task import processing
from pipeline.task.data import fields
from pipeline.task.processing import Processor

VOCABULARY = 16_000
WIDTH = 128
SPECIAL = ("[PAD]", "[UNK]", "[START]")


class Classifier(nn.Module):
    """Token ids to logits."""

    def __init__(self, vocabulary: int, classes: int, *, dropout: float) -> None:
        super().__init__()
        self.width = 4 * WIDTH
        self.embedding = nn.Embedding(vocabulary, WIDTH, padding_idx=0)
        self.convolutions = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, size, padding=size // 2) for size in (1, 2, 3))
        self.before = nn.Dropout(dropout)
        self.head = nn.Sequential(nn.LayerNorm(self.width), nn.Dropout(dropout), nn.Linear(self.width, classes))

    def features(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the mean embedding and the strongest response of each convolution (texts x width)."""
        mask = attention_mask.unsqueeze(1).to(torch.float32)
        embedded = self.before(self.embedding(input_ids)).transpose(1, 2) * mask
        mean = embedded.sum(dim=2) / mask.sum(dim=2)
        length = input_ids.shape[1]
        strongest = [
            (torch.relu(convolution(embedded))[:, :, :length] * mask).amax(dim=2) for convolution in self.convolutions
        ]
        return torch.cat([mean, *strongest], dim=1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits (texts x classes)."""
        logits: Tensor = self.head(self.features(input_ids, attention_mask))
        return logits


def build(settings: Params, texts: Sequence[str]) -> tuple[Classifier, Processor]:
    """Return the untrained network, and a processor whose tokenizer is learned from `texts`."""
    longest = settings.integer("data.max_length")
    tokenizer = learn(texts)
    labels = settings.texts("labels")
    mask = personal.asked(settings.mappings("data.clean"))
    processor = Processor(tokenizer, labels=labels, max_length=longest, pad_id=0, fields=fields(settings), mask=mask)
    dropout = settings.number("model.train.dropout")
    return Classifier(tokenizer.get_vocab_size(), len(processor.labels), dropout=dropout), processor


def learn(texts: Sequence[str]) -> Tokenizer:
    """Learn a lower-casing byte-pair tokenizer."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()])
    tokenizer.post_processor = processors.TemplateProcessing(single="[START] $A", special_tokens=[("[START]", 2)])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save(model: Classifier, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, network.json and the processor's files."""
    state = {name: value.detach().to("cpu", torch.float32).contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    network = {"vocabulary": model.embedding.num_embeddings, "classes": len(processor.labels)}
    (folder / "network.json").write_text(json.dumps(network) + "\n")
    processing.save(processor, folder)


def load(folder: Path) -> Classifier:
    """Read a trained classifier, ready to infer."""
    settings = json.loads((folder / "network.json").read_text())
    model = Classifier(settings["vocabulary"], settings["classes"], dropout=0.0)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return exported.served(load(folder), folder).eval()
