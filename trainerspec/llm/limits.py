"""Caps on what a language model may use."""

from trainerspec.ir.record import record
from trainerspec.llm.model import Call, Exhausted, Model, Reply, Usage


@record(frozen=True, kw_only=True)
class Limits:
    tokens: int = 200_000
    seconds: float = 300.0
    cost: float | None = None
    """Needs prices; in their currency."""
    prompt_price: float = 0.0
    """For a million tokens."""
    completion_price: float = 0.0
    call_seconds: float = 60.0
    """For one answer."""


class Metered:
    """A model under limits; counts what was used."""

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model = model
        self._limits = limits
        self.usage = Usage()

    @property
    def name(self) -> str:
        """Name the model."""
        return self._model.name

    def reply(self, call: Call, seconds: float) -> Reply:
        """Answer while the limits allow it. Raises Exhausted, or Unavailable."""
        limits, used = self._limits, self.usage
        if used.tokens >= limits.tokens:
            raise Exhausted(f"{used.tokens:,} tokens are used; the cap is {limits.tokens:,}")
        if limits.cost is not None and used.cost >= limits.cost:
            raise Exhausted(f"{used.cost:.4f} is spent; the cap is {limits.cost:.4f}")
        left = limits.seconds - used.seconds
        if left <= 0:
            raise Exhausted(f"{used.seconds:.0f} s are used; the cap is {limits.seconds:.0f} s")
        reply = self._model.reply(call, min(seconds, limits.call_seconds, left))
        price = (
            reply.usage.prompt_tokens * limits.prompt_price + reply.usage.completion_tokens * limits.completion_price
        )
        priced = reply.usage + Usage(cost=price / 1e6)
        self.usage = used + priced
        return Reply(text=reply.text, usage=priced)
