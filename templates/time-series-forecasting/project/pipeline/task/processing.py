"""Turn histories into tensors and the graph's output into a forecast: the same code in training and serving.

Needs numpy alone. See the tensors of one history: `python -m pipeline.task.processing build/artifact
'{"history": [[1, 2, 3, 4]], "time": ["2024-01-31"], "series": [""]}'`.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.reading.values.steps import Steps, moment, steps
from pipeline.series import features
from pipeline.series.features import FEWEST
from pipeline.tables.column import KNOWN, UNSEEN

Tensors: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
Raw: TypeAlias = Mapping[str, Sequence[Sequence[float | None] | str] | npt.NDArray[np.generic]]
Answer: TypeAlias = dict[str, list[list[str]] | npt.NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Processor:
    """Encode and decode for one trained model."""

    horizon: int
    context: int
    """Values of a history that are read: the last ones."""
    season: int
    frequency: str
    series: tuple[str, ...]
    """The series that training had, in the order of their codes."""

    @property
    def steps(self) -> Steps:
        """Return the step of the series."""
        return steps(self.frequency)

    def encode(self, raw: Raw) -> dict[str, npt.NDArray[np.generic]]:
        """Return `features` (rows x steps x features), `center` (rows x steps) and `spread` (rows x 1), all FP32.

        A history is a list of numbers, the newest last; null or NaN is a missing value. Raises ValueError, with a
        reason for the sender, when a history is too short or a time cannot be read.
        """
        histories = raw["history"]
        if not len(histories):
            raise ValueError("the request holds no rows")
        codes = {name: KNOWN + place for place, name in enumerate(self.series)}
        found, known = [], self.steps
        for row, given in enumerate(histories):
            last = self._last(text(raw, "time", row), row)
            found.append(features.seen(self._history(given, row), self.season, self.horizon, known, last))
        named = np.array([codes.get(text(raw, "series", row), UNSEEN) for row in range(len(found))], np.float64)
        code = np.broadcast_to(named[:, None, None], (len(found), self.horizon, 1))
        described = np.concatenate([np.stack([one.features for one in found]), code], axis=2)
        return {
            "features": described.astype(np.float32),
            "center": np.stack([one.center for one in found]).astype(np.float32),
            "spread": np.array([[one.spread] for one in found], np.float32),
        }

    def _history(self, given: object, row: int) -> npt.NDArray[np.float64]:
        values = np.asarray(given, np.float64)
        values = np.where(np.isfinite(values.astype(np.float32)), values, np.nan)
        known = np.flatnonzero(np.isfinite(values))
        if len(known) < FEWEST:
            raise ValueError(f"row {row} of input `history` holds {len(known)} values; at least {FEWEST} are needed")
        if known[-1] < len(values) - 1:
            raise ValueError(f"row {row} of input `history` ends in missing values; leave them out, and set `time`")
        kept = values[max(known[0], len(values) - self.context) :]
        return kept[np.flatnonzero(np.isfinite(kept))[0] :]

    def _last(self, written: str, row: int) -> datetime | int | None:
        try:
            return moment(written) if written else None
        except (ValueError, OverflowError) as error:
            raise ValueError(f"row {row} of input `time` is no time (ISO 8601)") from error

    def decode(self, tensors: Tensors, raw: Raw) -> Answer:
        """Return `forecast` (rows x steps), `interval` (rows x steps x 2) and the `times` of the steps.

        `times` of a row whose time is not known are empty.
        """
        quantiles = np.asarray(tensors["quantiles"], np.float32)
        times = [self._times(self._last(text(raw, "time", row), row)) for row in range(len(quantiles))]
        return {"times": times, "forecast": quantiles[:, :, 1], "interval": quantiles[:, :, [0, 2]]}

    def _times(self, last: datetime | int | None) -> list[str]:
        if last is None:
            return []
        known = self.steps
        return [known.written(known.ahead(last, step + 1)) for step in range(self.horizon)]


def text(raw: Raw, name: str, row: int) -> str:
    """Return a row's text; empty where the request has none."""
    given = raw.get(name)
    return "" if given is None else str(given[row] or "")


def load(folder: Path) -> Processor:
    """Read the processor from a folder that holds series.json."""
    kept = json.loads((folder / "series.json").read_text(encoding="utf-8"))
    return Processor(**{**kept, "series": tuple(kept["series"])})


def save(processor: Processor, folder: Path) -> None:
    """Write what `load` reads."""
    kept = {**vars(processor), "series": list(processor.series)}
    (folder / "series.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


FILES = ("series.json",)
"""What `load` needs; these files travel with the model."""


if __name__ == "__main__":
    print({name: array.tolist() for name, array in load(Path(sys.argv[1])).encode(json.loads(sys.argv[2])).items()})
