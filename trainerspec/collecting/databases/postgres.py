"""The rows of a query on PostgreSQL, through ADBC, in a transaction that only reads."""

from uuid import UUID

import adbc_driver_postgresql.dbapi as postgres
import polars as pl
import pyarrow as pa

from ..rows import once
from ..wanted import Say, Trouble, Wanted

BATCH = 2**24
"""Bytes of a batch."""


def rows(address: str, query: str, wanted: Wanted, say: Say) -> pl.DataFrame:
    """Read the rows. Raises Trouble TS433."""
    try:
        with postgres.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH)})
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            found, count = [], 0
            for batch in reader:
                found.append(batch)
                count += batch.num_rows
                say(f"{count:,} rows")
            table = pa.Table.from_batches(found, reader.schema)
            connection.rollback()
    except (postgres.Error, OSError, pa.ArrowInvalid) as error:
        hint = f"check the query, the server, and the rights of the user in `{wanted.options['connection']}`"
        raise Trouble("TS433", f"PostgreSQL: {error}", hint=hint) from error
    return frame(table)


def frame(table: pa.Table) -> pl.DataFrame:
    """Return the rows as plain types: NUMERIC, JSON, UUID and intervals as text, CHAR without its padding.

    Raises Trouble TS411: two columns of one name, and MONEY.
    """
    once(table.column_names)
    return pl.DataFrame([_column(field, table.column(at)) for at, field in enumerate(table.schema)])


def _column(field: pa.Field, values: pa.ChunkedArray) -> pl.Series:
    kind = (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()
    if kind == "money":
        hint = f"write `{field.name}::numeric as {field.name}` in the query"
        raise Trouble("TS411", f"`{field.name}` is of the type money, whose unit the server does not tell", hint=hint)
    if isinstance(field.type, pa.BaseExtensionType):
        values = pa.chunked_array([chunk.storage for chunk in values.chunks], field.type.storage_type)
    if pa.types.is_interval(values.type):
        values = pa.chunked_array([[None if one is None else str(one) for one in values.to_pylist()]], pa.string())
    made = pl.Series(field.name, pl.from_arrow(values))
    if kind == "uuid":
        texts = [None if one is None else str(UUID(bytes=one)) for one in made.to_list()]
        return pl.Series(field.name, texts, dtype=pl.String)
    return made.str.strip_chars_end(" ") if kind == "bpchar" else made
