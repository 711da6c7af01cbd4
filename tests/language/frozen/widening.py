"""Whether a JSON Schema still takes everything that another one took; by their structure, not by examples."""

from collections.abc import Iterator, Mapping
from typing import Any

PROSE = frozenset({"title", "description", "examples", "default", "$id", "$schema", "$defs"})
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "const", "multipleOf", "propertyNames", "uniqueItems", "$ref")


def narrower(old: Mapping[str, Any], new: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Say everything that `old` takes and `new` might not.

    >>> list(narrower({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, "/x"))
    ['/x: `a` is no longer among the values']
    """
    yield from _values(old, new, place)
    yield from _bounds(old, new, place)
    yield from _keys(old, new, place)
    if "items" in new:
        yield from narrower(old.get("items", {}), new["items"], f"{place}/*")
    for word in ("anyOf", "oneOf"):
        if word in new:
            for number, one in enumerate(old.get(word) or [_plain(old)]):
                if all(list(narrower(one, other, place)) for other in new[word]):
                    yield f"{place}: alternative {number} of `{word}` is gone"
        elif word in old and set(new) - PROSE:
            for one in old[word]:
                yield from narrower(one, new, place)


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in schema.items() if key not in PROSE}


def _values(old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> Iterator[str]:
    if "enum" in new:
        had = old.get("enum", [old["const"]] if "const" in old else None)
        if had is None:
            yield f"{place}: only some values are taken now"
        yield from (f"{place}: `{one}` is no longer among the values" for one in had or () if one not in new["enum"])
    if "type" in new:
        kinds = [set([one] if isinstance(one, str) else one) for one in (old.get("type", []), new["type"])]
        had = kinds[0] or {_kind(old)}
        missing = {one for one in had if one not in kinds[1] and not (one == "integer" and "number" in kinds[1])}
        yield from (f"{place}: `{one}` is no longer a type of it" for one in sorted(missing) if "anyOf" not in old)


def _kind(schema: Mapping[str, Any]) -> str:
    value = schema.get("const", (schema.get("enum") or [None])[0])
    return {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(value), "anything")


def _bounds(old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> Iterator[str]:
    for word in LOWER:
        if word in new and not (word in old and old[word] >= new[word]) and not _covered(old, word, new[word]):
            yield f"{place}: `{word}` is {new[word]}, it was {old.get(word, 'none')}"
    for word in UPPER:
        if word in new and not (word in old and old[word] <= new[word]) and not _covered(old, word, new[word]):
            yield f"{place}: `{word}` is {new[word]}, it was {old.get(word, 'none')}"
    for word in SAME:
        if word in new and old.get(word) != new[word] and not (word == "const" and old.get("enum") == [new[word]]):
            yield f"{place}: `{word}` is {new[word]}, it was {old.get(word, 'none')}"


def _covered(old: Mapping[str, Any], word: str, bound: float) -> bool:
    """Tell whether the values of an enum or a constant keep a bound."""
    values = old.get("enum", [old["const"]] if "const" in old else [])
    sizes = [len(one) if word.endswith("Length") else one for one in values if not isinstance(one, bool)]
    inside = [size >= bound if word in LOWER else size <= bound for size in sizes if isinstance(size, int | float)]
    return bool(inside) and all(inside)


def _keys(old: Mapping[str, Any], new: Mapping[str, Any], place: str) -> Iterator[str]:
    had, have = old.get("properties", {}), new.get("properties", {})
    for key in new.get("required", ()):
        if key not in old.get("required", ()):
            yield f"{place}: `{key}` must be there now"
    rest = new.get("additionalProperties", True)
    for key, inner in had.items():
        if key in have:
            yield from narrower(inner, have[key], f"{place}/{key}")
        elif rest is False:
            yield f"{place}: `{key}` is gone"
        elif isinstance(rest, Mapping):
            yield from narrower(inner, rest, f"{place}/{key}")
    before = old.get("additionalProperties", True)
    if before is not False and old.get("type") == "object":
        if rest is False:
            yield f"{place}: other keys are no longer taken"
        elif isinstance(rest, Mapping):
            yield from narrower(before if isinstance(before, Mapping) else {}, rest, f"{place}/*")
