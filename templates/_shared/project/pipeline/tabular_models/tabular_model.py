"""A trained model of table rows, trees or a network: save it and load it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from pipeline.tables.column import Column
from pipeline.tabular_models import forest, network
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.network import Network

Learnt: TypeAlias = Forest | Network


def save(model: Learnt, folder: Path) -> None:
    """Write weights.safetensors and model.json."""
    if isinstance(model, Forest):
        forest.save(model, folder)
    else:
        network.save(model, folder)


def load(columns: Sequence[Column], folder: Path, engine: str) -> Learnt:
    """Read a trained model, ready to infer and to be exported for an engine, `onnx` or `tensorrt`."""
    if json.loads((folder / "model.json").read_text())["model"] != "trees":
        return network.load(columns, folder)
    trees = forest.load(columns, folder)
    trees.operator = engine == "onnx"
    return trees
