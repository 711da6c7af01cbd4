"""Which task a request means: cues of the vocabulary are counted, and the task with most evidence wins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trainerspec.drafting.reading.pattern import Reading
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.vocabulary import TaskWords, Vocabulary

MORE = 0.25
"""What each further, different cue of a weight adds, as a share of that weight."""
AGAIN = 0.15
"""What another phrase adds that stands on the same words."""
MOST = 3
"""Further cues that count."""
TELLING = 3.0
"""Evidence for a medium, from files and columns, that makes its first task a candidate without any cue."""
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
    again: int
    """Other phrases of the same weight that stand on the same words."""


def candidates(
    reading: Reading, vocabulary: Vocabulary, extra: Mapping[str, float], fields: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """Rank the tasks for which the text has any evidence, best first.

    `extra` is evidence by medium, `fields` evidence by what a task gives, both from elsewhere; the latter counts for
    tasks that can be drafted.
    """
    cues = [
        _Cue(task=task, weight=weight, span=span, again=again)
        for (task, weight), spans in _spoken(reading, vocabulary)
        for span, again in _apart(spans).items()
    ]
    names = [cue for cue in cues if cue.weight == NAME]
    found = []
    for task in vocabulary.tasks:
        own = [cue for cue in cues if cue.task is task and not _within_another(cue, names)]
        known = fields.get(task.answers, 0.0) if not task.nearest else 0.0
        score = known + extra.get(task.medium, 0.0) + sum(_sum(weight, own) for weight in {cue.weight for cue in own})
        if score > 0 and (own or (score >= TELLING and "seen" in task.default)):
            heaviest = max(own, key=lambda cue: (cue.weight, -cue.span[0]), default=None)
            found.append(Candidate(words=task, score=score, span=heaviest.span if heaviest else (0, 0)))
    return tuple(sorted(found, key=lambda one: -one.score))


def _sum(weight: float, cues: list[_Cue]) -> float:
    same = [cue for cue in cues if cue.weight == weight]
    more, again = len(same) - 1, sum(cue.again for cue in same)
    return weight * (1 + MORE * min(more, MOST) + AGAIN * min(again, MOST))


def _within_another(cue: _Cue, names: list[_Cue]) -> bool:
    """Say whether a longer name of another task holds the cue: `question answering` in `visual question answering`."""
    start, end = cue.span
    return cue.weight > 0 and any(
        name.task is not cue.task and name.span[0] <= start and end <= name.span[1] and name.span != cue.span
        for name in names
    )


def _spoken(reading: Reading, vocabulary: Vocabulary) -> Iterator[tuple[tuple[TaskWords, float], list[Span]]]:
    """Find the first place of each cue, by task and weight."""
    every, owners = vocabulary.cues
    last: tuple[TaskWords, float] | None = None
    spans: list[Span] = []
    for at in every.numbers(reading):
        nearest = owners[at][0].nearest
        said = every.each[at].spans(reading)
        first = next((span for span in said if not (nearest and _in_a_name(reading.folded, span))), None)
        if first is None:
            continue
        if last is not None and owners[at] is not last:
            yield last, spans
            spans = []
        last = owners[at]
        spans.append(first)
    if last is not None:
        yield last, spans


def _in_a_name(folded: str, span: Span) -> bool:
    """Say whether words stand in a column's name, and say nothing of a task that cannot be drafted: `taster_name`."""
    return "_" in (folded[span[0] - 1 : span[0]], folded[span[1] : span[1] + 1])


def _apart(spans: list[Span]) -> dict[Span, int]:
    """Keep the places apart from each other; those that overlap are one mention, and counted."""
    kept: dict[Span, int] = {}
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        over = next((known for known in kept if start < known[1] and known[0] < end), None)
        if over is None:
            kept[start, end] = 0
        elif over != (start, end):
            kept[over] += 1
    return kept
