"""The words that the drafter knows: grammar/vocabulary/*.yaml, with the hints of the catalog's tasks."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal, cast

from trainerspec import assets
from trainerspec.drafting.reading.pattern import Phrases
from trainerspec.drafting.reading.phrase_files import read_phrases
from trainerspec.drafting.reading.syntax import WordClasses, phrases
from trainerspec.ir.json import JsonObject
from trainerspec.prepared import prepared

WEIGHTS: Mapping[str, float] = {
    "names": 10.0,
    "strong": 5.0,
    "weak": 2.0,
    "slight": 1.0,
    "doubt": -1.5,
    "against": -5.0,
}
AMOUNT = ("value", "steps")
"""Answers that are amounts: one, or those of the next steps of a series."""
Unit = Literal["ratio", "number", "time", "size", "rate", "cost"]


@dataclass(frozen=True, kw_only=True)
class TaskWords:
    name: str
    nearest: str
    """The supported task that comes closest; empty for a task that the drafter could draft."""
    medium: str
    cues: tuple[tuple[float, Phrases], ...]
    answers: str = ""
    """What comes out: `class`, `spans`, `value`, `steps`, `box`, `objects`, `picture`; empty when none of these."""
    default: tuple[str, ...] = ()
    """When it is meant although nothing names it: `seen`, `named`, `sorted`."""


@dataclass(frozen=True, kw_only=True)
class MetricWords:
    name: str
    unit: Unit
    better: Literal["higher", "lower"]
    words: Phrases
    inverse: str = ""
    """The metric that is one minus this one."""
    also: tuple[str, ...] = ()
    """Names under which a task may declare it, in the order of preference."""
    of_class: str = ""
    """Its name of one class, where that is another."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    words: WordClasses
    tasks: tuple[TaskWords, ...]
    metrics: Mapping[str, MetricWords]
    compare: Mapping[str, Phrases]
    wish: Mapping[str, Phrases]
    devices: Mapping[str, Phrases]
    engines: Mapping[str, Phrases]
    precisions: Mapping[str, Phrases]
    runtimes: Mapping[str, Phrases]
    context: Mapping[str, Phrases]
    units: Mapping[str, tuple[Unit, float]]
    value: re.Pattern[str] = field(repr=False)
    """A number, or a range of numbers, with its unit: groups `low`, `high`, `scale`, `unit`."""
    numbers: Mapping[str, float]
    english_numbers: frozenset[str]
    unit_ahead: re.Pattern[str] = field(repr=False)
    """A unit, or the second half of `nine of ten`, behind a number word."""
    number_run: re.Pattern[str] = field(repr=False)
    media: Mapping[str, str]
    """File ending to what is inside."""
    fields: Mapping[str, Any]
    """How people speak of sources, columns and labels."""
    asides: Phrases
    """What is said beside the task, and is no evidence for it."""
    models: Phrases
    """Names of model families, to keep what the request asks for."""
    stems: tuple[str, ...]
    """Beginnings of known words: what begins so is not misspelt."""
    spelling: frozenset[str]
    """Long words of the vocabulary, towards which misspelt ones are repaired."""

    @cached_property
    def cues(self) -> tuple[Phrases, tuple[tuple[TaskWords, float], ...]]:
        """All cues of all tasks, to be looked up at once, and whose each is, with its weight."""
        owned = [((task, weight), words) for task in self.tasks for weight, words in task.cues]
        each = [(phrase, owner) for owner, words in owned for phrase in words.each]
        every = Phrases(tuple(phrase for phrase, _ in each))
        _ = every.gates  # the index is kept with the phrases
        return every, tuple(owner for _, owner in each)


@cache
def read(name: str) -> Mapping[str, Any]:
    """Read one file of grammar/vocabulary/."""
    return read_phrases(assets.folder("grammar") / "vocabulary" / f"{name}.yaml")


@cache
def vocabulary(hints: str = "") -> Vocabulary:
    """Load the vocabulary that ships, with the tasks' `hints` (JSON, by task name); read once for the same hints."""
    return prepared("vocabulary", parts(hints), lambda: load(hints))


def parts(hints: str) -> tuple[bytes, ...]:
    """Return everything that a vocabulary follows from."""
    files = sorted((assets.folder("grammar") / "vocabulary").glob("*.yaml"))
    return (hints.encode(), *(path.read_bytes() for path in files))


def load(hints: str) -> Vocabulary:
    """Read the vocabulary, with the tasks' `hints` added."""
    made = _load(json.loads(hints) if hints else {})
    _ = made.cues
    return made


def _load(hints: Mapping[str, JsonObject]) -> Vocabulary:
    raw, numbers, media, fields = read("words"), read("numbers"), read("media"), read("fields")
    flat = {word: float(value) for language in numbers.values() for word, value in language.items()}
    words = WordClasses(raw)
    return Vocabulary(
        words=words,
        tasks=tuple(_task(name, entry, hints.get(name, {}), words) for name, entry in _entries(hints)),
        **_objectives(read("objectives"), words),
        numbers=flat,
        english_numbers=frozenset(numbers["en"]),
        unit_ahead=_unit_ahead(read("objectives")["units"]),
        number_run=_number_run(flat),
        stems=tuple(sorted(_stems(raw, read("tasks"), read("objectives")))),
        media={ending: kind for kind, endings in media.items() for ending in endings},
        fields=fields,
        asides=phrases(fields["asides"], words),
        models=phrases(fields["models"], words),
        spelling=frozenset(_long_words(raw, read("tasks"), read("objectives"))),
    )


def _entries(hints: Mapping[str, JsonObject]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    known = read("tasks")
    yield from known.items()
    yield from ((name, {}) for name, hint in hints.items() if name not in known and hint)


def _task(name: str, entry: Mapping[str, Any], hint: JsonObject, words: WordClasses) -> TaskWords:
    cues = [(weight, [*entry.get(key, ()), *cast(list[str], hint.get(key, []))]) for key, weight in WEIGHTS.items()]
    return TaskWords(
        name=name,
        nearest=entry.get("nearest", ""),
        medium=str(hint.get("medium", entry.get("medium", ""))),
        answers=str(hint.get("answers", entry.get("answers", ""))),
        default=tuple(entry.get("default", ())),
        cues=tuple((weight, phrases(sources, words)) for weight, sources in cues if sources),
    )


def _objectives(raw: Mapping[str, Any], words: WordClasses) -> dict[str, Any]:
    def group(name: str) -> Mapping[str, Phrases]:
        return {key: phrases(sources, words) for key, sources in raw[name].items()}

    metrics = {
        name: MetricWords(
            name=name,
            unit=entry["unit"],
            better=entry["better"],
            words=phrases(entry["words"], words),
            inverse=entry.get("inverse", ""),
            also=tuple(entry.get("also", ())),
            of_class=entry.get("of_class", ""),
        )
        for name, entry in raw["metrics"].items()
    }
    units = {
        word: (kind, float(factor))
        for kind in ("ratio", "time", "size", "rate")
        for word, factor in raw["units"][kind].items()
    }
    return {
        "metrics": metrics,
        "units": units,
        "value": _value(units, raw["units"]["rate_words"]),
        **{
            name: group(name) for name in ("compare", "wish", "devices", "engines", "precisions", "runtimes", "context")
        },
    }


def _value(units: Mapping[str, Any], rate_words: str) -> re.Pattern[str]:
    names = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    figure = r"(?:\d{1,3}(?:[,' ]\d{3})+(?!\d)|\d+(?:[.,]\d+)?|\.\d+)"
    return re.compile(
        rf"(?<![a-zà-ÿ0-9_.¤@])(?P<between>(?<=between )|(?<=zwischen )|(?<=entre ))?(?P<money>[$€£]\s?)?"
        rf"(?P<low>{figure})(?:\s?(?:%|ms|s|mb)?\s?(?:-|to|bis|a|à|至|到|~|(?(between)(?:and|und|y|et)|(?!)))"
        rf"\s?(?P<high>{figure})(?=\s*(?:{names})))?"
        rf"(?P<scale>\s?(?:k|m|bn|b|million|billion|thousand|millionen|millones|mio|万|"
        rf"千|lakh|lakhs|crore|लाख|करोड़)(?![a-z0-9µ]))?"
        rf"(?:\s?[-\s]?\s?(?:(?P<rate>{rate_words})|(?P<unit>{names})(?![^\W_\u3040-\u9fff])))?"
        rf"(?P<currency>\s?(?:[$€£]|eur\b|usd\b|euros?\b|dollars?\b))?"
    )


def _unit_ahead(units: Mapping[str, Any]) -> re.Pattern[str]:
    names = [name for kind in ("ratio", "time", "size") for name in units[kind]]
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1 or name == "%")
    return re.compile(rf"\s*(?:(?:{listed})(?![a-z])|(?:von|de cada|aus|sur|mein se|में से)\s)")


def _stems(*files: Mapping[str, Any]) -> Iterable[str]:
    """Find the stems of at least five letters."""
    for text in _texts(files):
        yield from (stem for stem in re.findall(r"(?<![\w*])([^\W\d_]{5,})\*", text))


def _texts(node: Any) -> Iterable[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str) and not node.startswith("/"):
        yield node


def _number_run(numbers: Mapping[str, float]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    return re.compile(rf"(?<![\w¤])(?:{names})(?!\w)(?:[\s-]+(?:and\s+)?(?:{names})(?!\w))*")


def _long_words(*files: Mapping[str, Any]) -> Iterable[str]:
    for text in _texts(files):
        yield from re.findall(r"(?<![\w*])[a-z]{6,}(?![\w*])", text)
