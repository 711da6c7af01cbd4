"""Read grammar/diagnostics.yaml: every code with what it means, an example, and what to do."""

from collections.abc import Mapping
from functools import cache

from ruamel.yaml import YAML

from trainerspec.assets import folder
from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class Code:
    """What there is to say about one diagnostic code."""

    title: str
    """One line: `unknown key`."""
    explanation: str
    example: str
    """A few lines of trainer.yaml, or a command, that give this diagnostic."""
    fix: str


@cache
def codes() -> Mapping[str, Code]:
    """Return every code by its name, `TS204`, in order."""
    read = YAML(typ="safe").load((folder("grammar") / "diagnostics.yaml").read_text(encoding="utf-8"))
    return {
        name: Code(**{key: text.rstrip("\n") for key, text in about.items()}) for name, about in sorted(read.items())
    }
