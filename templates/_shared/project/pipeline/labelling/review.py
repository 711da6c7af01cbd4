"""labels/review.csv: the rows that people are asked about, and their answers, which are never written over.

A person writes a label into the column `answer`; `-` leaves the row out. The file may come back from a spreadsheet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.base.failure import Failure
from pipeline.base.files import write_bytes
from pipeline.reading import table
from pipeline.reading.notes import Unreadable
from pipeline.reading.repairs import folded
from pipeline.reporting import spreadsheets

FOLDER = Path("labels")
FILE = FOLDER / "review.csv"
OUT = "-"
"""The answer that leaves a row out: it belongs to no class."""
COLUMNS = ("answer", "proposal", "confidence", "why", "place", "key")
SHOWN = 500
"""Characters of a text that the file shows."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What people said, by the key of a row."""

    labels: Mapping[str, str]
    """The label, or `-`."""
    picked: frozenset[str]
    """Rows that were asked about because they are hard: no fair sample."""


def read(labels: Sequence[str], path: Path = FILE) -> Answers:
    """Read the answers; none where there is no file. Raises Failure TS853 that names the line."""
    found: dict[str, str] = {}
    picked: set[str] = set()
    for line, row in lines(path):
        answer = row["answer"].strip()
        if answer:
            found[row["key"]] = meant(answer, labels, f"{path}:{line}")
            picked |= {row["key"]} if row.get("why") != "check" else set()
    return Answers(labels=found, picked=frozenset(picked))


def both(first: Answers, second: Answers) -> Answers:
    """Put answers together; where they differ those of `first` count."""
    return Answers(labels={**second.labels, **first.labels}, picked=first.picked | second.picked)


def meant(answer: str, labels: Sequence[str], place: str) -> str:
    """Return the label that an answer stands for, whatever its case and blanks; raises Failure TS853."""
    if answer == OUT:
        return OUT
    known = {folded(label): label for label in labels}
    if folded(answer) not in known:
        hint = f"write one of {', '.join(f'`{label}`' for label in labels[:20])}, or `-` to leave the row out"
        evidence = {"place": place, "answer": answer}
        raise Failure("TS853", f"{place}: `{answer[:60]}` is no class of this project", hint=hint, evidence=evidence)
    return known[folded(answer)]


def lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of the file with their physical lines; raises Failure TS853 when it is not such a file."""
    if not path.exists():
        return []
    try:
        frame, numbers, _ = table.read_one(path)
    except Unreadable as error:
        raise Failure("TS853", f"`{path}` cannot be read: {error.note.message}", hint="repair it") from error
    lacking = [name for name in ("answer", "key") if name not in frame.columns]
    if lacking:
        hint = "keep its columns; or move the file away, and it is made anew"
        raise Failure("TS853", f"`{path}` has no column `{lacking[0]}`", hint=hint)
    texts = frame.select(pl.all().cast(pl.String).fill_null(""))
    rows = [{name: spreadsheets.original(cell) for name, cell in row.items()} for row in texts.iter_rows(named=True)]
    return list(zip(numbers.to_list(), rows, strict=True))


def write(asked: pl.DataFrame, path: Path = FILE) -> int:
    """Write the rows to ask about, then those that people answered, as they stand in the file now.

    Returns how many rows are asked about. `asked` has COLUMNS and what helps to judge a row.
    """
    answered = [row for _, row in lines(path) if row["answer"].strip()]
    known = {row["key"] for row in answered}
    new = asked.filter(~pl.col("key").is_in(sorted(known)))
    kept = pl.DataFrame(answered, schema=dict.fromkeys(answered[0], pl.String)) if answered else None
    texts = new.select(pl.all().cast(pl.String))
    everything = texts if kept is None else pl.concat([texts, kept], how="diagonal")
    content = spreadsheets.content(everything)
    if not path.exists() or path.read_bytes() != content:
        write_bytes(path, content)
    return new.height


def shown(frame: pl.DataFrame, columns: Iterable[str]) -> list[pl.Series]:
    """Return what the file shows of the rows: the inputs, texts cut."""
    return [frame[name].cast(pl.String).str.slice(0, SHOWN) for name in columns if name not in COLUMNS]
