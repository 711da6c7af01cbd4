"""Which column of the data a request speaks of, and which of the tasks on tables that column is for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from trainerspec.catalog.model import Task
from trainerspec.drafting.data import series
from trainerspec.drafting.fields.exclusions import only, without
from trainerspec.drafting.fields.settings import settings

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

ASKED = re.compile(
    r"(?:predict|estimat|forecast|classif|guess|detect|determin|recogni|model|calculat|categori|sort|label|tell|find|"
    r"regress|vorhersag|schätz|bestimm|klassifi|erkenn|predec|predic|estim|clasific|prédi|prévo|class)\w*"
    r"(?:\s+[^\s,.;:]+){0,5}?\s+$",
    re.IGNORECASE,
)
"""What stands before the name of a column that is asked for."""
INTO = re.compile(
    r"(?:\binto|\bby|\bnach|\bpor|\bpar|\bthe column|\bspalte)\s+(?:the\s+|its\s+|their\s+)?$", re.IGNORECASE
)
GIVEN = re.compile(
    r"\b(?:from|using|based on|given|with|out of|aus|mit|anhand|desde|usando|con|avec|selon)\b[^.;]*$", re.IGNORECASE
)
"""What stands before columns that are read."""
PHRASES = frozenset({"phrase", "expression", "referring_expression", "sentence", "query", "instruction", "utterance"})
"""What columns are called that say which thing of a picture is meant."""
LISTED = frozenset({"box", "bbox"})
"""What columns of boxes are called."""
FOUND = ("box", "objects")
"""Kinds of answers that are boxes in a picture."""
PIXELS = "segmentation"
"""The kind of an answer that says the class of each pixel."""
AHEAD = re.compile(r"forecast|\bahead\b|\bnext\b|future|coming|vorhersag|pronos|prévis|预测", re.IGNORECASE)
"""Words of requests that look ahead: such a request needs times, and they are asked for."""
MANY = 20
"""Different numbers up to which they may be classes."""
CODES = 0.1
"""Share of rows with a whole number of their own from which these are amounts, not codes of classes."""
READ = ("text", "integer", "number", "boolean", "time")
"""What columns hold that models on tables read."""
PICTURES = re.compile(r"pictur|photo|imag|bild|foto|scan|x-?ray|drawing|图|照片|चित्र", re.IGNORECASE)
"""Words of requests about pictures: where a table names none, that is asked about."""
SAME = 4
"""Letters at the beginning of two words that mean the same: `churn`, `Churned`."""


def spoken(request: str, columns: Iterable[str], places: Iterable[str] = ()) -> str | None:
    """Return the column that a request asks for; None where it names none, or several alike.

    `places` are paths that the request names: `rides.csv` speaks of no column `rides`.

    >>> spoken("Predict the number of rides from rides.csv, by time (column day)", ["day", "rides"], ["rides.csv"])
    'rides'
    >>> spoken("From age and income predict who will churn", ["age", "income", "Churned"]), spoken("Do it", ["a"])
    ('Churned', None)
    """
    plain = _masked(request, places)
    found = {name: spans for name in columns if (spans := _mentions(plain, name))}
    if len(found) == 1:
        return next(iter(found))
    before = {name: [plain[max(0, at - 90) : at] for at in spans] for name, spans in found.items()}
    for pattern in (INTO, ASKED):
        asked = [
            name
            for name, texts in before.items()
            if any(pattern.search(text) and not GIVEN.search(_clause(text, pattern)) for text in texts)
        ]
        if len(asked) == 1:
            return asked[0]
    left = [name for name, texts in before.items() if not all(GIVEN.search(text) for text in texts)]
    return left[0] if len(left) == 1 else None


def _clause(text: str, pattern: re.Pattern[str]) -> str:
    """Return what stands between the words that ask and the column."""
    match = pattern.search(text)
    return match[0] if match else ""


def _masked(request: str, places: Iterable[str]) -> str:
    """Cover paths and what is said of splits, and of columns that are read or ruled out."""
    spans = [one.span for one in settings(request) if one.path.startswith("data/")]
    spans += [span for _, span in without(request)]
    if (alone := only(request)) is not None:
        spans.append(alone[1])
    for place in places:
        spans += [match.span() for match in re.finditer(re.escape(place), request)] if place else []
    text = list(request)
    for start, end in spans:
        text[start:end] = " " * (end - start)
    return re.sub(
        r"[^\s,;]*\.(?:csv|tsv|jsonl?|ndjson|parquet|xlsx?|txt|zip|gz|db)\b",
        lambda one: " " * len(one[0]),
        "".join(text),
    )


def _mentions(text: str, name: str) -> list[int]:
    """Return where a column is named: as it is written, or in words that begin alike."""
    words = [word for word in re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)) if word]
    exact = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    if exact or not words:
        return exact
    parts = [rf"{re.escape(word[:-1])}\w{{0,3}}" if len(word) > SAME else rf"{re.escape(word)}s?" for word in words]
    together = r"[\s_-]+".join(parts)
    found = [match.start() for match in re.finditer(rf"(?<!\w){together}(?!\w)", text, re.IGNORECASE)]
    if found or len(words) != 1 or len(words[0]) < SAME:
        return found
    return [match.start() for match in re.finditer(rf"(?<!\w){re.escape(words[0][:SAME])}\w*", text, re.IGNORECASE)]


def mentioned(request: str, name: str) -> bool:
    """Tell whether a request names a column as it is written, and not as one that is ruled out."""
    exact = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", request, re.IGNORECASE)
    return exact is not None and name.casefold() not in {one.casefold() for one, _ in without(request)}


def gives(found: "Look", column: str) -> Literal["label", "number"] | None:
    """Say what a column of a table gives: classes, amounts, or either (None).

    Decimals of many values are amounts, as are those in several units; other texts and truth values are classes; whole
    numbers may be both.
    """
    import polars as pl

    from trainerspec.reading.values import amounts

    kind = found.columns.get(column)
    if kind == "text" and found.written[column].dtype == pl.String and amounts.units(found.written[column]):
        return "number"
    if kind in ("text", "boolean"):
        return "label"
    if kind not in ("integer", "number"):
        return None
    values = found.frame.get_column(column).drop_nulls().cast(pl.Float64)
    different = values.n_unique()
    whole = bool((values == values.round()).all())
    if different > MANY and (not whole or different > CODES * len(values)):
        return "number"
    return None


def pictured(request: str, found: "Look") -> bool:
    """Tell whether a request speaks of pictures, beside the name of the table."""
    said = {one[0].casefold() for one in PICTURES.finditer(request.replace(found.path.name, ""))}
    return any(word not in found.path.stem.casefold() for word in said)


def _boxed(task: Task, found: "Look") -> bool:
    """Tell whether a table has boxes of what stands in its pictures, which the task does not answer with.

    A task that draws pictures may read their captions beside such boxes.
    """
    from trainerspec.reading.values import boxes

    reads = task.contract.each is not None or any(port.kind == "image" for port in task.contract.raw)
    shown = "image" in found.columns.values() and reads
    return (
        shown and boxes.named(found.columns) is not None and all(one.kind not in FOUND for one in task.contract.answer)
    )


def _phrased(task: Task, found: "Look") -> bool:
    """Tell whether a table has phrases with boxes in pictures where a task marks spans, of which it has none."""
    from trainerspec.reading.values import boxes

    kinds = found.columns.values()
    marks = any(one.kind == "spans" for one in task.contract.answer) and "spans" not in kinds
    boxed = boxes.named(found.columns) is not None or any(name.lower() in LISTED for name in found.columns)
    return marks and boxed and "image" in kinds


def _refers(task: Task) -> bool:
    """Tell a task that finds in a picture what a text says."""
    kinds = {port.kind for port in task.contract.raw}
    return "image" in kinds and len(kinds) > 1 and any(port.kind == "box" for port in task.contract.answer)


def _finds(task: Task, kinds: Sequence[str]) -> bool:
    """Tell a task that finds things of several classes in a picture alone, and answers with one of these kinds."""
    return [port.kind for port in task.contract.raw] == ["image"] and any(
        port.kind in kinds for port in task.contract.answer
    )


def _timed(found: "Look") -> bool:
    """Tell whether a table has times: in a column, or as columns."""
    from trainerspec.workspace import wide

    return bool(series.time(found, "time")) or bool(wide.times(list(found.columns)))


def fitting(
    task: Task,
    found: "Look",
    spec: Mapping[str, Mapping[str, str | list[str]]],
    tasks: Mapping[str, Task],
    request: str,
) -> str:
    """Name the task on tables that the data is for where it cannot be `task`; empty where it can be."""
    boxed = found.layout == "table" and _boxed(task, found)
    phrases = _phrased(task, found) or (boxed and any(name.lower() in PHRASES for name in found.columns))
    if phrases and (refers := next((name for name, one in tasks.items() if _refers(one)), "")):
        return refers
    if any(port.kind == PIXELS for port in task.contract.answer):
        return ""  # classes of pixels cannot be had from anything else: it is asked where the masks are
    if found.layout not in task.layouts or boxed:
        reads = {name: one for name, one in tasks.items() if found.layout in one.layouts}
        return next((name for kinds in (FOUND, (PIXELS,)) for name, one in reads.items() if _finds(one, kinds)), "")
    role = next(iter(task.outputs))
    if found.layout != "table" or role in task.optional:
        return ""
    column = str(spec.get("outputs", {}).get(role, role))
    if column not in found.columns:
        return ""
    texts = [port.role for port in task.contract.raw if port.kind in ("text", "image")]
    given = {one: spec.get("inputs", {}).get(one, one) for one in texts}
    read_ = [column for one in given.values() for column in ([one] if isinstance(one, str) else one)]
    lacks = any(column not in found.columns for column in read_)
    other = any(name != column and kind in READ for name, kind in found.columns.items())
    wanted = gives(found, column)
    own = next((port.kind for port in task.contract.answer if port.role == role), "")
    if task.contract.time is not None and not _timed(found) and not AHEAD.search(request):
        wanted = wanted or "number"
    elif task.contract.each is None and not (task.labels == "required" and lacks and other):
        return ""
    if task.contract.each is not None and wanted in (None, own):
        return ""
    wanted = wanted or ("label" if own not in ("label", "number") else own)  # type: ignore[assignment]
    return next(
        (
            name
            for name, one in tasks.items()
            if one.contract.each is not None and any(port.kind == wanted for port in one.contract.answer)
        ),
        "",
    )
