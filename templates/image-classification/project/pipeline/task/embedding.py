"""Pictures as points, by the pretrained encoder: near ones are alike. Used to label rows."""

from collections.abc import Sequence
from pathlib import Path

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
from pipeline.task import model
from pipeline.training import probing

BATCH, PART = 16, 256
"""Pictures encoded at once, and pictures that a kill loses at most."""


def embed(
    settings: Params, frame: pl.DataFrame, words: Sequence[str], say: Progress
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Return a point for each picture; none for `words`, which are of another kind.

    Points are kept in work/labelling in parts. Raises Failure TS830.
    """
    where = device.choose(settings.text("compute.train"), settings.integer("compute.threads"), 0)
    network, processor = model.build(settings)
    network.to(where).eval()
    files = [Path(one) for one in frame["image"].to_list()]
    read = {part: settings.value(part) for part in ("model.base.sources", "data.image_size", "data.channels")}
    code = imports.reached("pipeline/task/model.py", "pipeline/task/processing.py", without=["pipeline/task/head.py"])
    place = WORK / "labelling" / digest(read | {"part": PART}, [*code, *files])

    def mean(batch: Sequence[Path]) -> Tensor:
        pixels = processor.encode({"image": [file.read_bytes() for file in batch]})["pixels"]
        with torch.inference_mode():
            return network.features(torch.from_numpy(pixels).to(where)).float().cpu()

    def some(indices: Sequence[int]) -> Tensor:
        chosen = [files[index] for index in indices]
        return torch.cat([mean(chosen[at : at + BATCH]) for at in range(0, len(chosen), BATCH)])

    def tell(done: int) -> None:
        say(done, len(files), "pictures", f"{done} of {len(files)} pictures encoded")

    parts = probing.parts(place, range(len(files)), PART, some, tell)
    return torch.cat([part for _, part in parts]).numpy(), None
