"""What is refused: sops/task/refusals.yaml, and what an organisation adds to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trainerspec import assets
from trainerspec.drafting.reading.pattern import Phrases, Reading, reading_of
from trainerspec.drafting.reading.phrase_files import read_phrases
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.syntax import WordClasses, phrases
from trainerspec.ir.draft import Category
from trainerspec.prepared import prepared

EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Rule:
    id: str
    code: str
    category: Category
    rule: str
    any: Phrases
    also: tuple[Phrases, ...]
    unless: Phrases
    """What makes it legitimate: such things are to be detected, moderated, prevented."""
    always: Phrases
    """Words to which the rule applies in any case."""
    own: bool = False
    """Whether an organisation added it."""

    def applies(self, reading: Reading) -> Span | None:
        """Return the words to which the rule applies."""
        span = self.always.first(reading)
        if span is not None:
            return span
        span = self.any.first(reading)
        if span is None or any(one.first(reading) is None for one in self.also):
            return None
        return None if self.unless.first(reading) is not None else span

    def exempts(self, reading: Reading) -> bool:
        """Tell whether the rule speaks of such a text and lets it pass."""
        return self.unless.first(reading) is not None and self.applies(reading) is None


@dataclass(frozen=True, kw_only=True)
class Policy:
    words: WordClasses
    rules: tuple[Rule, ...]
    """In the order in which they are tried: the gravest first."""
    injection: Rule
    chat: Phrases
    errand: Phrases
    """What asks for one text, sum or piece of code, not for a model."""
    advice: Phrases
    addressed: Phrases
    """What speaks to the drafter, or to a model behind it, instead of saying what is wanted."""
    floors: Mapping[str, Mapping[str, Mapping[str, float]]]
    """`latency` (seconds) and `size` (bytes), by task and device."""

    def refusals(self, folded: str) -> Iterator[tuple[Rule, Span]]:
        """Find the rules that apply to a text."""
        reading = reading_of(folded, self.words)
        for rule in self.rules:
            span = rule.applies(reading)
            if span is not None:
                yield rule, span


@cache
def policy(extra: Path | None = None) -> Policy:
    """Load the policy that ships, with the rules of the file `extra` before its own."""
    files = [file(), *([extra] if extra and extra.is_file() else [])]
    return prepared("policy", [path.read_bytes() for path in files], lambda: load(*files))


def file() -> Path:
    """Return the file of the policy that ships."""
    return assets.folder("sops") / "task" / "refusals.yaml"


def load(*files: Path) -> Policy:
    """Read a policy: the file that ships, then the organisation's."""
    return _policy(*map(read_phrases, files))


def _policy(shipped: Mapping[str, Any], added: Mapping[str, Any] = EMPTY) -> Policy:
    words = WordClasses({**shipped["words"], **added.get("words", {})})
    return Policy(
        words=words,
        rules=(
            *(_rule(entry, words, own=True) for entry in added.get("rules", ())),
            *(_rule(entry, words) for entry in shipped["rules"]),
        ),
        injection=_rule({"id": "injection", **shipped["injection"]}, words),
        chat=phrases(shipped["chat"]["any"], words),
        errand=phrases(shipped["errand"]["any"], words),
        advice=phrases(shipped["advice"]["any"], words),
        addressed=phrases(shipped["addressed"]["any"], words),
        floors=shipped["floors"],
    )


def _rule(entry: Mapping[str, Any], words: WordClasses, *, own: bool = False) -> Rule:
    return Rule(
        id=entry["id"],
        code=entry["code"],
        category=entry["category"],
        rule=entry["rule"],
        any=phrases(entry["any"], words),
        also=tuple(phrases(one, words) for one in entry.get("also", ())),
        unless=phrases(entry.get("unless", ()), words),
        always=phrases(entry.get("always", ()), words),
        own=own,
    )
