"""What explains the answer of a row, whatever the task: so much came from this column, so much from that one."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Explainer(Protocol):
    """Tells by how much each column moved a row's answer."""

    @property
    def columns(self) -> Sequence[str]:
        """Name the columns, in the order of the contributions."""
        ...

    def explain(self, raw: Mapping[str, Sequence[Any] | npt.NDArray[Any]], /) -> npt.NDArray[np.float64]:
        """Return the contributions (rows x columns), and in one column more what the answer is without them."""
        ...
