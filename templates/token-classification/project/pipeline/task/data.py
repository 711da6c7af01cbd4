"""Read texts and the spans in them: CoNLL files, or tables of tokens with tags or of texts with spans.

Offsets count characters of the text as it is. A span that does not start and end where words do, or that overlaps an
earlier one, is named in build/data/report.json and left out; its text stays.
"""

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset import conll, table_files, tag_schemes
from pipeline.dataset.table_files import GROUP, KEY, LABELS, PARTLY, PROBLEM
from pipeline.dataset.tag_schemes import Span
from pipeline.task import processing
from pipeline.task.processing import LONGEST, Tags

SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64, "label": pl.String})
NAMES = {
    "start": ("start", "start_offset", "begin", "start_char", "from"),
    "end": ("end", "end_offset", "stop", "end_char", "to"),
    "label": ("label", "entity", "type", "tag", "entity_group", "labels", "entity_type"),
}
"""How the parts of a span are called by the tools that write them."""
DOCUMENTS = ("document", "document_id", "doc_id", "docid", "doc")
"""Columns whose rows of equal value are one document."""
WRONG = (LookupError, OverflowError, RecursionError, TypeError, ValueError, pl.exceptions.PolarsError)
"""What files of another form, damaged ones or ones that are nested too deeply raise."""
FEWEST = 3
"""Documents below which a split by document is impossible."""


@dataclass(kw_only=True)
class Row:
    text: str | None = None
    spans: list[Span] | None = None
    notes: list[str] = field(default_factory=list)
    problem: str | None = None


def read(source: Path, layout: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> pl.DataFrame:
    """Return one row a text or sentence: its text, its spans, the data's columns, PLACE, KEY, LABELS, PARTLY, PROBLEM.

    GROUP is there where the data tells documents apart.
    """
    text, spans = inputs["text"], outputs["spans"]
    if layout == "conll":
        frame = conll.read(source)
        given = {conll.TOKENS: text, conll.TAGS: spans}
        frame = frame.rename({column: role for column, role in given.items() if role not in frame.columns})
    else:
        frame = spacy(source) if is_spacy(source) else table_files.read(source, (text, spans), (text, spans))
    if text not in frame.columns or spans not in frame.columns:
        return frame
    values = [parsed(value) for value in frame[spans].to_list()]
    marked = [value for value in values if isinstance(value, list) and tagged(value)]
    how = tag_schemes.scheme(str(tag) for value in marked for tag in value)
    close = frame[conll.CLOSE].to_list() if conll.CLOSE in frame.columns else [None] * frame.height
    rows = [row(one, value, how, glue) for one, value, glue in zip(frame[text].to_list(), values, close, strict=True)]
    known = frame[PROBLEM].to_list() if PROBLEM in frame.columns else [None] * frame.height
    frame = frame.with_columns(
        pl.Series(text, [one.text for one in rows], dtype=pl.String),
        pl.Series(spans, [records(one.spans) for one in rows], dtype=pl.List(SPAN)),
        pl.Series(KEY, [table_files.text_key(one.text) for one in rows], dtype=pl.String),
        pl.Series(LABELS, [[label for _, _, label in one.spans or ()] for one in rows], dtype=pl.List(pl.String)),
        pl.Series(PARTLY, [one.notes for one in rows], dtype=pl.List(pl.String)),
        pl.Series(PROBLEM, [a or one.problem for a, one in zip(known, rows, strict=True)], dtype=pl.String),
    )
    return grouped(frame.drop(conll.CLOSE, strict=False))


def is_spacy(source: Path) -> bool:
    """Tell spaCy's training format, a JSON list of [text, {"entities": [[start, end, label]]}], from a table."""
    if source.suffix.lower() != ".json" or not source.is_file():
        return False
    head = "".join(table_files.read_text(source)[:2000].split())
    return head.startswith(("[[", '{"classes":'))


def spacy(source: Path) -> pl.DataFrame:
    """Read spaCy's training format as `text` and `entities`. Raises Failure TS823 when the file is something else."""
    try:
        content = json.loads(table_files.read_text(source))
        pairs = [one for one in (content["annotations"] if isinstance(content, dict) else content) if one]
        texts = [str(text) for text, _ in pairs]
        marked = [[one for one in map(given, about["entities"]) if isinstance(one, tuple)] for _, about in pairs]
        places = [f"{source.name}:{number}" for number in range(1, len(pairs) + 1)]
        columns = {"text": texts, "entities": [records(one) for one in marked], table_files.PLACE: places}
        return pl.DataFrame(columns, schema_overrides={"entities": pl.List(SPAN)})
    except WRONG as error:
        hint = 'it is a JSON list of `[text, {"entities": [[start, end, label]]}]`'
        message = (
            f"`{source}` is not in spaCy's training format: {type(error).__name__} {table_files.first_line(error)}"
        )
        raise Failure("TS823", message, hint=hint) from error


def grouped(frame: pl.DataFrame) -> pl.DataFrame:
    """Add GROUP where a column names the documents."""
    column = next((name for name in frame.columns if name.lower() in DOCUMENTS), None)
    if column is None or frame[column].null_count():
        return frame
    if frame[column].n_unique() < FEWEST:
        print(f"warning: `{column}` names too few documents to split by; sentences are split instead", flush=True)
        return frame
    return frame.with_columns(pl.col(column).cast(pl.String).alias(GROUP))


def records(spans: Iterable[Span] | None) -> list[dict[str, object]] | None:
    """Return spans as plain records."""
    return None if spans is None else [{"start": a, "end": b, "label": label} for a, b, label in spans]


def parsed(value: object) -> object:
    """Read a list that a CSV holds as text: JSON, or a list as Python prints it; other texts are words."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("[", "{"):
        for reader in (json.loads, ast.literal_eval):
            try:
                return reader(value)
            except (ValueError, SyntaxError):
                continue
    return value.split() or None


def tagged(value: object) -> bool:
    """Tell tags of tokens from spans."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str | int) for one in value)


def row(text: object, value: object, how: str, close: Sequence[bool] | None) -> Row:
    """Read one row: a text with spans, or tokens with tags."""
    if text is None or value is None or (isinstance(text, str) and not text.strip()):
        return Row(text=None if text is None or not str(text).strip() else str(text), spans=None)
    if isinstance(value, Mapping):
        value = value.get("entities", value.get("spans", value))
    if not isinstance(value, list):
        return Row(problem=f"its spans are {type(value).__name__}, no list")
    if not tagged(value):
        if isinstance(text, list):
            text, _ = tag_schemes.join([str(token) for token in text], close)
        return checked(str(text), [given(one) for one in value])
    tokens = parsed(text)
    if not isinstance(tokens, list) or len(tokens) != len(value):
        return Row(problem=f"{len(tokens) if isinstance(tokens, list) else 'no'} tokens, but {len(value)} tags")
    if any(isinstance(tag, int) for tag in value):
        return Row(problem="its tags are numbers: write their names instead")
    words = [(str(token).strip(), str(tag)) for token, tag in zip(tokens, value, strict=True)]
    kept = [(word, tag) for word, tag in words if word]
    joined, places = tag_schemes.join([word for word, _ in kept], close if len(kept) == len(tokens) else None)
    found = [(places[a][0], places[b][1], kind) for a, b, kind in tag_schemes.spans([tag for _, tag in kept], how)]
    return checked(joined, found) if joined else Row()


def given(one: object) -> Span | str:
    """Read one span: a record, or start, end and label in a list; or say why it is none."""
    if isinstance(one, Mapping):
        values = [next((one[name] for name in names if one.get(name) is not None), None) for names in NAMES.values()]
    else:
        values = list(one) if isinstance(one, list | tuple) else []
    if len(values) >= 3 and isinstance(values[2], list):
        values[2] = values[2][0] if values[2] else None
    try:
        start, end, label = int(str(values[0])), int(str(values[1])), values[2]
    except (IndexError, TypeError, ValueError):
        return f"`{json.dumps(one, ensure_ascii=False, default=str)[:80]}` is not a span with start, end and label"
    return (start, end, str(label).strip()) if label else "a span has no label"


def checked(text: str, found: Sequence[Span | str]) -> Row:
    """Keep the spans that start and end where words do; longer ones first where they overlap."""
    if len(text) > LONGEST:
        return Row(problem=f"{len(text)} characters; at most {LONGEST} are read")
    places = processing.words(text)
    starts, ends = {start for start, _ in places}, {end for _, end in places}
    notes = [one for one in found if isinstance(one, str)]
    kept: list[Span] = []
    spans = [one for one in found if not isinstance(one, str)]
    for start, end, label in sorted(spans, key=lambda one: (one[0] - one[1], one)):
        about = f"span {start} to {end} ({label})"
        if not 0 <= start < end <= len(text) or not text[start:end].strip():
            notes.append(f"{about} is not inside of the text of {len(text)} characters")
            continue
        quote = text[start:end]
        a, b = start + len(quote) - len(quote.lstrip()), end - (len(quote) - len(quote.rstrip()))
        if a not in starts or b not in ends:
            notes.append(f"{about} `{quote[:40]}` starts or ends inside of a word")
        elif any(a < other[1] and other[0] < b for other in kept):
            if (a, b, label) not in kept:
                notes.append(f"{about} `{quote[:40]}` overlaps another span")
        else:
            kept.append((a, b, label))
    return Row(text=text, spans=sorted(kept), notes=notes)


def measure(frame: pl.DataFrame) -> dict[str, float]:
    """Measure, on prepared rows, the facts that the data contract's soft part holds."""
    chars = frame["text"].str.len_chars()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {f"text.chars.{name}": float(chars.quantile(share, "higher") or 0) for name, share in shares.items()}


def raw(frame: pl.DataFrame) -> dict[str, list[str]]:
    """Return the raw inputs of a prepared split, as a request has them."""
    return {"text": frame["text"].to_list()}


def tags(text: str, spans: Iterable[Mapping[str, object]], labels: Sequence[str]) -> Tags:
    """Return each word's tag (see `processing.Tags`); spans of other labels are outside."""
    place = {label: index for index, label in enumerate(labels)}
    words = processing.words(text)
    first, last = {start: at for at, (start, _) in enumerate(words)}, {end: at for at, (_, end) in enumerate(words)}
    made = np.ones(len(words), dtype=np.int16)
    for span in spans:
        if span["label"] in place:
            a, b = first[int(str(span["start"]))], last[int(str(span["end"]))]
            made[a : b + 1] = 3 + 2 * place[str(span["label"])]
            made[a] -= 1
    return made


def truth(frame: pl.DataFrame, labels: tuple[str, ...]) -> Tags:
    """Return the tags of each row's words (rows x words of the longest text)."""
    rows = [tags(text, spans, labels) for text, spans in frame.select("text", "spans").iter_rows()]
    made = np.zeros((len(rows), max(1, *(len(one) for one in rows))), dtype=np.int16)
    for index, one in enumerate(rows):
        made[index, : len(one)] = one
    return made
