"""Which task a request means: cues of the vocabulary are counted, and the task with most evidence wins."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainerspec.agents.task.pattern import Phrases, Reading, Span
from trainerspec.agents.task.vocabulary import TaskWords, Vocabulary

MORE = 0.25
"""What each further, different cue of a weight adds, as a share of that weight."""
MOST = 3
"""Further cues that count."""
NAME = 10.0
"""The weight of a task's own name."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    words: TaskWords
    score: float
    span: Span
    """Where the heaviest cue stands."""

    @property
    def name(self) -> str:
        return self.words.name


@dataclass(frozen=True, kw_only=True)
class _Cue:
    task: TaskWords
    weight: float
    span: Span


def candidates(reading: Reading, vocabulary: Vocabulary, extra: Mapping[str, float]) -> tuple[Candidate, ...]:
    """Rank the tasks for which the text has any evidence, best first; `extra` is evidence by medium, from elsewhere."""
    cues = [
        _Cue(task=task, weight=weight, span=span)
        for task in vocabulary.tasks
        for weight, words in task.cues
        for span in _apart(words, reading)
    ]
    names = [cue for cue in cues if cue.weight == NAME]
    found = []
    for task in vocabulary.tasks:
        own = [cue for cue in cues if cue.task is task and not _within_another(cue, names)]
        score = extra.get(task.medium, 0.0) + sum(_sum(weight, own) for weight in {cue.weight for cue in own})
        if own and score > 0:
            heaviest = max(own, key=lambda cue: (cue.weight, -cue.span[0]))
            found.append(Candidate(words=task, score=score, span=heaviest.span))
    return tuple(sorted(found, key=lambda one: -one.score))


def _sum(weight: float, cues: list[_Cue]) -> float:
    more = sum(cue.weight == weight for cue in cues) - 1
    return weight * (1 + MORE * min(more, MOST))


def _within_another(cue: _Cue, names: list[_Cue]) -> bool:
    """Say whether a longer name of another task holds the cue: `question answering` in `visual question answering`."""
    start, end = cue.span
    return cue.weight > 0 and any(
        name.task is not cue.task and name.span[0] <= start and end <= name.span[1] and name.span != cue.span
        for name in names
    )


def _apart(words: Phrases, reading: Reading) -> list[Span]:
    """Find the first place of each phrase and keep those that do not overlap, longest first: one mention is one cue."""
    spans = [first for phrase in words.each if (first := next(phrase.spans(reading), None))]
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
        if all(end <= a or b <= start for a, b in kept):
            kept.append((start, end))
    return kept
