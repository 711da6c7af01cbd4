"""Tasks that extend another one: the request is weighed as the other's, and then read more closely.

What is asked for differs in the answer alone, so that the votes on the task, its medium and its limits are the same.
"""

from collections.abc import Mapping
from dataclasses import replace

from trainerspec.catalog.model import Task
from trainerspec.drafting.fields.findings import Findings
from trainerspec.drafting.fields.recognise import NAME, Candidate
from trainerspec.drafting.reading.vocabulary import Vocabulary


def folded(
    findings: Findings, tasks: Mapping[str, Task], words: Vocabulary
) -> tuple[Findings, Mapping[str, Candidate]]:
    """Return the findings with such candidates counted for what they extend, and those that are named, by its name."""
    below = {name: task.extends for name, task in tasks.items() if task.extends in tasks}
    known = {one.name: one for one in words.tasks}
    named = {below[one.name]: one for one in findings.candidates if one.name in below and one.score >= NAME}
    best: dict[str, Candidate] = {}
    for one in findings.candidates:
        name = below.get(one.name, one.name)
        if one.name in below and one.score < NAME:
            continue
        if name not in best or one.score > best[name].score:
            best[name] = replace(one, words=known[name])
    ranked = tuple(sorted(best.values(), key=lambda one: -one.score))
    return replace(findings, candidates=ranked), named
