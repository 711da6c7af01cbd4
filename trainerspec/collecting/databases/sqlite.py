"""The rows of a query on a SQLite file, each value as it is stored."""

import sqlite3
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit

import polars as pl

from ..rows import once
from ..wanted import Say, Trouble, Wanted

STEP = 50_000
SECONDS = 30.0
ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
"""All that a query may do: no other file is attached, nothing is written."""
FORBIDDEN = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})


def rows(address: str, query: str, wanted: Wanted, say: Say) -> pl.DataFrame:
    """Read the rows. Raises Trouble TS433."""
    path = wanted.root / file(address)
    if not path.is_file():
        name = wanted.options["connection"]
        hint = f"correct `{name}`: sqlite:///file.db counts from the project, sqlite:////file.db from /"
        raise Trouble("TS433", f"there is no SQLite file `{file(address)}`", hint=hint)
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=SECONDS)
        try:
            connection.set_authorizer(_allowed)
            cursor = connection.execute(query)
            names = [str(one[0]) for one in cursor.description]
            found: list[tuple[object, ...]] = []
            while batch := cursor.fetchmany(STEP):
                found += batch
                say(f"{len(found):,} rows")
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise Trouble("TS433", f"SQLite: {error}", hint="correct `data.source.sql`, or the file") from error
    once(names)
    return pl.DataFrame([_column(name, [row[at] for row in found]) for at, name in enumerate(names)])


def file(address: str) -> str:
    """Return the path that an address means.

    >>> file("sqlite:///crm.db"), file("sqlite:////srv/crm.db"), file("sqlite:crm.db")
    ('crm.db', '/srv/crm.db', 'crm.db')
    """
    parts = urlsplit(address)
    return unquote(parts.path[1:] if address.partition(":")[2].startswith("//") else parts.path)


def _allowed(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    allowed = action in ALLOWED and not (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FORBIDDEN)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _column(name: str, values: Sequence[object]) -> pl.Series:
    """Make a column of what is stored: whole numbers, numbers, or, where texts are among them, texts."""
    kinds = {type(value) for value in values} - {type(None)}
    if bytes in kinds:
        return pl.Series(name, [bytes(str(one), "utf-8") if not isinstance(one, bytes) else one for one in values])
    if kinds == {int}:
        return pl.Series(name, values, dtype=pl.Int64)
    if kinds and kinds <= {int, float}:
        return pl.Series(name, [None if one is None else float(str(one)) for one in values], dtype=pl.Float64)
    return pl.Series(name, [None if one is None else str(one) for one in values], dtype=pl.String)
