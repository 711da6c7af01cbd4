"""Whether the words that a language model quotes bear what it says."""

import re
from dataclasses import dataclass

from trainerspec.drafting.policy.refusals import Policy
from trainerspec.drafting.reading.numbers import figures
from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.text import fold
from trainerspec.drafting.reading.vocabulary import Vocabulary
from trainerspec.ir.spec import Objective

SENTENCE = re.compile(r"(?<=[.!?;\n。！？।])\s*")
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
SCALES = (
    *(1.0, 0.01, 1e-3, 1e-6, 1e3, 1e6, 1e9, 60.0, 3600.0, 86400.0),
    *(1 / 60, 1 / 3600, 1024.0, 1024.0**2, 1024.0**3, 0.1),
)
"""What one of a written unit may be in base units; 0.1 for `nine in ten`."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a request, as quotes are held against them."""

    text: str
    vocabulary: Vocabulary
    rules: Policy

    def trouble(self, quote: str) -> str:
        """Say why a quote bears nothing; nothing when it does."""
        if not quote.strip() or quote not in self.text:
            return f'"{quote}" is not in the request'
        if self._addresses(quote):
            return f'"{quote}" speaks to the drafter; it is not part of what is wanted'
        return ""

    def _addresses(self, quote: str) -> bool:
        """Tell whether every place of a quote is in a sentence that speaks to the drafter."""
        cuts = [0, *(match.end() for match in SENTENCE.finditer(self.text)), len(self.text)]
        places = [match.start() for match in re.finditer(re.escape(quote), self.text)]
        return all(self._is_addressed(cuts, start, start + len(quote)) for start in places)

    def _is_addressed(self, cuts: list[int], start: int, end: int) -> bool:
        around = self.text[max(cut for cut in cuts if cut <= start) : min(cut for cut in cuts if cut >= end)]
        reading = Reading(fold(around).folded, self.rules.words)
        phrases = (self.rules.addressed, self.rules.injection.any)
        return any(one.first(reading) is not None for one in phrases)

    def bears(self, objective: Objective, quote: str) -> bool:
        """Tell whether the quote holds the number of a bound, or the opposite of a share: `5 % error`."""
        if objective.bound is None:
            return True
        found = NUMBER.findall(figures(fold(quote), self.vocabulary).folded)
        numbers = {float(one.replace(",", "")) for one in found if one.count(".") < 2}
        numbers |= {float(one.replace(",", ".")) for one in found if one.count(",") == 1 and "." not in one}
        said = {number * scale for number in numbers for scale in SCALES}
        said |= {1 - one for one in said if one < 1}
        return any(abs(one - objective.bound) <= 1e-6 * max(abs(objective.bound), 1e-9) for one in said)
