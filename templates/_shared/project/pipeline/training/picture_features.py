"""Run the frozen encoder over pictures, once: what is in work/features is never computed again."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import nn

from pipeline.base import imports
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.training import feature_store
from pipeline.training.encoding import runner
from pipeline.training.feature_store import Known

Read = Callable[[str], npt.NDArray[np.uint8]]
BATCH = 32
"""Pictures encoded at once."""
MIRRORED = "mirrored:"
"""Stands before the name of a picture's mirror picture."""


def pictures(
    encoder: nn.Module, width: int, read: Read, settings: Params, names: Sequence[str], folder: Path, say: Progress
) -> Known:
    """Return the features of each picture, a row of `width` each, by its path; of `mirrored:path` those of its mirror.

    `read` gives the pixels of a file (height x width x 3) as the encoder takes them.
    """
    paths = {name: name.removeprefix(MIRRORED) for name in dict.fromkeys(names)}
    content = {path: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:32] for path in set(paths.values())}
    digests = {name: content[path] + ("m" if name != path else "") for name, path in paths.items()}
    origin = {key: name for name, key in digests.items()}
    with feature_store.opened(folder / "pictures", encoding(settings), width) as kept:
        missing = kept.missing(list(digests.values()))
        if missing:
            example = read(paths[origin[missing[0]]])
            run = runner(encoder, {"pixels": np.zeros((2, *example.shape), np.uint8)}, settings, folder)
            for start in range(0, len(missing), BATCH):
                batch = missing[start : start + BATCH]
                pixels = [read(paths[origin[key]]) for key in batch]
                seen = [one[:, ::-1] if key.endswith("m") else one for key, one in zip(batch, pixels, strict=True)]
                rows = run({"pixels": np.stack(seen)}).astype(np.float16)
                kept.add(batch, list(rows[:, None]))
                say(start + len(batch), len(missing), "pictures")
        say.say(f"{len(missing)} pictures encoded, {len(set(digests.values())) - len(missing)} were known")
        return Known(rows=kept.open(), places={name: kept.places[key] for name, key in digests.items()})


def encoding(settings: Params) -> str:
    """Name what features depend on besides the content: the base, the size and the code."""
    read = {part: settings.value(part) for part in ("model.base.sources", "data.image_size")}
    code = imports.reached("pipeline/task/model.py", without=["pipeline/task/head.py", "pipeline/task/processing.py"])
    return digest(read, code)
