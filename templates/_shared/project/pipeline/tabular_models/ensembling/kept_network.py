"""Keep the network of an ensemble between the trials of a search, which vary the trees: it would train to the same.

A training that is no trial always trains.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from pipeline.base import params
from pipeline.base.progress import Progress
from pipeline.tables.column import Column
from pipeline.tables.encoded_rows import Rows
from pipeline.tabular_models import network
from pipeline.tabular_models.ensembling.ensemble import Single
from pipeline.training.recipe import History, Settings

Fitter: TypeAlias = Callable[[Settings, Progress], tuple[Single, History]]
"""Takes how to train, and reports; gives the model and what happened."""
FOLDER = Path("work/features/networks")
"""What the trials of a search share."""
FORM = 2
"""Another number when what is written changes: what an earlier compiler's trials kept is not read."""
OTHERS = ("leaves", "least_rows", "members", "learning_rate", "weight_decay", "dropout", "epochs", "patience")
"""Slots `model.train.*` that are the trees'."""


def kept_network(
    fitted: Fitter, columns: Sequence[Column], splits: tuple[Rows, Rows], how: Settings, say: Progress
) -> tuple[Single, History]:
    """Train the network, or read what another trial trained on the same rows in the same way."""
    if params.TRIAL not in os.environ:
        return fitted(how, say)
    path = FOLDER / f"{digest(splits, how)}.safetensors"
    if path.is_file():
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["about"])
        return network.restored(columns, about, load_file(path)), History(seconds=about["seconds"], kept=about["kept"])
    trained, history = fitted(how, say)
    assert isinstance(trained, network.Network)
    about = {**network.about(trained), "seconds": history.seconds, "kept": history.kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    save_file(network.state(trained), part, metadata={"about": json.dumps(about)})
    part.replace(path)
    return trained, history


def digest(splits: tuple[Rows, Rows], how: Settings) -> str:
    """Name a training of the network by the rows and all that it reads of the settings."""
    train = {name: value for name, value in params.load().mapping("model.train").items() if name not in OTHERS}
    found = hashlib.sha256(repr((FORM, replace(how, asked={}), sorted(train.items()))).encode())
    for rows in splits:
        for array in (rows.values.numpy(), rows.codes.numpy(), rows.truth, rows.weight):
            found.update(b"none" if array is None else array.tobytes())
    return found.hexdigest()
