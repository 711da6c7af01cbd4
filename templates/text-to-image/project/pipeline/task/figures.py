"""Draw generated pictures: grids, and each beside the training picture that is nearest to it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from pipeline.reporting import charts

ACROSS = 10
SCALE = 3
GAP = 2


def grid(pictures: npt.NDArray[np.floating], path: Path) -> None:
    """Write pictures x channels x height x width (0..1) as one PNG, ACROSS in a row."""
    values = np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    values = np.repeat(np.repeat(values, SCALE, axis=1), SCALE, axis=2)
    count, height, width, channels = values.shape
    down = -(-count // ACROSS)
    whole = np.full((down * (height + GAP), ACROSS * (width + GAP), channels), 255, np.uint8)
    for index, one in enumerate(values):
        row, column = divmod(index, ACROSS)
        whole[row * (height + GAP) :, column * (width + GAP) :][:height, :width] = one
    Image.fromarray(whole[..., 0] if channels == 1 else whole).save(path)


def samples(pictures: npt.NDArray[np.floating], prompts: Sequence[str], answers: Sequence[str], path: Path) -> None:
    """Draw pictures with what was asked; and with what was recognised, where that is something else."""
    titles = [
        charts.shortened(prompt, 22) if prompt == answer else f"{charts.shortened(prompt, 16)}\n(seen: {answer})"
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    panel(pictures, titles, "Generated pictures: what was asked", path)


def neighbours(
    pictures: npt.NDArray[np.floating], known: npt.NDArray[np.floating], gaps: Sequence[float], path: Path
) -> None:
    """Draw generated pictures above the training pictures that are nearest to them."""
    both = np.concatenate([pictures, known])
    titles = [f"distance {gap:.1f}" for gap in gaps] + ["training"] * len(known)
    panel(both, titles, "Generated pictures (above) and the nearest training pictures (below)", path)


def panel(pictures: npt.NDArray[np.floating], titles: Sequence[str], title: str, path: Path) -> None:
    """Draw titled pictures, ACROSS in a row."""
    down = -(-len(pictures) // ACROSS)
    figure = Figure(figsize=(1.05 * ACROSS, 1.35 * down + 0.4), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    for cell, axes in enumerate(np.ravel(figure.subplots(down, ACROSS, squeeze=False))):
        axes.axis("off")
        if cell < len(pictures):
            one = np.clip(pictures[cell], 0, 1).transpose(1, 2, 0)
            grey = one.shape[2] == 1
            axes.imshow(one[..., 0] if grey else one, cmap="gray" if grey else None, vmin=0, vmax=1)
            axes.set_title(titles[cell], size=7)
    charts.save(figure, path)
