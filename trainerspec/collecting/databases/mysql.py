"""The rows of a query on MySQL or MariaDB, through connectorx."""

import connectorx
import polars as pl

from ..rows import once
from ..wanted import Say, Trouble, Wanted

PANIC = "PanicException"
"""What a fault inside the reader raises: no `Exception`, so it is told apart by its name."""


def rows(address: str, query: str, wanted: Wanted, say: Say) -> pl.DataFrame:
    """Read the rows; decimals become numbers. Raises Trouble TS433."""
    url = f"mysql://{address.partition('://')[2]}"
    try:
        table = connectorx.read_sql(url, query, return_type="arrow", protocol="binary")
    except BaseException as error:
        if not isinstance(error, RuntimeError) and type(error).__name__ != PANIC:
            raise
        hint = f"check the query, the server, and the rights of the user in `{wanted.options['connection']}`"
        raise Trouble("TS433", f"MySQL: {error}", hint=hint) from error
    names = table.column_names
    once(names)
    made = pl.DataFrame([pl.Series(name, pl.from_arrow(table.column(name))) for name in names])
    say(f"{made.height:,} rows")
    return made.with_columns(pl.col(pl.Decimal).cast(pl.Float64))
