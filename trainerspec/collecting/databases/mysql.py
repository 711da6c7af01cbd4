"""The rows of a query on MySQL or MariaDB, through connectorx."""

import connectorx
import polars as pl

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
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Trouble("TS411", f"the query gives two columns `{twice}`", hint="name each column once: `a.id as a_id`")
    made = pl.DataFrame([pl.Series(name, pl.from_arrow(table.column(name))) for name in names])
    say(f"{made.height:,} rows")
    return made.with_columns(pl.col(pl.Decimal).cast(pl.Float64))
