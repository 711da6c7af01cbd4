"""Texts as points, by the pretrained encoder: near ones are alike. Used to label rows."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
from torch import Tensor

from pipeline.base import device, imports
from pipeline.base.files import WORK
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.pretrained import text_encoder
from pipeline.task import data
from pipeline.task.processing import Processor
from pipeline.training import probing

BATCH, PART = 32, 256
"""Texts encoded at once, and texts that a kill loses at most."""


def embed(
    settings: Params, frame: pl.DataFrame, words: Sequence[str], say: Progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return a point for each text, and one for each of the `words` that name the classes.

    Points are kept in work/labelling in parts. Raises Failure TS830.
    """
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), 0)
    base, longest = text_encoder.read(settings), settings.integer("data.max_length")
    processor = Processor(base.tokenizer, labels=(), max_length=longest, pad_id=base.pad_id)
    encoder = base.encoder.to(where).eval()
    texts = [*data.texts(frame), *words]
    rows = processor.tokens(texts)
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index]))
    read = {part: settings.value(part) for part in ("model.base.sources", "data.max_length")}
    told = hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()
    place = (
        WORK
        / "labelling"
        / digest(read | {"texts": told, "part": PART}, imports.reached("pipeline/task/processing.py"))
    )

    def mean(batch: Sequence[int]) -> Tensor:
        padded = processor.pad([rows[index] for index in batch])
        inputs = {name: torch.from_numpy(array).to(where) for name, array in padded.items()}
        with torch.inference_mode():
            states = encoder(**inputs).last_hidden_state
            mask = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)
            found: Tensor = ((states * mask).sum(dim=1) / mask.sum(dim=1)).float().cpu()
        return found

    def some(indices: Sequence[int]) -> Tensor:
        return torch.cat([mean(indices[at : at + BATCH]) for at in range(0, len(indices), BATCH)])

    def tell(done: int) -> None:
        say(done, len(order), "texts", f"{done} of {len(order)} texts encoded")

    points = np.empty((len(rows), base.width), np.float32)
    for indices, part in probing.parts(place, order, PART, some, tell):
        points[list(indices)] = part.numpy()
    return points[: len(rows) - len(words)], points[len(rows) - len(words) :]
