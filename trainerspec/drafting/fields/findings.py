"""Everything that a request says, read once, before a draft is made of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from trainerspec.drafting.fields import horizons, learnt
from trainerspec.drafting.fields.columns import Column, Finder, columns
from trainerspec.drafting.fields.evidence import names_text, names_text_column, of_fields
from trainerspec.drafting.fields.exclusions import without
from trainerspec.drafting.fields.known import names_of, ruled_out
from trainerspec.drafting.fields.labels import Labels, labels
from trainerspec.drafting.fields.limits import Limit, Piece, limits, pieces
from trainerspec.drafting.fields.recognise import Candidate, candidates
from trainerspec.drafting.fields.sources import Offsets, Place, class_folders, places
from trainerspec.drafting.fields.weighed import weighed
from trainerspec.drafting.ranking import lists
from trainerspec.drafting.ranking.lists import Classes
from trainerspec.drafting.ranking.names import Ranked, ranked
from trainerspec.drafting.ranking.tokens import tokens
from trainerspec.drafting.reading.numbers import figures
from trainerspec.drafting.reading.pattern import Reading, reading_of
from trainerspec.drafting.reading.spans import Span
from trainerspec.drafting.reading.spelling import repair
from trainerspec.drafting.reading.text import Text, fold, squeeze
from trainerspec.drafting.reading.vocabulary import Vocabulary

COLUMN_LIST = re.compile(
    r"\.(?:csv|tsv|jsonl?|ndjson|parquet|xlsx?|db)\W{1,4}(?:columns?|fields?|has|with)?:?\s*\w+"
    r"(?:(?:,| and|/| \+)\s*\w+)*"
    r"|\bselect\b[^;]*?\bfrom\b|\b(?:columns|fields|column|field)\b:?\s*[`\"']?\w+[`\"']"
    r"?(?:(?:,| and|/)\s*[`\"']?\w+)*",
    re.IGNORECASE,
)
"""Where a request lists columns."""
ONE = r"[^\W\d_][\w-]*(?: [^\W\d_][\w-]*)?"
BRACKETS = re.compile(rf"\s*\((?:folders?\s+|classes\s+)?({ONE}(?:\s*[,/|]\s*{ONE})+)\)")
ENTRY = re.compile(ONE)
"""What stands behind a folder in brackets, and each entry of it."""
TEXT_COLUMN = 4.0
"""What a column that is said to hold texts adds to the tasks on texts."""
COLUMN_EVIDENCE = 3.0
"""What a column named `message` or `photo` adds to the tasks of that medium."""
NOT_OF_TASK = frozenset(
    (
        *("latency.p50", "latency.p90", "latency.p95", "latency.p99", "throughput"),
        *("train.time", "model.size", "memory.peak", "fpr", "error", "accuracy", "missed"),
    )
)
"""Metrics that say nothing about the task: their words are left out when it is recognised."""
TEXTUAL = ("_text", "_txt")
"""How names of columns of texts end."""
NAME_EVIDENCE = 1.5
"""What a file's name adds to the tasks of its medium: `emails.csv`."""
DATA_EVIDENCE = 4.0
"""What data that was seen adds to the tasks of its medium."""
PICTURED = ("box", "picture")
"""Answers of tasks whose columns have names of their own."""
MOST_READ = 10_000
"""Characters from the beginning of a request in which its fields are looked for; the policy reads all of it."""
FILE_EVIDENCE = 3.0
"""What a file's ending adds to the tasks of its medium."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    text: Text
    reading: Reading
    """The text without paths, names of data sets and asides."""
    pieces: tuple[Piece, ...]
    """The reading, cut into metrics, numbers and what compares them."""
    places: tuple[Place, ...]
    candidates: tuple[Candidate, ...]
    labels: Labels | None
    names: tuple[Ranked, ...]
    """Names that may be the target, by what was learnt, the likeliest first."""
    lists: tuple[Classes, ...]
    """Lists that may name the classes, by what was learnt, the likeliest first."""
    media: Mapping[str, float]
    """Evidence for a medium from files' endings."""
    request: str
    """All of it; `text` ends at MOST_READ."""
    bounded: bool
    """Whether it limits a metric."""

    @property
    def grounded(self) -> bool:
        """Whether it names what only a request for a model names: data, a model, classes, a bound."""
        return bool(self.places or self.labels or self.bounded or self.reading.named("build"))


def read(request: str, vocabulary: Vocabulary, seen: Mapping[str, float] = MappingProxyType({})) -> Findings:
    """Read a request; `seen` is evidence for media from a look at the data."""
    raw = fold(squeeze(request[:MOST_READ]))
    text = repair(figures(raw, vocabulary), vocabulary)
    found = places(text, Offsets(text))
    covered = text.masked(place.span for place in found if place.kind not in ("name", "model"))
    reading = reading_of(covered.folded, vocabulary.words)
    parts = pieces(reading, vocabulary)
    limited = limits(parts)
    cost = [limit.span for limit in limited if _is_cost(limit)] + [part.span for part in parts if part.device]
    outside = covered.masked([*vocabulary.asides.spans(reading), *cost])
    media = {**_media(raw.raw, found, vocabulary), **seen}
    placed = any(place.kind not in ("name", "model") for place in found)
    named = names_text_column(raw.raw, vocabulary.fields["column_media"]["text"]) or (placed and names_text(raw.raw))
    if named and "text" not in seen:
        media["text"] = max(media.get("text", 0.0), TEXT_COLUMN)
    models = [place.span for place in found if place.kind == "model" and place.span[1]]
    cut = tokens(raw.raw)
    known = names_of(vocabulary)
    ranked_lists = lists.ranked(cut, known)
    listed = _of_folders(found, covered) or learnt.classes(
        labels(covered.masked([*_ruled_out(covered), *models]), vocabulary), ranked_lists, covered
    )
    return Findings(
        text=covered,
        reading=reading,
        pieces=parts,
        places=found,
        candidates=candidates(
            reading_of(outside.folded, vocabulary.words),
            vocabulary,
            media,
            of_fields(limited, listed, ahead=_ahead(raw.raw, vocabulary)) if not seen else {},
        ),
        labels=listed,
        names=tuple(ranked(cut, known, ruled_out(raw.raw))),
        lists=tuple(ranked_lists),
        media=media,
        request=request,
        bounded=any(limit.metrics for limit in limited),
    )


def _ahead(raw: str, vocabulary: Vocabulary) -> bool:
    """Say whether a text tells how far to look ahead, and how far apart values are."""
    return horizons.ahead(raw, vocabulary.numbers) is not None and horizons.every(raw, vocabulary.numbers) is not None


def _ruled_out(text: Text) -> list[Span]:
    """Find where columns are ruled out, whose names are no classes."""
    at = Finder(text)
    return [at.span(*span) for _, span in without(text.raw)]


def _of_folders(found: tuple[Place, ...], text: Text) -> Labels | None:
    """Take the names of folders that lie side by side as classes."""
    family = class_folders(found, text.folded)
    if family is None:
        return _in_brackets(found, text)
    spans = sorted(place.span for place in family[1])
    names = tuple(dict.fromkeys(place.value.rstrip("/").rsplit("/", 1)[-1] for place in family[1]))
    return Labels(values=names, span=(spans[0][0], spans[-1][1]))


def _in_brackets(found: tuple[Place, ...], text: Text) -> Labels | None:
    """Take what stands in brackets behind a folder as its folders: `tiles/ (ok, chipped)`."""
    for place in found:
        listed = BRACKETS.match(text.folded, place.span[1]) if place.kind == "path" else None
        if listed is not None and "." not in place.value.strip("./").rsplit("/", 1)[-1]:
            spans = [(listed.start(1) + one.start(), listed.start(1) + one.end()) for one in ENTRY.finditer(listed[1])]
            return Labels(values=tuple(text.exact(*one) for one in spans), span=(spans[0][0], spans[-1][1]), sure=True)
    return None


def named_columns(findings: Findings, vocabulary: Vocabulary, tabular: bool, answers: str) -> tuple[Column, ...]:
    """Find the columns, knowing whether the task is about a table, and what it gives."""
    at = Finder(findings.text)
    found = columns(findings.text, findings.places, vocabulary, tabular, at, ahead=answers == "steps")
    if answers not in PICTURED:
        if tabular or answers != "steps":
            found = weighed(found, findings.text, findings.places, findings.labels, vocabulary, at, tabular=tabular)
        return learnt.target(found, findings.names, findings.text, findings.places, findings.labels)
    return found


def _is_cost(limit: Limit) -> bool:
    """Say whether a limit speaks of speed, size or hits, whatever the task is."""
    if limit.metrics:
        return all(metric.name in NOT_OF_TASK for metric in limit.metrics)
    return limit.amount.unit in ("size", "rate") or (limit.amount.unit == "time" and limit.amount.factor < 1)


def _media(raw: str, found: tuple[Place, ...], vocabulary: Vocabulary) -> Mapping[str, float]:
    media: dict[str, float] = {}
    for place in found:
        if place.kind in ("path", "uri") and Reading(
            " ".join(re.findall(r"[^\W\d_]+", place.value.lower())), vocabulary.words
        ).named("text"):
            media["text"] = NAME_EVIDENCE
        ending = place.value.rsplit(".", 1)[-1].lower() if "." in place.value else ""
        kind = "table" if place.kind == "query" else vocabulary.media.get(ending, "")
        if kind:
            media[kind] = max(
                media.get(kind, 0.0), {"table": 1.0, "tokens": 2 * FILE_EVIDENCE}.get(kind, FILE_EVIDENCE)
            )
    for kind, names in vocabulary.fields["column_media"].items():
        if COLUMN_LIST.search(raw) and any(
            name in names or (kind == "text" and name.endswith(TEXTUAL))
            for found in COLUMN_LIST.finditer(raw)
            for name in re.findall(r"\w+", found[0].lower())
        ):
            media[kind] = max(media.get(kind, 0.0), COLUMN_EVIDENCE)
    return media
