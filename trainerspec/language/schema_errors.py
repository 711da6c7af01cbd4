"""Errors of a JSON Schema validator, told as people would tell them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.source import Pointer
from trainerspec.language.places import pointer_of
from trainerspec.language.scalars import resolve, write
from trainerspec.language.suggest import choices, closest, did_you_mean, suggest
from trainerspec.language.validator import Validator

_KINDS = {
    "object": "a mapping (`key: value`)",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_RANGES = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "a multiple of",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    pointer: Pointer
    code: str
    message: str
    hint: str = ""
    on_key: bool = False
    """True when the key is at fault rather than its value."""
    instead: str = ""
    """The key that an unknown one is taken for."""
    wants: tuple[str, ...] = ()
    """The keys of which one is missing: not told when a misspelt one is."""


def faulty(data: JsonObject, schema: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return every fault of plain data."""
    return tuple(schema_errors(Validator(schema).iter_errors(data), schema))


def messages(data: Json, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the messages of the validator as they are."""
    return tuple(error.message for error in Validator(schema).iter_errors(data))


def located(data: Json, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the deepest message of each error with its place: `stages/0`: 'title' is a required property."""
    errors = Validator(schema).iter_errors(data)
    ordered = sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])
    deepest = [best_match([error]) or error for error in ordered]
    places = ["/".join(str(part) for part in error.absolute_path) or "the file" for error in deepest]
    return tuple(f"`{place}`: {error.message}" for place, error in zip(places, deepest, strict=True))


def schema_errors(errors: Iterable[ValidationError], schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Translate the errors of a validator; of several alternatives the one that fits best is told."""
    found = [fault for error in errors for fault in _translate(error, schema, auto=False)]
    misspelt = {(fault.pointer.rpartition("/")[0], fault.instead) for fault in found if fault.instead}
    for fault in found:
        if not any((fault.pointer, key) in misspelt for key in fault.wants):
            yield fault


def dotted(path: Sequence[str | int]) -> str:
    """Name a place as people write it: `data.clean[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the spec"


def _translate(error: ValidationError, schema: Mapping[str, Any], *, auto: bool) -> Iterator[Fault]:
    kind = str(error.validator)
    if kind in ("anyOf", "oneOf") and error.context:
        if all(set(branch) == {"required"} for branch in _wanted(error)):
            yield _exclusive(error)
        else:
            yield from _alternatives(error, schema)
    elif kind == "oneOf":
        yield _exclusive(error)
    elif kind == "additionalProperties":
        yield from _unknown(error, schema)
    elif kind == "required":
        yield _missing(error)
    else:
        fault = _value(error, kind, auto=auto)
        yield fault


def _instance(error: ValidationError) -> Any:
    return cast(Any, error.instance)


def _wanted(error: ValidationError) -> Any:
    return cast(Any, error.validator_value)


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], error.schema)


def _path(error: ValidationError) -> list[str | int]:
    return list(error.absolute_path)


def _alternatives(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[Fault]:
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    options = cast(list[Mapping[str, Any]], _wanted(error))
    auto = any(option.get("const") == "auto" for option in options)
    rest = {i: found for i, found in branches.items() if options[i].get("const") != "auto"}
    fitting = {i: found for i, found in rest.items() if not any(_wrong_type(one, error) for one in found)}
    if not fitting and len(rest) > 1:
        kinds = [_kind(options[i]) for i in rest]
        yield _type(error, " or ".join(dict.fromkeys(kinds)), auto=auto)
        return
    pool = fitting or rest
    best = max(pool, key=lambda i: (max(len(one.absolute_path) for one in pool[i]), -len(pool[i])))
    for inner in pool[best]:
        yield from _translate(inner, schema, auto=auto and inner.absolute_path == error.absolute_path)


def _kind(option: Mapping[str, Any]) -> str:
    return f"`{option['const']}`" if "const" in option else _KINDS.get(str(option.get("type")), "another value")


def _wrong_type(inner: ValidationError, outer: ValidationError) -> bool:
    """Tell whether a value is of another kind than an alternative; a mapping or a list is none of a few words."""
    if inner.absolute_path != outer.absolute_path:
        return False
    return inner.validator == "type" or (
        inner.validator in ("const", "enum") and isinstance(_instance(inner), Mapping | list)
    )


def _exclusive(error: ValidationError) -> Fault:
    path = _path(error)
    keys = [str(branch["required"][0]) for branch in _wanted(error)]
    given = [key for key in keys if key in _instance(error)]
    if given:
        message = f"`{dotted(path)}` has both `{given[0]}` and `{given[1]}`"
        pointer = pointer_of([*path, given[1]])
        return Fault(pointer=pointer, code="TS210", message=message, hint="keep one of them", on_key=True)
    message = f"`{dotted(path)}` needs one of {', '.join(f'`{key}`' for key in keys)}"
    return Fault(pointer=pointer_of(path), code="TS210", message=message, on_key=True, wants=tuple(keys))


def _unknown(error: ValidationError, schema: Mapping[str, Any]) -> Iterator[Fault]:
    path = _path(error)
    known = list(_schema(error).get("properties", {}))
    for key in _instance(error):
        if key in known:
            continue
        where = f" in `{dotted(path)}`" if path else ""
        yield Fault(
            pointer=pointer_of([*path, key]),
            code="TS201",
            message=f"unknown key `{key}`{where}",
            hint=_place_for(str(key), known, [str(p) for p in path], schema),
            on_key=True,
            instead=closest(str(key), known) or "",
        )


def _place_for(key: str, known: list[str], path: list[str], schema: Mapping[str, Any]) -> str:
    """Suggest a sibling key, else the place elsewhere in the spec where such a key belongs."""
    if closest(key, known):
        return suggest(key, known)
    everywhere = dict(_properties(schema, ()))
    elsewhere = [".".join(place) for place in everywhere.values() if place[-1] == key]
    if not elsewhere and closest(key, everywhere):
        elsewhere = [".".join(everywhere[cast(str, closest(key, everywhere))])]
    if elsewhere:
        return f"did you mean `{elsewhere[0]}`?"
    return f"known: {choices(known)}" if known else "no key is known here"


def _properties(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for branch in schema.get("anyOf", ()):
        yield from _properties(branch, path)
    for key, inner in schema.get("properties", {}).items():
        yield key, (*path, key)
        yield from _properties(inner, (*path, key))


def _missing(error: ValidationError) -> Fault:
    path = _path(error)
    key = next(k for k in _wanted(error) if error.message.startswith(repr(k)))
    about = _schema(error).get("properties", {}).get(key, {})
    near = closest(key, [str(k) for k in _instance(error)])
    examples = about.get("examples") or [None]
    example = f", such as `{key}: {_short(examples[0])}`" if isinstance(examples[0], str | int) else ""
    hint = f"add it{example}" if not near else f"is `{near}` meant to be `{key}`?"
    if key == "source":
        hint = "tell where the data is: `source: {path: data/articles}`"
    where = f" in `{dotted(path)}`" if path else ""
    message = f"missing key `{key}`{where}"
    return Fault(pointer=pointer_of(path), code="TS202", message=message, hint=hint, on_key=True, wants=(key,))


def _short(value: object) -> str:
    if isinstance(value, str | int | float | bool) or value is None:
        text = write(value)
        return text if len(text) <= 40 else text[:37] + "..."
    return "a list" if isinstance(value, list) else "a mapping"


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    for kind, types in (("string", str), ("integer", int), ("number", float), ("array", list), ("object", dict)):
        if isinstance(value, cast(type, types)):
            return _KINDS[kind]
    return "empty"


def _type(error: ValidationError, wanted: str, *, auto: bool) -> Fault:
    path = _path(error)
    value = _instance(error)
    hint = ""
    if isinstance(value, str) and "number" in wanted:
        try:
            number = resolve(value.strip())
        except ValueError:
            number = None
        numeric = isinstance(number, int | float) and not isinstance(number, bool)
        hint = f"remove the quotes: {value.strip()}" if numeric else did_you_mean(value, ["auto"] if auto else [])
    elif wanted == _KINDS["string"] and isinstance(value, int | float):
        hint = f'put it in quotes: "{_short(value)}"'
    elif wanted == _KINDS["array"] and isinstance(value, str):
        hint = f"write `[{value}]`" if len(value) < 40 else "start each entry with `- `"
    elif value is None:
        hint = "fill it in, or remove the key"
    or_auto = ", or `auto`" if auto else ""
    message = f"`{dotted(path)}` is {_kind_of(value)}; it must be {wanted}{or_auto}"
    return Fault(pointer=pointer_of(path), code="TS203", message=message, hint=hint)


def _value(error: ValidationError, kind: str, *, auto: bool) -> Fault:
    path = _path(error)
    value, wanted = _instance(error), _wanted(error)
    fault = Fault(pointer=pointer_of(path), code="TS203", message=f"`{dotted(path)}`: {error.message}")
    name, shown = dotted(path), _short(value)
    if kind == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        return _type(error, " or ".join(_KINDS[k] for k in kinds), auto=auto)
    if kind == "const" and path == ["trainerspec"]:
        message = f"this release reads version {wanted} of the language, not {shown}"
        return replace(fault, code="TS211", message=message, hint=f"write `trainerspec: {wanted}`")
    if kind in ("enum", "const"):
        known = [str(one) for one in (wanted if kind == "enum" else [wanted])]
        hint = suggest(str(value), [*known, "auto"] if auto else known)
        return replace(fault, code="TS206", message=f"`{shown}` is not a choice for `{name}`", hint=hint)
    if kind in _RANGES:
        percent = kind == "maximum" and wanted == 1 and 1 < value <= 100
        hint = f"did you mean `{shown}%` or `{value / 100:g}`?" if percent else ""
        message = f"`{name}` is {shown}; it must be {_RANGES[kind]} {_short(wanted)}"
        return replace(fault, code="TS207", message=message, hint=hint)
    if kind in ("minItems", "maxItems"):
        bound = "at least" if kind == "minItems" else "at most"
        message = f"`{name}` has {len(value)} entr{'y' if len(value) == 1 else 'ies'}; it needs {bound} {wanted}"
        return replace(fault, code="TS209", message=message)
    if kind == "uniqueItems":
        again = next(i for i, item in enumerate(value) if item in value[:i])
        message = f"`{_short(value[again])}` stands twice in `{name}`"
        return replace(fault, pointer=pointer_of([*path, again]), code="TS214", message=message, hint="remove one")
    if kind in ("pattern", "minLength", "maxLength"):
        return replace(fault, code="TS208", message=_form(name, shown, kind, wanted), hint=_reform(error, str(value)))
    return fault


def _form(name: str, shown: str, kind: str, wanted: object) -> str:
    if kind == "maxLength":
        return f"`{name}` is too long; at most {wanted} characters"
    if kind == "minLength":
        return f"`{name}` is empty"
    return f"`{shown}` has not the form of `{name}`"


def _reform(error: ValidationError, value: str) -> str:
    if _path(error) == ["name"]:
        slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in value.lower()).split())
        slug = slug.lstrip("0123456789-")[:40].rstrip("-")
        return f"lower-case letters, digits and hyphens: `{slug or 'news-desk'}`"
    examples = _schema(error).get("examples")
    if value.replace(".", "", 1).isdigit() and "%" in str(_wanted(error)):
        return f"did you mean `{value}%`?"
    return f"such as `{_short(examples[0])}`" if examples else str(_schema(error).get("description", ""))
