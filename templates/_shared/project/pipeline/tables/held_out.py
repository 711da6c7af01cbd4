"""What a model answered on the validation rows before it learnt these too: what is scored there."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[np.generic]]
FILE, MODEL = "held_out.npz", Path("build/model")


def save(answers: Mapping[str, npt.NDArray[np.generic]], folder: Path) -> None:
    """Write the graph's outputs, one row a validation row in the order of the split."""
    np.savez(folder / FILE, **answers)  # type: ignore[arg-type]


def answers(split: str) -> Arrays | None:
    """Read what `save` wrote; None where the served graph has not learnt the split's rows."""
    path = MODEL / FILE
    if split != "validation" or not path.exists():
        return None
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}
