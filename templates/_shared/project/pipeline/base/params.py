"""Read params.yaml: what was decided, as typed values by dotted name.

Run `python -m pipeline.base.params model.train.epochs` to see one value.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.base.failure import Failure

Value: TypeAlias = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"] | None


TRIAL = "PIPELINE_PARAMS"
"""The environment variable that names the settings of a trial."""


class Params:
    """The tree of params.yaml; each getter raises Failure TS820 when the value is absent or of another type."""

    def __init__(self, tree: Mapping[str, Value]) -> None:
        self.tree = tree

    def value(self, name: str) -> Value:
        """Return what stands at a dotted name."""
        node: Value = self.tree
        for part in name.split("."):
            if not isinstance(node, Mapping) or part not in node:
                raise Failure("TS820", f"params.yaml has no `{name}`", hint="run `trainerspec build`, or add the value")
            node = node[part]
        return node

    def record(self, name: str) -> Value:
        """Return what stands at a dotted name, for the record only: no output of the stage may follow from it."""
        return self.value(name)

    def text(self, name: str) -> str:
        value = self.value(name)
        return value if isinstance(value, str) else self._refuse(name, value, "a text")

    def integer(self, name: str) -> int:
        value = self.value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self._refuse(name, value, "an integer")

    def number(self, name: str) -> float:
        value = self.value(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return self._refuse(name, value, "a number")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.value(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            self._refuse(name, value, "a list")
        return tuple(item if isinstance(item, str) else self._refuse(name, item, "a list of texts") for item in value)

    def mapping(self, name: str) -> Mapping[str, Value]:
        value = self.value(name)
        return value if isinstance(value, Mapping) else self._refuse(name, value, "a mapping")

    def mappings(self, name: str) -> tuple[Mapping[str, Value], ...]:
        value = self.value(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            self._refuse(name, value, "a list")
        wanted = "a list of mappings"
        return tuple(item if isinstance(item, Mapping) else self._refuse(name, item, wanted) for item in value)

    def renames(self, name: str) -> dict[str, str]:
        """Return a mapping of text to text, such as `inputs`: role to column."""
        pairs = self.mapping(name).items()
        return {key: value if isinstance(value, str) else self._refuse(name, value, "texts") for key, value in pairs}

    @staticmethod
    def _refuse(name: str, value: Value, wanted: str) -> NoReturn:
        hint = "mend it in trainer.yaml, then run `trainerspec build`"
        raise Failure("TS820", f"`{name}` in params.yaml is {value!r}, not {wanted}", hint=hint)


def load(path: Path | None = None) -> Params:
    """Read params.yaml of the project in the working directory, or the file that a trial of a search has instead."""
    path = path or Path(os.environ.get(TRIAL, "params.yaml"))
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "run the command in the project's folder; `trainerspec build` writes the file"
        raise Failure("TS820", f"there is no {path} here", hint=hint) from None
    except YAMLError as error:
        raise Failure("TS820", f"{path} is not YAML", hint=str(error).replace("\n", " ")) from error
    if not isinstance(tree, dict):
        raise Failure("TS820", f"{path} is not a mapping", hint="run `trainerspec build`")
    return Params(tree)


if __name__ == "__main__":
    print(load().value(sys.argv[1]))
