"""Made rows of a table for golden.jsonl: replayed at every hop from torch to the cluster; none of them is user data.

The tasks on tables share this file. Which columns there are, only params.yaml knows.
"""

from pipeline.base import contract, params
from pipeline.tables import input_columns, request_columns
from pipeline.tables.request_columns import Column

TIMES = ("2024-02-29T13:45:00", "1999-12-31", "", "2031-07-04T00:00:00+02:00")


def __getattr__(name: str) -> dict[str, Column]:
    """Make `RAW` when it is asked for."""
    if name != "RAW":
        raise AttributeError(name)
    settings = params.load()
    made = request_columns.examples(contract.load(settings).raw)
    times = {one.column for one in input_columns.inputs(settings) if one.kind == "time"}
    cycled: list[str] = [TIMES[row % len(TIMES)] for row in range(request_columns.ROWS)]
    return {name: cycled if name in times else values for name, values in made.items()}
