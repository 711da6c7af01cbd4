"""Texts with marked spans: CoNLL files, columns of spans, and columns of tokens with their tags."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.reading.notes import Note, listed
from trainerspec.reading.table import PLACE
from trainerspec.workspace import read
from trainerspec.workspace.listing import locate

CONLL = frozenset({".conll", ".conllu", ".conll2003", ".iob", ".iob2", ".bio", ".bioes"})
SNIFFED = frozenset({".txt", ".tsv"})
"""Files that may be CoNLL: their first lines tell."""
HEAD = 65536
PREFIXED = re.compile(r"[BILESUMbilesum][-_](.+)", re.DOTALL)
OUTSIDE = frozenset({"O", "o", "OUT", "_", ""})
COMMENT = re.compile(r"# ?(?:id|text|sent_id|newdoc|newpar|global\.columns|\w+ =)\b|# \w+ ?=")
PARTS = {
    "start": {"start", "start_offset", "begin", "start_char", "from"},
    "end": {"end", "end_offset", "stop", "end_char", "to"},
    "label": {"label", "entity", "type", "tag", "entity_group", "labels", "entity_type"},
}
"""How the parts of a span are called by the tools that write them."""
MOST_TYPES = 100
"""Lists of more different words than this are texts, not tags."""
LOOKED = 200
"""Values of a column that show its kind."""


def is_conll(path: Path, names: Sequence[str]) -> bool:
    """Tell CoNLL files from others: by their ending, or plain files by lines of equally many columns with tags."""
    endings = {Path(name).suffix.lower() for name in names}
    if endings & CONLL:
        return True
    loose = [name for name in names if Path(name).suffix.lower() in SNIFFED]
    return (
        bool(loose) and len(loose) == len(names) and all("/" not in name for name in names) and _sniff(path, loose[0])
    )


def _sniff(path: Path, name: str) -> bool:
    try:
        with locate(path, name).open("rb") as file:
            head = file.read(HEAD).decode("utf-8", errors="replace")
    except OSError:
        return False
    lines = [line.split() for line in head.splitlines()[:-1]]
    filled = [line for line in lines if line]
    widths = Counter(len(line) for line in filled)
    if len(filled) < 3 or len(filled) == len(lines) or not 2 <= widths.most_common(1)[0][0] <= 15:
        return False
    last = {line[-1] for line in filled}
    return widths.most_common(1)[0][1] > 0.9 * len(filled) and len(last) <= MOST_TYPES and bool(last & OUTSIDE)


def sentences(
    path: Path, names: Sequence[str], most: int
) -> tuple[pl.DataFrame, int, tuple[Note, ...], list[Diagnostic]]:
    """Read CoNLL files until `most` bytes are read: sentences, files read, what is left out, and what is wrong."""
    contents, problems = read.texts(path, names, most)
    found = [conll(content or "", name) for content, name in zip(contents, names, strict=False)]
    rows = [row for rows, _ in found for row in rows]
    notes = tuple(note for _, notes in found for note in notes)
    return pl.DataFrame(rows, infer_schema_length=None), len(contents), notes, problems


def conll(content: str, name: str) -> tuple[list[dict[str, Any]], list[Note]]:
    """Read a row a sentence: `tokens`, `tags`, each column as `column_N`, `document`, and PLACE.

    Sentences with a line of more or fewer columns than usual are left out, and told.

    >>> conll("EU B-ORG\\nrejects O\\n\\nPeter B-PER\\n", "a.conll")[0][0]["tags"]
    ['B-ORG', 'O']
    """
    sentences = list(_sentences(content, name))
    widths = Counter(len(line) for _, numbered in sentences for line in numbered.values())
    if not widths:
        return [], []
    usual = widths.most_common(1)[0][0]
    whole = [line for _, numbered in sentences for line in numbered.values() if len(line) == usual]
    word, tag = _roles([{line[at] for line in whole} for at in range(usual)])
    rows, odd = [], list[int]()
    for document, numbered in sentences:
        number, lines = next(iter(numbered)), numbered.values()
        if (strange := next((at for at, line in numbered.items() if len(line) != usual), None)) is not None:
            odd.append(strange)
            continue
        kept = [line for line in lines if not re.fullmatch(r"\d+[-.]\d+", line[0])]
        row: dict[str, Any] = {f"column_{at + 1}": [line[at] for line in kept] for at in range(usual)}
        about = {"document": document, PLACE: f"{name}:{number}"}
        rows.append({"tokens": row[f"column_{word + 1}"], "tags": row[f"column_{tag + 1}"], **row, **about})
    return rows, [_odd(odd, usual, name)] if odd else []


def _odd(lines: Sequence[int], usual: int, name: str) -> Note:
    """Tell the lines for which sentences are left out."""
    what = "1 sentence" if len(lines) == 1 else f"{len(lines)} sentences"
    message = f"{what} of `{name}` with more or fewer than {usual} columns left out: {listed(list(lines))}"
    hint = "write a token and its tag in each line"
    return Note(
        kind="ragged", message=message, file=name, rows=len(lines), lines=tuple(lines), hint=hint, line=lines[0]
    )


def _sentences(content: str, name: str) -> Iterator[tuple[str, dict[int, list[str]]]]:
    """Return the document of each sentence, and the cells of its lines by their number."""
    document, count = name, 0
    lines: dict[int, list[str]] = {}
    for number, line in enumerate([*content.splitlines(), ""], start=1):
        fresh = line.startswith("-DOCSTART-") or re.match(r"# ?newdoc", line)
        if fresh:
            count += 1
            document = f"{name}#{count}"
        if line.strip() and not fresh:
            if not COMMENT.match(line):
                lines[number] = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        elif lines:
            yield document, lines
            lines = {}


def _roles(columns: Sequence[set[str]]) -> tuple[int, int]:
    """Find the columns of tokens and tags: the last one with prefixes, else the fourth of CoNLL-U, else the last."""
    numbered = all(re.fullmatch(r"\d+([-.]\d+)?", value) for value in columns[0])
    word = 1 if len(columns) > 2 and numbered else 0
    marked = [at for at, values in enumerate(columns) if at != word and _prefixed(values)]
    return word, marked[-1] if marked else 3 if len(columns) == 10 else len(columns) - 1


def _prefixed(values: set[str]) -> bool:
    typed = values - OUTSIDE
    return bool(typed) and all(PREFIXED.fullmatch(value) for value in typed)


def spacy(path: Path) -> pl.DataFrame | None:
    """Read spaCy's training format, a JSON list of [text, {"entities": [[start, end, label]]}]; None for others."""
    if path.suffix.lower() != ".json":
        return None
    with path.open("rb") as file:
        head = b"".join(file.read(2000).split())
    if not head.startswith((b"[[", b'{"classes":')):
        return None
    try:
        content = json.loads(path.read_bytes())
        pairs = [one for one in (content["annotations"] if isinstance(content, dict) else content) if one]
        spans = [[{"start": a, "end": b, "label": str(c)} for a, b, c in about["entities"]] for _, about in pairs]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    record = pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64, "label": pl.String}))
    return pl.DataFrame({"text": [str(text) for text, _ in pairs], "entities": pl.Series(spans, dtype=record)})


def kind(values: pl.Series) -> str:
    """Tell a column of `spans` or of `tokens` (words or tags); nothing for other columns.

    >>> kind(pl.Series([[{"start": 0, "end": 2, "label": "ORG"}]])), kind(pl.Series([["a", "b"]])), kind(pl.Series([1]))
    ('spans', 'tokens', '')
    >>> kind(pl.Series(['[{"start": 0, "end": 2, "label": "ORG"}]'])), kind(pl.Series([[[0, 2, 5]]]))
    ('spans', '')
    """
    if not isinstance(values.dtype, pl.List) and values.dtype != pl.String:
        return ""
    some = [one for one in map(_parsed, values.drop_nulls().head(LOOKED).to_list()) if one]
    if not some or not all(isinstance(one, list) for one in some):
        return ""
    parts = [part for one in some if isinstance(one, list) for part in one]
    if all(_label(part) for part in parts):
        return "spans"
    return "tokens" if all(isinstance(part, str) for part in parts) else ""


def types(values: pl.Series) -> dict[str, int]:
    """Count the spans of each type in a column of spans or tags, sorted by name.

    >>> types(pl.Series([["B-PER", "I-PER", "O"], ["B-LOC", "B-PER", "O"]]))
    {'LOC': 1, 'PER': 2}
    """
    rows = [one for one in map(_parsed, values.drop_nulls().to_list()) if isinstance(one, list)]
    tags = [part for one in rows for part in one if isinstance(part, str)]
    seen = set(tags)
    if not tags:
        found = [label for one in rows for part in one if (label := _label(part))]
    elif _prefixed(seen):
        begun = [tag for one in rows for tag, before in zip(one, [None, *one], strict=False) if _begins(tag, before)]
        found = [match[1] for tag in begun if (match := PREFIXED.fullmatch(tag))]
    else:
        found = [kind for one in rows for kind in _bare(one)] if seen & OUTSIDE else tags
    return dict(sorted(Counter(found).items()))


def _begins(tag: str, before: str | None) -> bool:
    """Tell whether a tag with a prefix begins a span."""
    if tag in OUTSIDE:
        return False
    going = before is not None and before not in OUTSIDE and before[2:] == tag[2:] and before[0].upper() not in "ELSU"
    return tag[0].upper() in "BSU" or not going


def _bare(tags: Iterable[str]) -> Iterator[str]:
    """Return the type of each run of equal tags."""
    before = ""
    for tag in tags:
        if tag not in OUTSIDE and tag != before:
            yield tag
        before = tag


def _parsed(value: object) -> object:
    """Read a list that a CSV holds as JSON, or as Python prints it."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return re.findall(r"'((?:[^'\\]|\\.)*)'", value) if value.lstrip().startswith("['") else None


def _label(part: object) -> str:
    """Return the label of a span, a record or a list of start, end and label; nothing for anything else."""
    if isinstance(part, Mapping):
        if not all(names & part.keys() for names in PARTS.values()):
            return ""
        found = next((part[name] for name in sorted(PARTS["label"]) if part.get(name)), None)
        return str(found[0] if isinstance(found, list) else found or "")
    if isinstance(part, list) and len(part) >= 3 and all(str(one).lstrip("-").isdigit() for one in part[:2]):
        return "" if str(part[2]).lstrip("-").isdigit() else str(part[2])
    return ""
