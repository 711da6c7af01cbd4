"""Which columns of a table are the text, where it comes in several: a subject beside a body."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import table, target

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

WORDS, DIFFERENT, THERE = 2.0, 0.5, 0.2
"""Words of a value on average, share of different values, and of rows with a value: what prose has at least."""
MOST = 5
"""More columns than this are not taken for one text, and no more are named."""
NUMBERS = ("integer", "number", "boolean")
ADDRESS = r"^\s*(?:\w+://|www\.|[\w.+-]+@[\w-]+\.|/|[A-Za-z]:\\)\S*\s*$"


def fill(sheet: Sheet, found: "Look", role: str, label: str | None) -> None:
    """Have the role read every column that the request names, or else every column of prose.

    The role's own name (`text`) says nothing of a column.
    """
    wanted, path = sheet.spec["task"], f"/task/inputs/{role}"
    excluded = sheet.spec["data"].get("exclude", [])
    other = {label, table.parted(found), *excluded}
    texts = [name for name in found.columns if name in found.texts and name not in other]
    named = [name for name in texts if target.mentioned(str(sheet.spec["request"]), name)]
    inputs = wanted.get("inputs", {})
    stated = any(one.path == path and one.status == "stated" for one in sheet.evidence)
    if named == [role] or (len(named) == 1 and stated):
        named = []
    if stated and not named and inputs[role] in texts:
        return
    if named:
        chosen, why = named, f"the request speaks of {listed(named)}"
    else:
        chosen = [name for name in texts if prose(found, name)]
        why = f"{listed(chosen)} hold prose"
    if not (chosen if named else chosen[1:]) or len(chosen) > MOST:
        return
    columns: str | list[str] = chosen if len(chosen) > 1 else chosen[0]
    if inputs.get(role) == columns:
        return
    wanted["inputs"] = {**inputs, role: columns}
    table.answered(sheet, path)
    sheet.evidence = [one for one in sheet.evidence if one.path != path]
    there = ", ".join(list(found.columns)[:8])
    sheet.tell(path, "inferred", "", f"{found.path.name} has the columns {there}; {why}")


def beside(sheet: Sheet, found: "Look", role: str, label: str | None) -> None:
    """Say which columns of numbers stand beside the text and are not read, unless the request says what is read."""
    path, data = f"/task/inputs/{role}", sheet.spec["data"]
    known = {label, *data.get("exclude", []), *data.get("audit", [])}
    numbers = [name for name, kind in found.columns.items() if kind in NUMBERS and name not in known]
    place = next((place for place, one in enumerate(sheet.evidence) if one.path == path), None)
    if not numbers or place is None or sheet.evidence[place].status == "stated":
        return
    told = sheet.evidence[place]
    why = f"not read beside it: {listed(numbers[:MOST])}; {told.why}"
    sheet.evidence[place] = replace(told, why=why)


def prose(found: "Look", name: str) -> bool:
    """Tell whether a column holds sentences or titles, and no names, codes or addresses."""
    import polars as pl  # slow to import, and only data needs it

    values = found.written[name].cast(pl.String).str.strip_chars()
    values = values.filter(values != "")
    if not len(values) or len(values) < THERE * found.written.height:
        return False
    words = values.str.count_matches(r"[^\W\d_]{2,}").mean()
    addresses = values.str.contains(ADDRESS).mean()
    different = values.n_unique() / len(values)
    return isinstance(words, float) and words >= WORDS and different >= DIFFERENT and float(str(addresses)) < DIFFERENT


def listed(names: Collection[str]) -> str:
    """Write names of columns in a sentence.

    >>> listed(["subject", "body"])
    '`subject` and `body`'
    """
    *first, last = [f"`{name}`" for name in names] or [""]
    return f"{', '.join(first)} and {last}" if first else last
