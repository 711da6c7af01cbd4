"""The rounds of `auto`: what each was and came to, kept in .trainerspec/auto.json, so that a kill loses none."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trainerspec.revising.history import save

PLACE = Path(".trainerspec") / "auto.json"
MET = ("met", "narrow")
LEAST = 60.0
"""Seconds that must be left for a search."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One round."""

    number: int
    text: str
    """trainer.yaml."""
    why: tuple[str, ...] = ()
    """What was changed for it, and why; empty for the first one."""
    outcome: str = ""
    """`met`, `narrow` (met by less than the split can tell), `missed`, `failed`; empty while it is not over."""
    told: tuple[tuple[str, str, bool], ...] = ()
    """Each bound, what was measured, and whether it is met."""
    learnable: bool = False
    """Whether what is missed, or met narrowly, is told by the validation split, so that better settings may help."""
    beside: tuple[tuple[str, tuple[tuple[str, str, bool], ...]], ...] = ()
    """The simple models on the same rows, by name, with the same bounds."""
    gap: tuple[float, ...] = ()
    """How far from the objectives; the lower, the nearer."""
    commit: str = ""
    run: str = ""
    """Of MLflow."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """What the last revision proposes; without a text, why it proposes nothing."""

    text: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class State:
    """How far `auto` is."""

    turns: tuple[Turn, ...]
    next: Next = field(default_factory=Next)
    searched: bool = False
    """Whether a search was made after the rules had no idea left."""
    spent: float = 0.0
    """Seconds."""
    finished: bool = False

    @property
    def last(self) -> Turn:
        """Return the round that is on, or was the last one."""
        return self.turns[-1]

    @property
    def nearest(self) -> Turn | None:
        """Return the round that came nearest to the objectives, the later of equals; None when none was finished."""
        over = [one for one in reversed(self.turns) if one.outcome]
        return min(over, key=lambda one: one.gap, default=None)

    @property
    def reached(self) -> bool:
        """Tell whether a round met all objectives, so that the test split may be scored."""
        return self.nearest is not None and self.nearest.outcome in MET

    def stuck(self, limits: "Limits") -> bool:
        """Tell whether the rules have no idea left, while a search of settings may help: time and a round are left."""
        room = len(self.turns) < limits.rounds and limits.seconds - self.spent >= LEAST
        unsure = self.last.outcome in ("missed", "narrow") and self.last.learnable
        return unsure and room and not self.next.text and not self.searched

    def over(self, limits: "Limits") -> bool:
        """Tell whether no further round is due: all is met beyond doubt, or no idea or no round is left."""
        return self.last.outcome == "met" or not self.next.text or len(self.turns) >= limits.rounds


@dataclass(frozen=True, kw_only=True)
class Limits:
    rounds: int
    seconds: float


def load(folder: Path, text: str) -> State | None:
    """Return the state of an `auto` that was cut off; None when there is none, or trainer.yaml is not what it left."""
    try:
        data: dict[str, Any] = json.loads((folder / PLACE).read_text(encoding="utf-8"))
        turns = tuple(_turn(one) for one in data["turns"])
        after = Next(text=data["next"]["text"], why=tuple(data["next"]["why"]))
        told = {key: data[key] for key in ("searched", "spent", "finished")}
        state = State(turns=turns, next=after, **told)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    left = [one.text for one in state.turns]
    return state if text in left and not state.finished else None


def _turn(data: dict[str, Any]) -> Turn:
    told = tuple((str(one[0]), str(one[1]), bool(one[2])) for one in data["told"])
    beside = tuple((name, tuple((one[0], one[1], bool(one[2])) for one in rows)) for name, rows in data["beside"])
    return Turn(**{**data, "why": tuple(data["why"]), "told": told, "beside": beside, "gap": tuple(data["gap"])})


def keep(folder: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    save(folder, PLACE, asdict(state))


def spent(folder: Path) -> float:
    """Return the seconds that were used, as they were kept."""
    data = json.loads((folder / PLACE).read_text(encoding="utf-8"))
    seconds: float = data["spent"]
    return seconds
