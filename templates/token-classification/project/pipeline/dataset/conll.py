"""Read CoNLL files: a token a line with its columns, an empty line between sentences, -DOCSTART- between documents."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.dataset import table_files, tag_schemes
from pipeline.dataset.table_files import PLACE, PROBLEM

SUFFIXES = (".conll", ".conllu", ".conll2003", ".iob", ".iob2", ".bio", ".bioes", ".txt", ".tsv")
TOKENS, TAGS, DOCUMENT, CLOSE = "tokens", "tags", "document", "__close"
"""Columns of what is read; CLOSE: which tokens have no space behind them (`SpaceAfter=No` of CoNLL-U)."""
COMMENT = re.compile(r"# ?(?:id|text|sent_id|newdoc|newpar|global\.columns|\w+ =)\b|# \w+ ?=")
NEW_DOCUMENT = re.compile(r"-DOCSTART-|# ?newdoc")


@dataclass(kw_only=True)
class Sentence:
    place: str
    document: str
    lines: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """The physical line of each."""


def read(source: Path) -> pl.DataFrame:
    """Return a row a sentence: `tokens`, `tags`, every column as `column_N`, `document` where documents are told apart.

    `tags` is the last column whose values have prefixes, else the fourth of CoNLL-U, else the last one.
    """
    sentences = [
        one for path in table_files.files(source, SUFFIXES) for one in parse(table_files.read_text(path), path.name)
    ]
    if not sentences:
        raise Failure("TS822", f"`{source}` holds no tokens", hint="a token a line, an empty line between sentences")
    widths = [len(line) for one in sentences for line in one.lines]
    usual = max(set(widths), key=widths.count)
    good = [line for one in sentences for line in one.lines if len(line) == usual]
    word, tag = roles(good)
    rows = []
    for one in sentences:
        odd = next(((line, at) for line, at in zip(one.lines, one.numbers, strict=True) if len(line) != usual), None)
        problem = f"line {odd[1]} has {len(odd[0])} columns, not {usual}: `{' '.join(odd[0])[:60]}`" if odd else None
        lines = [line for line in one.lines if len(line) == usual and not re.fullmatch(r"\d+[-.]\d+", line[0])]
        row: dict[str, object] = {f"column_{at + 1}": [line[at] for line in lines] for at in range(usual)}
        close = ["SpaceAfter=No" in line[-1] for line in lines] if usual == 10 else None
        row |= {TOKENS: row[f"column_{word + 1}"], TAGS: row[f"column_{tag + 1}"], CLOSE: close}
        rows.append(row | {DOCUMENT: one.document, PLACE: one.place, PROBLEM: problem})
    frame = pl.DataFrame(rows, schema_overrides={PROBLEM: pl.String, CLOSE: pl.List(pl.Boolean)})
    return frame if len({one.document for one in sentences}) > 1 else frame.drop(DOCUMENT)


def parse(content: str, name: str) -> Iterator[Sentence]:
    """Return the sentences of a file."""
    document, count = name, 0
    tabs = "\t" in content
    lines: list[list[str]] = []
    numbers: list[int] = []
    for number, line in enumerate([*content.splitlines(), ""], start=1):
        fresh = NEW_DOCUMENT.match(line)
        if fresh:
            count += 1
            document = f"{name}#{count}"
        if line.strip() and not fresh:
            if COMMENT.match(line):
                continue
            numbers.append(number)
            lines.append([cell.strip() for cell in line.split("\t")] if tabs and "\t" in line else line.split())
        elif lines:
            yield Sentence(place=f"{name}:{numbers[0]}", document=document, lines=lines, numbers=numbers)
            lines, numbers = [], []


def roles(lines: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Find the columns of tokens and tags, counted from 0."""
    columns = [{line[at] for line in lines} for at in range(len(lines[0]))]
    word = 1 if len(columns) > 2 and all(value.split("-")[0].split(".")[0].isdigit() for value in columns[0]) else 0
    marked = [at for at, values in enumerate(columns) if at != word and tag_schemes.scheme(values) in ("BIO", "BIOES")]
    if marked:
        return word, marked[-1]
    return word, 3 if len(columns) == 10 else len(columns) - 1
