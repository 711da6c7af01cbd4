"""What a language model is to us: messages and a JSON Schema in, a text and its cost out."""

from collections.abc import Sequence
from typing import Literal, Protocol

from trainerspec.ir.json import JsonObject
from trainerspec.ir.record import record


@record(frozen=True, kw_only=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@record(frozen=True, kw_only=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    """In the currency of the prices that were given; 0 without prices."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            seconds=self.seconds + other.seconds,
            cost=self.cost + other.cost,
        )

    @property
    def tokens(self) -> int:
        """Count all tokens."""
        return self.prompt_tokens + self.completion_tokens


@record(frozen=True, kw_only=True)
class Call:
    """One question."""

    messages: Sequence[Message]
    schema: JsonObject
    """What the answer must be; a JSON Schema of an object."""
    title: str
    """A short name of the answer: letters, digits, `_` and `-`."""


@record(frozen=True, kw_only=True)
class Reply:
    text: str
    usage: Usage


class Unavailable(Exception):
    """The model cannot be reached, refuses, or has no answer."""


class Exhausted(Unavailable):
    """A cap on tokens, cost or time is reached."""


class Model(Protocol):
    """A language model, a scripted one, or a replayed transcript."""

    @property
    def name(self) -> str:
        """Name the model, as decisions record it."""
        ...

    def reply(self, call: Call, seconds: float) -> Reply:
        """Answer within `seconds`. Raises Unavailable."""
        ...
