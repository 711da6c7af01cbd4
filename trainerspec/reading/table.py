"""One table from a file or a folder of files: which belong together, and where each row comes from. Start here."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from . import captions, database, records
from .content import DATABASES, PACKED, RECORDS, SEPARATED, WORKBOOKS, is_table, load, suffix, unreadable
from .folders import PARTS, SYSTEM, UNLABELLED
from .notes import Note, Unreadable
from .separated import delimited, large

PLACE = "__place"
"""Where a row comes from: `file:line`, a physical line for text files, the row for others."""
RESERVED = frozenset({
    "__place", "__part", "__key", "__problem", "__partly", "__labels", "__group", "__stratum", "__source",
    "__confidence", "__given",
})  # fmt: skip
"""Names of columns that are made while reading and preparing."""
PART = "__part"
"""The part of the data that the names of files or folders give to a row: train, validation or test; null for none."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What a folder of rows without a value is called after its column."""
SUBMISSION = re.compile(r"submission", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Table:
    frame: pl.DataFrame = field(repr=False)
    """The rows with `PLACE`, and `PART` where names tell one; values of text files are texts as written."""
    files: tuple[str, ...]
    """The files that were read, relative, sorted."""
    notes: tuple[Note, ...]


def part(name: str) -> str | None:
    """Return the part of a split that a name of a file or folder stands for.

    >>> part("train.csv"), part("my_val.jsonl"), part("Test"), part("testimonials.csv")
    ('train', 'validation', 'test', None)
    """
    stem = Path(name).name.partition(".")[0].lower()
    words = [word for word in re.split(r"[^a-z]+", stem) if word]
    found = {PARTS[word] for word in words if word in PARTS}
    return found.pop() if len(found) == 1 else None


def part_of(name: str) -> str | None:
    """Return the part of a split that a file's own name stands for, else the nearest of its folders.

    >>> part_of("train/_annotations.csv"), part_of("train/test.csv"), part_of("a/b.csv")
    ('train', 'test', None)
    """
    return next(filter(None, map(part, reversed(Path(name).parts))), None)


def names(path: Path) -> list[str]:
    """List the tables at a path, relative and sorted; hidden files are none."""
    if path.is_file():
        return [path.name]
    there = (one for one in path.rglob("*") if one.name.lower() not in SYSTEM)
    found = [one.relative_to(path) for one in there if one.is_file() and is_table(one.name)]
    return sorted(one.as_posix() for one in found if not any(word.startswith((".", "~$")) for word in one.parts))


def read_one(
    path: Path, as_text: Collection[str] | None = None, needed: Collection[str] = ()
) -> tuple[pl.DataFrame, pl.Series, tuple[Note, ...]]:
    """Read one file; the line of each row comes second. Raises Unreadable.

    Of several sheets or tables in it the one with the `needed` columns is read, else the largest. Where columns
    `as_text` are named, plain numbers of others come as numbers from a large file.
    """
    kind = suffix(path)
    try:
        if as_text is not None and (plain := large.read(path, as_text)) is not None:
            return plain.frame, plain.lines, plain.notes
        if kind == ".parquet" and path.suffix.lower() not in PACKED:
            frame, lines, notes = records.parquet(path)
            return frame, lines, tuple(notes)
        if kind in WORKBOOKS and path.suffix.lower() not in PACKED:
            frame, lines, notes = records.workbook(path, needed)
            return frame, lines, tuple(notes)
        if kind in DATABASES and path.suffix.lower() not in PACKED:
            frame, lines, notes = database.read(path, needed)
            return frame, lines, tuple(notes)
        content = load(path)
    except OSError as error:
        raise Unreadable(unreadable(path, error)) from error
    if kind in RECORDS or (kind not in SEPARATED and content.lstrip()[:1] in (b"{", b"[")):
        reader = records.document if kind == ".json" or content.lstrip()[:1] == b"[" else records.lines
        frame, lines, notes = reader(content, path)
        return frame, lines, tuple(notes)
    found = delimited.read(content, path.name)
    return found.frame, found.lines, found.notes


def read(
    path: Path,
    *,
    only: Sequence[str] | None = None,
    needed: Collection[str] = (),
    as_text: Collection[str] | None = None,
    numbered: bool = False,
) -> Table:
    """Read a file, or all tables of a folder (or `only` some) that have the same columns.

    Names of columns that differ by case and blanks alone are the same. Where a folder holds tables of different
    columns, those are read that have the `needed` ones, or that are called `train`; all others are told. Files of one
    series (`2024-01.csv`, `2024-02.csv`) are joined by name.

    Values of text files are texts; of one large file plain numbers are numbers, but for the columns `as_text`, where
    these are named. Where rows are `numbered`, PLACE holds the line alone of those that come from one file.

    Raises Unreadable: what a file raises, `empty` where nothing is there, `columns` where it is not clear which are
    meant. Pictures with a text of the same name beside each are a table where there is no other.
    """
    listed = list(only) if only is not None else names(path)
    if not listed and (captioned := captions.read(path)) is not None:
        place = captioned.frame[captions.IMAGE].alias(PLACE)
        return Table(frame=captioned.frame.with_columns(place), files=captioned.texts, notes=())
    if not listed:
        raise Unreadable(Note(kind="empty", message=f"`{path.name}` holds no tables", hint="put the data there"))
    notes: list[Note] = []
    frames: dict[str, pl.DataFrame] = {}
    for name in listed:
        one = path if path.is_file() else path / name
        frame, lines, told = read_one(one, as_text if len(listed) == 1 else None, needed)
        frame = frame.with_columns(pl.lit(value).alias(key) for key, value in keyed(name) if key not in frame.columns)
        if suffix(one) not in SEPARATED:  # whose empty values are null already
            frame = frame.with_columns(pl.col(pl.String).replace("", None))
        notes += told
        if taken := RESERVED & set(frame.columns):
            message = f"`{name}` has a column `{min(taken)}`, a name that is used for what is made of the data"
            raise Unreadable(
                Note(kind="names", message=message, file=name, line=1, hint="give the column another name")
            )
        place = lines if numbered and len(listed) == 1 else located(lines, name)
        given = part_of(name) if len(listed) > 1 else None
        frames[name] = frame.with_columns(place.alias(PLACE), pl.lit(given, pl.String).alias(PART))
    notes += waiting(frames)
    chosen, more = choose({name: _own(frame) for name, frame in frames.items()}, needed, path.name)
    united, renamed = unite([frames[name] for name in chosen], chosen, path.name)
    if united[PART].null_count() == united.height:
        united = united.drop(PART)
    return Table(frame=united, files=tuple(chosen), notes=(*notes, *more, *renamed))


def keyed(name: str) -> list[tuple[str, str | None]]:
    """Return the columns that folders called `name=value` give to the rows of a file, as Hive and Spark write them.

    >>> keyed("year=2023/kind=a%20b/part-0.parquet"), keyed("x/part-0.parquet")
    ([('year', '2023'), ('kind', 'a b')], [])
    """
    pairs = [one.partition("=") for one in Path(name).parts[:-1]]
    return [(unquote(key), None if value == NO_VALUE else unquote(value)) for key, mark, value in pairs if mark and key]


def located(lines: pl.Series, file: str) -> pl.Series:
    """Return where rows come from, as `file:line`.

    >>> located(pl.Series([2, 3]), "a.csv").to_list()
    ['a.csv:2', 'a.csv:3']
    """
    return lines.to_frame().select(pl.format("{}:{}", pl.lit(file), pl.col(lines.name))).to_series()


def waiting(frames: dict[str, pl.DataFrame]) -> list[Note]:
    """Give files of unlabelled rows the columns that the labelled ones have beside theirs, without values."""
    open_ = [name for name in frames if UNLABELLED & set(re.split(r"[^a-z]+", name.lower()))]
    others = {frozenset(map(folded, _own(frame))): frame for name, frame in frames.items() if name not in open_}
    if not open_ or len(others) != 1:
        return []
    ((columns, example),) = others.items()
    notes = []
    for name in open_:
        have = {folded(one) for one in _own(frames[name])}
        if have < columns:
            lacking = [one for one in _own(example) if folded(one) not in have]
            frames[name] = frames[name].with_columns(pl.lit(None, example.schema[one]).alias(one) for one in lacking)
            message = f"the rows of `{name}` have no {_quoted(lacking)} yet"
            notes.append(Note(kind="files", message=message, file=name, severity="info"))
    return notes


def _own(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in (PLACE, PART)]


def folded(name: str) -> str:
    """Return a column's name without regard to case, blanks and underscores at the ends.

    >>> folded(" Unit_Price ") == folded("unit price")
    True
    """
    return " ".join(name.replace("_", " ").casefold().split())


def choose(columns: dict[str, list[str]], needed: Collection[str], source: str) -> tuple[list[str], list[Note]]:
    """Return the files that belong together, and what is said of the others; raises Unreadable (`columns`)."""
    groups: dict[frozenset[str], list[str]] = {}
    for name, own in columns.items():
        groups.setdefault(frozenset(map(folded, own)), []).append(name)
    if len(groups) == 1:
        sent = [name for name in columns if SUBMISSION.search(name)]
        kept = [name for name in columns if name not in sent]
        if not sent or not kept:
            return list(columns), []
        message = f"{_quoted(sent)} not read: by the name it holds answers to be sent in, no labels"
        return kept, [Note(kind="files", message=message, hint="give the file another name to have it read")]
    wanted = frozenset(map(folded, needed))
    if (joined := _series(columns)) is not None:
        return list(columns), [joined]
    able = [
        names_ for have, names_ in groups.items() if wanted <= have and not all(SUBMISSION.search(n) for n in names_)
    ]
    trained = [names_ for names_ in able if any(part(name) == "train" for name in names_)]
    found = able if len(able) == 1 else trained
    if len(found) != 1:
        shown = "; ".join(
            f"{', '.join(f'`{n}`' for n in names_[:3])}: {', '.join(columns[names_[0]][:6])}"
            for names_ in groups.values()
        )
        message = f"the tables in `{source}` have different columns ({shown})"
        raise Unreadable(Note(kind="columns", message=message, hint="name the file that is meant as the source"))
    chosen = found[0]
    others = [name for name in columns if name not in chosen]
    message = f"{_quoted(others)} not read: the columns differ from those of {_quoted(chosen)}"
    return chosen, [Note(kind="files", message=message, hint="name one file as the source to have it read alone")]


def _series(columns: dict[str, list[str]]) -> Note | None:
    """Tell what columns some files lack where all are one series, whose names differ in numbers alone; else None.

    Such files (`2024-01.csv`, `2024-02.csv`) are one table when each has half of all columns.
    """
    spelled: dict[str, str] = {}
    for name in (name for own in columns.values() for name in own):
        spelled.setdefault(folded(name), name)
    have = {file: set(map(folded, own)) for file, own in columns.items()}
    if len({re.sub(r"\d+", "#", file) for file in columns}) > 1:
        return None
    if any(2 * len(own) < len(spelled) for own in have.values()):
        return None
    lacking = {name: [file for file, own in have.items() if plain not in own] for plain, name in spelled.items()}
    told = "; ".join(f"`{name}` not in {_quoted(files)}" for name, files in lacking.items() if files)
    message = f"files of one series differ in their columns, which are joined by name and empty where they lack: {told}"
    return Note(kind="columns", message=message, hint="leave the column out, or name the files that have it")


def _quoted(names_: Iterable[str], most: int = 4) -> str:
    names_ = list(names_)
    shown = ", ".join(f"`{name}`" for name in names_[:most])
    return shown + (f" and {len(names_) - most} more" if len(names_) > most else "")


def unite(frames: list[pl.DataFrame], files: Sequence[str], source: str) -> tuple[pl.DataFrame, list[Note]]:
    """Put tables of the same columns below one another, under the first one's names; types that differ become text."""
    notes = []
    spelled: dict[str, str] = {}
    for name in (name for frame in frames for name in _own(frame)):
        spelled.setdefault(folded(name), name)
    columns = [*spelled.values(), PLACE, PART]
    made: list[pl.DataFrame] = []
    for frame, file in zip(frames, files, strict=True):
        other = {name: spelled[folded(name)] for name in _own(frame) if spelled[folded(name)] != name}
        if other:
            pairs = ", ".join(f"`{old}` as `{new}`" for old, new in list(other.items())[:4])
            message = f"columns of `{file}` are read under the names that `{files[0]}` gives them: {pairs}"
            notes.append(Note(kind="columns", message=message, file=file, severity="info"))
        named = frame.rename(other)
        made.append(
            named.with_columns(pl.lit(None).alias(name) for name in columns if name not in named).select(columns)
        )
    schemas = [frame.schema for frame in made if frame.height]
    types = {name: {one for schema in schemas if (one := schema[name]) != pl.Null} for name in columns}
    mixed = [name for name, found in types.items() if len(found) > 1 and pl.String in found]
    if mixed:
        message = f"columns are text in some files of `{source}` and numbers in others, taken as text: {_quoted(mixed)}"
        notes.append(Note(kind="mixed", message=message))
        made = [frame.with_columns(pl.col(name).cast(pl.String) for name in mixed) for frame in made]
    return pl.concat(made, how="vertical_relaxed"), notes
