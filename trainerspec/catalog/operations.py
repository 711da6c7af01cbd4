"""What a card's terms come to for the decided slots: operations of one input, bytes of the graph, seconds of training.

An operation is half a multiply-add of a matrix product or convolution, or one element of any other arithmetic: as
`pipeline/graph/operations.py` of the emitted project counts them on the exported graph.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from trainerspec.ir.json import Json
from trainerspec.language import formula
from trainerspec.language.expression import names

Term: TypeAlias = Mapping[str, Json]
"""`{each: [data.max_length], count: 21e6}`: so many operations for each unit, which is one of the product of the values
of the slots and facts (of lists: their lengths). `when` and `twice` are conditions: whether it counts, and whether
twice. `power` is taken of the product, for what grows slower than it; `most` is where a term ends."""
TERMS = ("operations", "size.terms", "train.terms")
"""The facts of a card that are lists of terms."""
CLASSES = "task.labels.count"
TOKENS, SIDE = "data.max_length", "data.image_size"
PLACE = 16
"""Pixels of a side for which a network of pictures of unknown build is taken to use each of its weights once."""


def operations(facts: Mapping[str, Json], values: Mapping[str, Json]) -> float:
    """Return the operations of one input, from a card's facts and the slots' values; 0 when they do not tell.

    >>> told = {"operations": [{"each": ["data.max_length"], "count": 200.0}, {"each": [], "count": 5.0}]}
    >>> operations(told, {"data.max_length": 64}), operations(told, {}), operations({"parameters": 7}, {})
    (12805.0, 0.0, 0.0)
    """
    return total(facts, "operations", values) if "operations" in facts else summed(derived(facts, values), values)


def total(facts: Mapping[str, Json], name: str, values: Mapping[str, Json]) -> float:
    """Return the sum of one of a card's lists of terms; 0 when it has none, or they read what is not known.

    >>> told = {"size.terms": [{"each": ["facts.kept"], "count": 3, "power": 0.5, "most": 40}]}
    >>> [total(told, "size.terms", {"facts.kept": kept}) for kept in (100, 400)], total(told, "train.terms", {})
    ([30.0, 40.0], 0.0)
    """
    listed = facts.get(name)
    return summed(cast(Sequence[Term], listed), values) if isinstance(listed, Sequence) else 0.0


def summed(terms: Iterable[Term], values: Mapping[str, Json]) -> float:
    """Return the sum of terms; 0 when one of them reads what is not known."""
    counts = [cost(term, values) for term in terms]
    return sum(one for one in counts if one is not None) if None not in counts else 0.0


def problems(facts: Mapping[str, Json], slots: Container[str]) -> Iterator[str]:
    """Say which terms of a card cannot be worked out for a task with these slots.

    >>> list(problems({"operations": [{"each": ["data.length"], "count": 1}]}, {"data.max_length"}))
    ['`operations` count by `data.length`, which is not a slot of the task']
    """
    listed = [(kind, term) for kind in TERMS for term in cast(Sequence[Term], facts.get(kind, ()))]
    for kind, term in listed:
        reads = [str(name) for name in cast(Sequence[Json], term["each"])]
        for text in (str(term[key]) for key in ("when", "twice") if key in term):
            outcome = formula.condition(text)
            if outcome.value is None:
                yield f"`{text}`: {outcome.diagnostics[0].message}"
            else:
                reads += [one.name for one in names(outcome.value)]
        yield from (
            f"`{kind}` count by `{name}`, which is not a slot of the task"
            for name in reads
            if name != CLASSES and name not in slots and not name.startswith("facts.")
        )


def cost(term: Term, values: Mapping[str, Json]) -> float | None:
    """Return one term's operations: 0 when its condition does not hold, None when a slot is not decided."""
    if not holds(term, "when", values, default=True):
        return 0.0
    sizes = [size(values.get(str(name))) for name in cast(Sequence[Json], term.get("each", ()))]
    known = [one for one in sizes if one is not None]
    if len(known) < len(sizes):
        return None
    units = math.prod(known) ** (number(term, "power") or 1.0)
    found = number(term, "count") * units * (2 if holds(term, "twice", values, default=False) else 1)
    return min(found, number(term, "most") or math.inf)


def holds(term: Term, key: str, values: Mapping[str, Json], *, default: bool) -> bool:
    """Tell whether one of a term's conditions holds; `default` when it has none."""
    if key not in term:
        return default
    condition = formula.condition(str(term[key])).value
    return condition is not None and formula.settle(condition, values) is True


def size(value: Json) -> float | None:
    """Return a number as it is and a list's length."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return float(len(value))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def derived(facts: Mapping[str, Json], values: Mapping[str, Json]) -> Iterator[Term]:
    """Return the terms of a base that states none.

    A transformer (`layers`, `width`, `inner`): a token takes 8 width² for the four projections of attention and
    4 width x inner for the two of the network behind it, and each pair of tokens 4 width, in each layer. A picture has
    a token for each `patch` x `patch` pixels. Of anything else each weight (embeddings left out) is used once a token,
    or once a place of PLACE x PLACE pixels.
    """
    layers, width, patch = number(facts, "layers"), number(facts, "width"), number(facts, "patch")
    inner = number(facts, "inner") or 4 * width
    pictures = SIDE in values
    area: list[Json] = [SIDE, SIDE] if pictures else [TOKENS]
    if layers and width and (patch or not pictures):
        tokens = patch**2 if pictures else 1.0
        enter = 6 * width if pictures else 0.0
        yield {"each": area, "count": layers * (8 * width**2 + 4 * width * inner) / tokens + enter}
        yield {"each": area * 2, "count": layers * 4 * width / tokens**2}
    elif parameters := number(facts, "parameters"):
        used = max(parameters - number(facts, "vocabulary") * width, 0.0)
        yield {"each": area, "count": 2 * used / (PLACE**2 if pictures else 1)}


def number(facts: Mapping[str, Json], name: str) -> float:
    """Return a fact that is a number, else 0."""
    value = facts.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
