"""Wide tables of series: a column for each time, where forecasts read a row for each."""

import re
from collections.abc import Sequence

from trainerspec.reading.values.date_form import read

FEW = 3
"""Columns named by times from which a table may be wide."""
MOST = 0.5
"""Share of the columns that such names have then, at least."""
PERIOD = re.compile(r"(?:19|20)\d\d(?:[-_ ]?[QqWwMm]\d{1,2})?|[QqWw]\d{1,2}[-_ /]?(?:(?:19|20)?\d\d)?")
MONTHS = re.compile(
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|févr?(?:ier)?|mar(?:ch|s)?|mär(?:z)?|apr(?:il)?|avr(?:il)?|ma[yi]|"
    r"jun[ei]?|juin|jul[yi]?|juil(?:let)?|aug(?:ust)?|août|sept?(?:ember|embre)?|o[ck]t(?:ober|obre)?|"
    r"nov(?:ember|embre)?|de[cz](?:ember)?|déc(?:embre)?)\.?(?:[-_ /]?(?:(?:19|20)?\d\d)?)",
    re.IGNORECASE,
)


def times(columns: Sequence[str]) -> list[str]:
    """Name the columns that are times where they are most of a table: it is wide.

    >>> times(["river", "2020-01", "2020-02", "2020-03"]), times(["shop", "Jan", "Feb 24", "March", "2023Q4"])
    (['2020-01', '2020-02', '2020-03'], ['Jan', 'Feb 24', 'March', '2023Q4'])
    >>> times(["day", "store", "loaves"]), times(["mary", "junk", "decimal", "markup"])
    ([], [])
    """
    found = [name for name in columns if _is_time(name.strip())]
    return found if len(found) >= FEW and len(found) >= MOST * len(columns) else []


def _is_time(name: str) -> bool:
    return bool(read(name)) or PERIOD.fullmatch(name) is not None or MONTHS.fullmatch(name) is not None


READERS = {".parquet": "read_parquet", ".jsonl": "read_ndjson", ".ndjson": "read_ndjson", ".json": "read_json"} | {
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "read_excel")
}
"""What reads files in Polars, by their ending; CSV for any other."""


def told(name: str, columns: Sequence[str], wide: Sequence[str]) -> str:
    """Say what is wrong with a wide table, and how it becomes a long one."""
    others = [column for column in columns if column not in wide]
    index = f"index={others}, " if others else ""
    each = f"for each `{others[0]}` and time" if others else "for each time"
    reader = next((one for ending, one in READERS.items() if name.lower().endswith(ending)), "read_csv")
    long = f'`pl.{reader}("{name}").unpivot({index}variable_name="time", value_name="value").write_csv("long.csv")`'
    message = f"{name} is a wide table: its columns `{wide[0]}`, `{wide[1]}`, ... are times"
    return f"{message}, and a forecast reads a row {each}; {long} makes it"
