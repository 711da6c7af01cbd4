"""The rows of a query, from SQLite (standard library), PostgreSQL (ADBC) or MySQL (connectorx), as one Parquet file.

The address comes from the environment variable that the spec names. Nothing is written to the database: SQLite and
PostgreSQL read in a mode that forbids it, and only a query is sent.
"""

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from ...reading import disk
from .. import needs
from ..rows import digest
from ..wanted import Before, Found, Say, Trouble, Wanted

FILE = "rows.parquet"
_APART = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?\*/|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`)", re.DOTALL)
"""Comments, and what stands in quotes; whichever begins first."""
_QUERY = re.compile(r"(?:select|with|values|table)\b", re.IGNORECASE)
_WRITES = re.compile(r"\binto\s+(?:outfile|dumpfile)\b", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*){0,2}")
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)
Reader = Callable[[str, str, Wanted, Say], pl.DataFrame]


def collect(wanted: Wanted, into: Path, parts: Path, before: Before, say: Say) -> Found:
    """Run the query and write its rows. Raises Trouble TS411, TS432, TS433."""
    address = os.environ[wanted.options["connection"]].strip()
    query = statement(wanted.value)
    driver = needs.driver(address)
    read: Reader = import_module(f"{__package__}.{driver}").rows
    try:
        frame = read(address, query, wanted, say)
    except Trouble as trouble:
        raise Trouble(trouble.code, hushed(trouble.message, address), hint=trouble.hint) from None
    if frame.is_empty():
        raise Trouble("TS433", f"the query gives no rows: `{wanted.shown}`", hint="correct `data.source.sql`")
    frame = checked(frame)
    if not _ORDERED.search(bare(query)):  # a database gives rows in any order
        frame = frame.sort(pl.all())
    with disk.writing(into / FILE):
        frame.write_parquet(into / FILE)
    return Found(pinned={"driver": driver}, rows=frame.height, content={FILE: digest(frame)})


def statement(text: str) -> str:
    """Return the one query of a text; the name of a table stands for all of its rows. Raises Trouble TS411.

    >>> statement("crm.customers"), statement("select 1; ")
    ('select * from crm.customers', 'select 1')
    """
    query = text.strip().rstrip(";").strip()
    if _NAME.fullmatch(query):
        return f"select * from {query}"
    plain = bare(query)
    if not _QUERY.match(plain.strip().lstrip("(").strip()) or ";" in plain or _WRITES.search(plain):
        hint = "write one query that begins with `select` or `with`, or the name of a table"
        raise Trouble(
            "TS411", f"`data.source.sql` is not a query that only reads: `{' '.join(text.split())[:80]}`", hint=hint
        )
    return query


def bare(query: str) -> str:
    """Return a query without comments and without what stands in quotes.

    >>> bare("select 1 -- it's\\n; drop table t -- '")
    'select 1  ; drop table t  '

    >>> bare("select 'a;b' /* ; */ from t -- ;")
    "select ''   from t  "
    """
    return _APART.sub(lambda found: "''" if found["text"] else " ", query)


def checked(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows, or refuse bytes, which no table of examples holds. Raises Trouble TS411."""
    opaque = [name for name, dtype in frame.schema.items() if dtype in (pl.Binary, pl.Object)]
    if opaque:
        named = ", ".join(f"`{name}`" for name in opaque)
        raise Trouble(
            "TS411", f"the query gives bytes in {named}", hint="cast them to text in the query, or leave them out"
        )
    return frame


def hushed(message: str, address: str) -> str:
    """Return a driver's message on one line, without the address and the password in it.

    >>> hushed("cannot reach postgresql://ann:pw9@db/x with pw9", "postgresql://ann:pw9@db/x")
    'cannot reach *** with ***'
    """
    secret = re.search(r"://[^/@]*?:([^@]+)@", address)
    message = message.replace(address, "***")
    for text in {secret[1], unquote(secret[1])} if secret else ():
        message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "***", message)
    return " ".join(message.split())[:400]
