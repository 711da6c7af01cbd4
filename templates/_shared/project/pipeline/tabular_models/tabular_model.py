"""A trained model of table rows, trees, a network, a linear model or all of them: save it and load it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.tables.column import Column
from pipeline.tabular_models import forest, linear, network
from pipeline.tabular_models.ensembling.ensemble import Ensemble, Single
from pipeline.tabular_models.forest import Forest
from pipeline.tabular_models.linear import Linear
from pipeline.tabular_models.network import Network

Learnt: TypeAlias = Forest | Linear | Network | Ensemble


def save(model: Learnt, folder: Path) -> None:
    """Write weights.safetensors and model.json; of trees grown.json too."""
    if isinstance(model, Ensemble):
        states = {place: state(one) for place, one in enumerate(model.singles)}
        kept = {f"{place}.{name}": tensor for place, found in states.items() for name, tensor in found.items()}
        told: dict[str, object] = {"model": "ensemble", "weights": model.weights, "classes": model.classes}
        told["models"] = [about(one) for one in model.singles]
    else:
        kept, told = state(model), about(model)
    save_file(kept, folder / "weights.safetensors")
    (folder / "model.json").write_text(json.dumps(told) + "\n")
    for one in singles(model):
        if isinstance(one, Forest):
            forest.save_grown(one, folder)


def load(columns: Sequence[Column], folder: Path, engine: str) -> Learnt:
    """Read a trained model, ready to infer and to be exported for an engine, `onnx` or `tensorrt`."""
    told, kept = json.loads((folder / "model.json").read_text()), load_file(folder / "weights.safetensors")
    if told["model"] != "ensemble":
        return restored(columns, told, kept, engine)
    models = []
    for place, one in enumerate(told["models"]):
        start = f"{place}."
        own = {name.removeprefix(start): tensor for name, tensor in kept.items() if name.startswith(start)}
        models.append(restored(columns, one, own, engine))
    return Ensemble(models, told["weights"], classes=told["classes"]).eval()


def singles(model: Learnt) -> list[Single]:
    """Return the models that a model is made of."""
    return model.singles if isinstance(model, Ensemble) else [model]


def state(model: Single) -> dict[str, Tensor]:
    """Return the weights that are kept."""
    if isinstance(model, Forest):
        return forest.state(model)
    return linear.state(model) if isinstance(model, Linear) else network.state(model)


def about(model: Single) -> dict[str, object]:
    """Return what is kept beside the weights."""
    if isinstance(model, Forest):
        return forest.about(model)
    return linear.about(model) if isinstance(model, Linear) else network.about(model)


def restored(columns: Sequence[Column], told: Mapping[str, Any], kept: Mapping[str, Tensor], engine: str) -> Single:
    """Return the model of which these are the weights."""
    if told["model"] == "linear":
        return linear.restored(columns, told, kept)
    if told["model"] != "trees":
        return network.restored(columns, told, kept)
    trees = forest.restored(columns, kept)
    trees.operator = engine == "onnx"
    return trees
