"""The networks of the catalog's cards at their real size, with random weights, as ONNX graphs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.operations.table_networks import (
    Tensors,
    anomalies,
    forecaster,
    forest,
    table_ensemble,
    table_linear,
    table_network,
)
from tests.templates import folders
from trainerspec.catalog.load import tasks
from trainerspec.ir.json import Json

WORDS = 100
"""Rows of tables of embeddings, which cost nothing: the network is made faster with few."""
CLASSES = 5


@dataclass(frozen=True, kw_only=True)
class Network:
    """One card at some slots: the module, what it takes, and which files of the task it comes from."""

    task: str
    card: str
    values: Mapping[str, Json]
    make: Callable[[Mapping[str, Any]], tuple[Any, Tensors]]
    """Imports from `pipeline`; gives module and tensors of one input, for the slots' values."""
    variants: Mapping[str, str]

    def export(self, folder: Path) -> tuple[Path, dict[str, tuple[int, ...]]]:
        """Write the graph with the project's own exporter; give its path and the shapes of one input."""
        folders.modules(folder, self.task, self.variants)
        with folders.importable(folder):
            import torch
            from pipeline.export import export

            ports = tasks()[self.task].contract
            with torch.random.fork_rng():
                torch.manual_seed(0)
                network, tensors = self.make(self.values)
            path = folder / "model.onnx"
            inputs, outputs = (
                [{"name": port.name, "shape": list(port.shape)} for port in side]
                for side in (ports.tensor_inputs, ports.tensor_outputs)
            )
            export(network.eval(), tensors, inputs, outputs, path)
        return path, {name: array.shape for name, array in tensors.items()}


def encoder() -> Any:
    """Return all-MiniLM-L6-v2 without its weights."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=WORDS, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    return BertModel(config, add_pooling_layer=False)


def tokens(*shape: int) -> Tensors:
    """Return as many tokens, none of them padding."""
    ones = np.ones(shape, np.int64)
    return {"input_ids": ones, "attention_mask": ones}


def text_minilm(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.graph.served import Served
    from pipeline.task.model import Classifier

    return Served(Classifier(encoder(), 384, CLASSES, dropout=0.0, hidden=0)), tokens(1, values["data.max_length"])


def text_scratch(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.graph.served import Served
    from pipeline.task.model import Classifier

    return Served(Classifier(WORDS, CLASSES, dropout=0.0)), tokens(1, values["data.max_length"])


def text_tfidf(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.graph.served import Served
    from pipeline.task.model import Classifier

    return Served(Classifier(WORDS, CLASSES)), tokens(1, values["data.max_length"])


def tagger(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.task.model import Tagger
    from pipeline.task.windows import Served

    read = tokens(1, 1, values["data.max_length"])
    return Served(Tagger(encoder(), 384, 2 * CLASSES + 1, dropout=0.0, hidden=0)), {**read, "shapes": read["input_ids"]}


def tagger_scratch(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.task.model import Tagger
    from pipeline.task.windows import Served

    read = tokens(1, 1, values["data.max_length"])
    return Served(Tagger(WORDS, 2 * CLASSES + 1, dropout=0.0)), {**read, "shapes": read["input_ids"]}


def picture(values: Mapping[str, Any]) -> Tensors:
    """Return one black picture."""
    side = values["data.image_size"]
    return {"pixels": np.zeros((1, values["data.channels"], side, side), np.uint8)}


def efficientnet(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.pretrained.efficientnet_lite import EfficientNetLite0
    from pipeline.task.model import Classifier, Served

    return Served(Classifier(EfficientNetLite0(), CLASSES, dropout=0.0, hidden=0)), picture(values)


def resnet(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.task.model import Classifier, Served

    mirror = "flip" in values["data.augment"]
    shape = values["data.channels"], values["data.image_size"], CLASSES
    return Served(Classifier(*shape, dropout=0.0, mirror=mirror)), picture(values)


def grounder(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.pretrained.efficientnet_lite import EfficientNetLite0
    from pipeline.task.head import Head
    from pipeline.task.model import FEATURES, STRIDE, WIDTH, Grounder, Phrases, Pictures

    side = values["data.image_size"]
    head = Head(FEATURES, 384, WIDTH, side // STRIDE, dropout=0.0)
    pixels = np.zeros((1, side, side, 3), np.uint8)
    module = Grounder(Pictures(EfficientNetLite0()), Phrases(encoder()), head)
    return module, {"pixels": pixels, **tokens(1, values["data.max_length"])}


def segmenter(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.pretrained.efficientnet_lite import EfficientNetLite0
    from pipeline.task.head import Head
    from pipeline.task.model import CHANNELS, WIDTH, Pictures, Segmenter

    side = values["data.image_size"]
    network = Segmenter(Pictures(EfficientNetLite0()), Head(CHANNELS, WIDTH, CLASSES, dropout=0.0))
    return network, {"pixels": np.zeros((1, side, side, 3), np.uint8)}


def detector(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.pretrained.efficientnet_lite import CHANNELS, EfficientNetLite0
    from pipeline.task.head import Head
    from pipeline.task.model import WIDTH, Detector, Pictures

    side = values["data.image_size"]
    module = Detector(Pictures(EfficientNetLite0()), Head(CHANNELS, WIDTH, 17, side, dropout=0.0))
    return module, {"pixels": np.zeros((1, side, side, 3), np.uint8)}


def painter(values: Mapping[str, Any]) -> tuple[Any, Tensors]:
    from pipeline.task.model import Reader, Sampler
    from pipeline.task.unet import Painter

    channels, side = values["data.channels"], values["data.image_size"]
    steps, guidance = values["model.sampler.steps"], values["model.sampler.guidance"]
    module = Sampler(Reader(encoder(), 384), Painter(channels, side, 384), steps=steps, guidance=guidance)
    return module, {**tokens(1, values["data.max_length"]), "noise": np.zeros((1, channels, side, side), np.float32)}


TEN = [f"column{index}" for index in range(10)]
TEXTS = {"data.max_length": 128}
DRAWN: dict[str, Json] = {"data.image_size": 28, "data.channels": 1, "data.max_length": 16}
SAMPLED: dict[str, Json] = {"model.sampler.steps": 2, "model.sampler.guidance": 2.0}
TREES: dict[str, Json] = {"model.train.epochs": 20, "model.train.members": 2, "model.train.leaves": 15}
SCRATCH = {"pipeline/task/model.py": "variants/model_scratch.py"}
TFIDF = {
    "pipeline/task/model.py": "variants/model_tfidf.py",
    "pipeline/task/processing.py": "variants/processing_tfidf.py",
}
LABELLED: dict[str, Json] = {"data.max_length": 128, "task.labels.count": CLASSES}
LITE = {"pipeline/task/model.py": "variants/model_efficientnet.py"}


SCORED: Sequence[tuple[str, dict[str, Json]]] = [
    (
        card,
        {
            "data.columns": TEN[:columns],
            "model.train.strategy": card,
            "model.train.epochs": trees,
            "model.train.sample": 256,
        },
    )
    for card, columns, trees in (
        ("isolation-forest", 10, 40),
        ("isolation-forest", 4, 100),
        ("ecod", 10, 1),
        ("ecod", 4, 1),
    )
]
"""The cards of anomalies at some slots."""


def network(task: str, card: str, make: Any, values: Mapping[str, Json], variants: Mapping[str, str]) -> Network:
    """Return a network of a card at some slots."""
    return Network(task=task, card=card, values=values, make=make, variants=variants)


def sized(side: int, channels: int, *augment: str) -> dict[str, Json]:
    """Return the slots of a classifier of pictures."""
    return {"data.image_size": side, "data.channels": channels, "data.augment": list(augment)}


def tables(task: str, labels: Sequence[int]) -> list[Network]:
    """Return the models of tables, for so many classes."""
    return [
        network(task, card, make, {"data.columns": TEN, "model.train.members": 16, **slots, **told}, {})
        for card, make, slots in (
            ("table-network", table_network, {}),
            ("linear", table_linear, {}),
            ("boosted-trees", forest, TREES),
            ("table-ensemble", table_ensemble, TREES),
        )
        for told in ([{"task.labels.count": count} for count in labels] or [{}])
    ]


NETWORKS = [
    network("text-classification", "minilm-l6", text_minilm, TEXTS, {}),
    network("text-classification", "minilm-l6", text_minilm, {"data.max_length": 512}, {}),
    network("text-classification", "scratch-cnn", text_scratch, TEXTS, SCRATCH),
    network("text-classification", "tfidf-linear", text_tfidf, LABELLED, TFIDF),
    network("token-classification", "minilm-l6", tagger, TEXTS, {}),
    network("token-classification", "scratch-cnn", tagger_scratch, TEXTS, SCRATCH),
    network("image-classification", "efficientnet-lite0", efficientnet, sized(224, 3), LITE),
    network("image-classification", "efficientnet-lite0", efficientnet, sized(128, 3), LITE),
    network("image-classification", "scratch-resnet", resnet, sized(28, 1), SCRATCH),
    network("image-classification", "scratch-resnet", resnet, sized(64, 3, "flip"), SCRATCH),
    network("image-classification", "scratch-resnet", resnet, sized(128, 3), SCRATCH),
    network("image-classification", "scratch-resnet", resnet, sized(256, 3), SCRATCH),
    network("visual-grounding", "lite0-minilm", grounder, {"data.image_size": 224, "data.max_length": 16}, {}),
    network("visual-grounding", "lite0-minilm", grounder, {"data.image_size": 384, "data.max_length": 64}, {}),
    network("object-detection", "lite0-detector", detector, {"data.image_size": 224}, {}),
    network("object-detection", "lite0-detector", detector, {"data.image_size": 448}, {}),
    network("image-segmentation", "lite0-segmenter", segmenter, {"data.image_size": 224}, {}),
    network("image-segmentation", "lite0-segmenter", segmenter, {"data.image_size": 448}, {}),
    network("text-to-image", "flow-unet", painter, DRAWN | SAMPLED, {}),
    network("text-to-image", "flow-unet", painter, {**DRAWN, **SAMPLED, "data.image_size": 64, "data.channels": 3}, {}),
    network("text-to-image", "flow-unet", painter, {**DRAWN, **SAMPLED, "model.sampler.guidance": 1}, {}),
    *tables("tabular-classification", (2, 5)),
    *tables("tabular-regression", ()),
    network("time-series-forecasting", "global-trees", forecaster, {**TREES, "data.horizon": 12}, {}),
    network("time-series-forecasting", "global-trees", forecaster, {**TREES, "data.horizon": 48}, {}),
    *(network("anomaly-detection", card, anomalies, slots, {}) for card, slots in SCORED),
]
