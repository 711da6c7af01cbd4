"""What the parts of a split are made of: rows of the source, each with the roles that the task gives to columns.

A task whose examples are no rows (windows of a series) brings its own file at this path.
"""

from collections.abc import Mapping

import polars as pl

from pipeline.base.params import Params
from pipeline.dataset import splits
from pipeline.dataset.splits import Split
from pipeline.dataset.table_files import AUDIT, GROUP, KEY, PLACE


def parts(
    frame: pl.DataFrame, how: Split, strata: str | None, _: Params, agreed: Mapping[str, pl.DataFrame] | None
) -> tuple[Mapping[str, pl.DataFrame], list[dict[str, object]]]:
    """Split rows, unless the parts are `agreed`; return them, and why rows are in none (`step` and `rows`).

    The frame may be empty afterwards: the parts of a large one take its place in memory.
    Raises Failure TS829 when it cannot be done.
    """
    rows = frame.height
    found = agreed or splits.split(frame, how, strata, keep=False)
    twice = rows - sum(part.height for part in found.values())
    return found, [{"step": "duplicates of another split", "rows": twice}] if twice else []


def examples(
    parts: Mapping[str, pl.DataFrame], roles: Mapping[str, pl.Expr], settings: Params
) -> dict[str, pl.DataFrame]:
    """Return what stages read of each part: `id`, a column a role, `key`, `group` if there are any, what is audited."""
    audited = {f"{AUDIT}{column}": pl.col(column) for column in settings.texts("data.audit")}
    made = {}
    for name, part in parts.items():
        grouped = {"group": pl.col(GROUP)} if GROUP in part.columns else {}
        made[name] = part.select(id=pl.col(PLACE), **roles, key=pl.col(KEY), **grouped, **audited)
    return made
