"""Choose who fills slots: the rules, or a language model with the rules behind it."""

from dataclasses import field
from pathlib import Path

from trainerspec.ir.record import record
from trainerspec.llm.limits import Limits, Metered
from trainerspec.llm.model import Model
from trainerspec.llm.replay import Recorded, Recording
from trainerspec.procedures.language_model import Language
from trainerspec.procedures.rules import Rules
from trainerspec.procedures.slot_context import Filler


@record(frozen=True, kw_only=True)
class Wish:
    """What the command line says about language models."""

    model: str = ""
    """The endpoint's name of the model; its first when empty."""
    base_url: str | None = None
    """OPENAI_BASE_URL when None."""
    limits: Limits = field(default_factory=Limits)
    transcript: Path | None = None
    """Where to append what was asked and answered."""
    replay: Path | None = None
    """A transcript to take the answers from, without any endpoint."""
    tries: int = 3


def model(wish: Wish) -> Model:
    """Connect to the endpoint, or open the transcript. Raises Unavailable, or OSError for the transcript."""
    if wish.replay is not None:
        return Recorded(wish.replay)
    from trainerspec.llm.endpoint import connect  # half a second, which only this pays for

    metered: Model = Metered(connect(wish.model, base_url=wish.base_url), wish.limits)
    return metered if wish.transcript is None else Recording(metered, wish.transcript)


def choose_filler(wish: Wish | None, samples: tuple[str, ...] = ()) -> Filler:
    """Return the filler: the rules without a wish. `samples` are data rows that may be sent. Raises as `model` does."""
    return Rules() if wish is None else Language(model(wish), tries=wish.tries, samples=samples)
