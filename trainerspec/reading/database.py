"""SQLite files: the table or view that is meant, row by row."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import polars as pl

from .notes import Note, Unreadable
from .records import framed

TABLES = "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite%' order by rowid"


def read(path: Path, needed: Collection[str] = ()) -> tuple[pl.DataFrame, pl.Series, list[Note]]:
    """Read the table or view that has the `needed` columns, of several the one with most rows; rows count from 1.

    Tables that are not read are told, and columns of bytes. Raises Unreadable (`format`).
    """
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            names = [str(name) for (name,) in connection.execute(TABLES)]
            found = {name: _looked(connection, name) for name in names}
            if not found:
                return pl.DataFrame(), pl.Series([], dtype=pl.UInt32), []
            wanted = {one.casefold() for one in needed}
            able = [name for name, (columns, _) in found.items() if wanted <= {one.casefold() for one in columns}]
            chosen = max(able or names, key=lambda name: found[name][1])
            columns, rows = found[chosen][0], connection.execute(f"select * from {_quoted(chosen)}").fetchall()
    except sqlite3.Error as error:
        message = f"`{path.name}` is not a readable SQLite file: damaged, locked, or of another kind"
        raise Unreadable(Note(kind="format", message=message, file=path.name, hint="copy it again")) from error
    packed = [at for at in range(len(columns)) if any(isinstance(row[at], bytes) for row in rows)]
    kept = [at for at in range(len(columns)) if at not in packed]
    frame = framed([{columns[at]: row[at] for at in kept} for row in rows])
    where = pl.int_range(1, frame.height + 1, dtype=pl.UInt32, eager=True)
    return frame, where, list(_notes(path, chosen, found, [columns[at] for at in packed]))


def _looked(connection: sqlite3.Connection, name: str) -> tuple[list[str], int]:
    """Return the columns of a table, and how many rows it has."""
    columns = [str(one[0]) for one in connection.execute(f"select * from {_quoted(name)} limit 0").description]
    return columns, int(connection.execute(f"select count(*) from {_quoted(name)}").fetchone()[0])


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _notes(path: Path, chosen: str, found: Collection[str], packed: Collection[str]) -> Iterator[Note]:
    if others := ", ".join(f"`{name}`" for name in found if name != chosen):
        message = f"only the table `{chosen}` of `{path.name}` is read, not {others}"
        hint = "a query joins them: `data: {source: {sql: select ..., connection: NAME}}`"
        yield Note(kind="files", message=message, file=path.name, hint=hint)
    if packed:
        shown = ", ".join(f"`{name}`" for name in packed)
        yield Note(kind="mixed", message=f"columns of bytes in `{path.name}` are left out: {shown}", file=path.name)
