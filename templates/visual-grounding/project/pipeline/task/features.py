"""Run the frozen encoders over pictures and phrases, once: what is in work/features is never computed again.

On a CPU the encoders run in ONNX Runtime, which is several times faster there than torch.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.base import imports
from pipeline.base.files import key as digest
from pipeline.base.params import Params
from pipeline.base.progress import Progress
from pipeline.pictures.squares import square
from pipeline.task.model import FEATURES, STRIDE, Phrases, Pictures
from pipeline.task.processing import Processor
from pipeline.training import feature_store
from pipeline.training.encoding import runner
from pipeline.training.feature_store import Known

BATCH = 32
"""Pictures or phrases encoded at once."""


def pictures(
    encoder: Pictures, processor: Processor, settings: Params, paths: Sequence[str], folder: Path, say: Progress
) -> Known:
    """Return the places of each picture (grid * grid x FEATURES), by its path."""
    digests = {path: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:32] for path in dict.fromkeys(paths)}
    content = {name: path for path, name in digests.items()}
    side = processor.side // STRIDE
    with feature_store.opened(folder / "pictures", encoding(settings), FEATURES) as kept:
        missing = kept.missing(list(digests.values()))
        if missing:
            run = runner(
                encoder, {"pixels": np.zeros((2, processor.side, processor.side, 3), np.uint8)}, settings, folder
            )
            for start in range(0, len(missing), BATCH):
                names = missing[start : start + BATCH]
                read = [square(Path(content[name]).read_bytes(), content[name], processor.side) for name in names]
                places = run({"pixels": np.stack(read)}).astype(np.float16)
                kept.add(names, list(places.reshape(len(names), side * side, FEATURES)))
                say(start + len(names), len(missing), "pictures")
        say.say(f"{len(missing)} pictures encoded, {len(set(digests.values())) - len(missing)} were known")
        return Known(rows=kept.open(), places={path: kept.places[name] for path, name in digests.items()})


def phrases(
    encoder: Phrases, processor: Processor, settings: Params, texts: Sequence[str], folder: Path, say: Progress
) -> Known:
    """Return the states of each phrase's words (words x width), by the phrase."""
    unique = list(dict.fromkeys(texts))
    rows = dict(zip(unique, processor.tokens(unique), strict=True))
    digests = {text: hashlib.sha256(text.encode()).hexdigest()[:32] for text in unique}
    width = int(encoder.network.config.hidden_size)  # type: ignore[union-attr, arg-type]
    with feature_store.opened(folder / "phrases", encoding(settings), width) as kept:
        wanted = set(kept.missing(list(digests.values())))
        missing = sorted((text for text in unique if digests[text] in wanted), key=lambda text: -len(rows[text]))
        if missing:
            run = runner(encoder, processor.pad([rows[missing[0]]] * 2), settings, folder)
            for start in range(0, len(missing), BATCH):
                batch = missing[start : start + BATCH]
                states = run(processor.pad([rows[text] for text in batch])).astype(np.float16)
                cut = [state[: len(rows[text])] for text, state in zip(batch, states, strict=True)]
                kept.add([digests[text] for text in batch], cut)
                say(start + len(batch), len(missing), "phrases")
        say.say(f"{len(missing)} phrases encoded, {len(unique) - len(missing)} were known")
        return Known(rows=kept.open(), places={text: kept.places[name] for text, name in digests.items()})


def encoding(settings: Params) -> str:
    """Name what features depend on besides the content: the base, the sizes and the code."""
    read = {part: settings.value(part) for part in ("model.base.sources", "data.image_size", "data.max_length")}
    code = imports.reached("pipeline/task/model.py", "pipeline/task/processing.py", without=["pipeline/task/head.py"])
    return digest(read, code)
