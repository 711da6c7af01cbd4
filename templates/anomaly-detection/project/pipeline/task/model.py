"""What scores rows, an isolation forest or the tails of ECOD: save it, load it, and what of it is exported."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from pipeline.base import params
from pipeline.base.files import read_json, write_json
from pipeline.outliers.features import Features
from pipeline.outliers.isolation import Isolation
from pipeline.outliers.tails import Tails
from pipeline.tables.column import Column
from pipeline.task import processing
from pipeline.task.processing import Processor

TREES = "trees."


class Scorer(nn.Module):
    """What is exported: the score of each row and what each column adds to it, in one graph."""

    def __init__(self, features: Features, model: Isolation | Tails) -> None:
        super().__init__()
        self.features, self.model = features, model
        self.summed = features.summed()

    def forward(self, values: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the score (rows) and the contributions (rows x columns)."""
        features = self.features(values, codes)
        score, parts = self.model(features)
        return score, parts if isinstance(self.model, Isolation) else parts @ self.summed


def save(scorer: Scorer, processor: Processor, folder: Path) -> None:
    """Write weights.safetensors, model.json and the processor's files."""
    model = scorer.model
    kept = {name: value.contiguous() for name, value in scorer.state_dict().items() if "forest." not in name}
    if isinstance(model, Isolation):
        kept |= {f"{TREES}{name}": torch.from_numpy(array.copy()) for name, array in model.forest.kept.items()}
    save_file(kept, folder / "weights.safetensors")
    write_json(folder / "model.json", {"model": "isolation-forest" if isinstance(model, Isolation) else "ecod"})
    processing.save(processor, folder)


def load(columns: Sequence[Column], folder: Path, engine: str) -> Scorer:
    """Read a trained model, ready to infer and to be exported for an engine, `onnx` or `tensorrt`."""
    kept, features = load_file(folder / "weights.safetensors"), Features(columns)
    trees = {name.removeprefix(TREES): kept.pop(name).numpy() for name in list(kept) if name.startswith(TREES)}
    model: Isolation | Tails = Tails(features.width)
    if read_json(folder / "model.json")["model"] == "isolation-forest":
        model = Isolation(features.owners, len(columns), features.measured, trees)
        model.forest.operator = engine == "onnx"
    scorer = Scorer(features, model)
    scorer.load_state_dict(kept, strict=False)
    return scorer.eval()


def served(folder: Path) -> nn.Module:
    """Read the module that is exported; it takes the contract's tensors in their order."""
    return load(processing.load(folder).columns, folder, params.load().text("serve.engine"))
