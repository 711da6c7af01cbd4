"""Calibrate probabilities on the validation split: one scale of the logits, and a shift of each class.

Guo and others 2017, "On Calibration of Modern Neural Networks" (https://arxiv.org/abs/1706.04599). The shifts undo what
class weights did to the shares. They change which class is the likeliest: of more than two classes they are learnt only
where probabilities are what is asked for, or a threshold decides; of two, the answers stay where they were (`even`).
What does not help on rows that it was not learnt from, by more than two standard errors, is left out; where weights
moved the shares, or the shares alone know more, what helps at all is taken.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.base.files import read_json, write_json

FILE = "calibration.json"
LEAST = 1e-7
"""Probabilities below count as this: FP32 holds its logarithm."""
STIFF = 1.0
"""How strongly scale and shifts are held at 1 and 0: as much as this many rows."""
SURE = 2.0
"""Standard errors by which it must help."""
SHIFTED = ("log_loss", "ece")
"""Metrics of probabilities."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What makes probabilities honest; as it stands it changes nothing."""

    scale: float = 1.0
    shifts: tuple[float, ...] = ()

    def __call__(self, probabilities: Tensor) -> Tensor:
        """Return calibrated probabilities (rows x classes)."""
        if self == Calibration():
            return probabilities
        logits = torch.log(torch.clamp(probabilities, min=LEAST)) * self.scale
        return torch.softmax(logits + torch.tensor(self.shifts, dtype=logits.dtype), dim=-1)


def fit(
    probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64], *, shifted: bool, distorted: bool = False
) -> Calibration:
    """Learn from the validation rows, with or without shifts; every second row judges what the others taught.

    Of probabilities that are known to be `distorted`, as by class weights, any gain is taken.
    """
    sides = [slice(0, None, 2), slice(1, None, 2)]
    if len(truth) < 2 * len(sides):
        return Calibration()
    gains = np.zeros(len(truth))
    for seen, asked in (sides, sides[::-1]):
        learnt = learn(probabilities[seen], truth[seen], shifted=shifted)
        before, after = probabilities[asked], learnt(torch.from_numpy(probabilities[asked])).numpy()
        gains[asked] = surprise(before, truth[asked]) - surprise(after, truth[asked])
    chance = 0.0 if distorted else SURE * gains.std() / np.sqrt(len(gains))
    return learn(probabilities, truth, shifted=shifted) if gains.mean() > chance else Calibration()


def surprise(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the logarithmic loss of each row."""
    chosen: npt.NDArray[np.float64] = probabilities[np.arange(len(truth)), truth]
    return -np.log(np.clip(chosen, LEAST, 1.0))


def learn(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int64], *, shifted: bool) -> Calibration:
    """Find the scale and the shifts with the least logarithmic loss."""
    logits, wanted = torch.log(torch.clamp(torch.from_numpy(probabilities), min=LEAST)), torch.from_numpy(truth)
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    shifts = torch.zeros(logits.shape[1], dtype=torch.float64, requires_grad=shifted)
    steps = torch.optim.LBFGS([scale, shifts] if shifted else [scale], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        steps.zero_grad()
        held = STIFF * ((scale - 1) ** 2 + (shifts**2).sum()) / len(truth)
        value = torch.nn.functional.cross_entropy(logits * scale + shifts, wanted) + held
        value.backward()  # type: ignore[no-untyped-call]
        return value

    steps.step(loss)  # type: ignore[no-untyped-call]
    return Calibration(scale=float(scale.detach().clamp(min=0.0)), shifts=tuple(shifts.detach().tolist()))


def even(found: Calibration, metric: str) -> float | None:
    """Return, of two classes, the second's calibrated probability where both were equally likely before.

    Answering it from there on keeps the answers that the model was chosen for, though its probabilities moved. None
    where probabilities are what is asked for, and where nothing was shifted.

    >>> round(even(Calibration(scale=1.0, shifts=(1.0, -1.0)), "macro_f1"), 3)
    0.119
    """
    if metric in SHIFTED or len(found.shifts) != 2 or not any(found.shifts):
        return None
    return float(found(torch.tensor([[0.5, 0.5]], dtype=torch.float64))[0, 1])


def save(found: Calibration, folder: Path) -> None:
    """Write calibration.json."""
    write_json(folder / FILE, asdict(found))


def load(folder: Path) -> Calibration:
    """Read what `save` wrote; a model of one's own need not have it."""
    if not (folder / FILE).exists():
        return Calibration()
    kept = read_json(folder / FILE)
    scale, shifts = kept["scale"], kept["shifts"]
    assert isinstance(scale, float)
    assert isinstance(shifts, list)
    return Calibration(scale=scale, shifts=tuple(shifts))
