"""Read expressions: those that were read before come from the user's cache, without the parser.

Loading Lark takes as long as all else that `check` does, and a spec mostly says what it said before.
"""

from typing import Literal, cast

from trainerspec.assets import folder
from trainerspec.diagnostics.model import Outcome
from trainerspec.language.expression.tree import Aim, Bound, Expression
from trainerspec.prepared import Remembered

TREES: Remembered[Outcome[object]] = Remembered(
    "expressions", lambda: ((folder("grammar") / "expression.lark").read_bytes(),)
)


def parse(text: str) -> Outcome[Expression]:
    """Read a condition. Spans of diagnostics count columns from the start of the text.

    >>> parse('length(text) >= 20 and language in ["en", "de"]').diagnostics
    ()
    >>> parse("rows >").diagnostics[0].message
    'the expression ends too early'
    """
    return cast(Outcome[Expression], _read("start", text))


def parse_objective(text: str) -> Outcome[Aim | Bound]:
    """Read one line under `objectives`, not yet checked against any metric."""
    return cast(Outcome[Aim | Bound], _read("objective", text))


def _read(start: Literal["start", "objective"], text: str) -> Outcome[object]:
    def parsed() -> Outcome[object]:
        from trainerspec.language.expression.parser import read  # Lark, which only a new expression pays for

        return read(text, start)

    return TREES.get(f"{start}\0{text}", parsed)
