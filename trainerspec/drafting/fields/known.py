"""Names that columns usually have, by what they hold, and names of a request that are not its target."""

from functools import lru_cache

from trainerspec.drafting.fields.audits import audited
from trainerspec.drafting.fields.exclusions import without
from trainerspec.drafting.reading.vocabulary import Vocabulary

KINDS = ("target", "times", "input", "measures", "not_name")


@lru_cache(maxsize=4)
def _names_of(groups: tuple[tuple[str, ...], ...]) -> dict[str, frozenset[str]]:
    return {kind: frozenset(group) for kind, group in zip(KINDS, groups, strict=True)}


def names_of(vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    """Return words by kind: names of targets, of times and of inputs; measures; what is no name."""
    kinds = vocabulary.fields["columns"]
    measures = (*kinds["measures"], *vocabulary.metrics)
    return _names_of(tuple(measures if kind == "measures" else tuple(kinds[kind]) for kind in KINDS))


def ruled_out(raw: str) -> frozenset[str]:
    """Return the columns that the model must not read."""
    return frozenset(name for name, _ in (*without(raw), *audited(raw)))
