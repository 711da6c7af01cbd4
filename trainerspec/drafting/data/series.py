"""What a long table adds to the draft of a forecast: the column of times, the step, and the horizon in steps."""

from typing import TYPE_CHECKING

from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import table
from trainerspec.drafting.fields import horizons
from trainerspec.drafting.reading.vocabulary import vocabulary
from trainerspec.reading.values.steps import YEARS, Steps, steps

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

FREE = ("text", "integer", "boolean")


def time(found: "Look", role: str) -> str:
    """Return the column of times: the one that holds times, or is called so, or holds years; empty where none does."""
    timed = [name for name, kind in found.columns.items() if kind == "time"]
    if len(timed) == 1 or (timed and role not in timed):
        return timed[0]
    if role in found.columns:
        return role
    for name, kind in found.columns.items():
        if kind == "integer" and bool(found.frame[name].is_between(*YEARS).all()) and found.frame[name].n_unique() > 2:
            return name
    return ""


def value(found: "Look") -> str:
    """Return the only column of amounts; empty where several hold them, or none."""
    timed = time(found, "time")
    amounts = [name for name, kind in found.columns.items() if kind == "number" and name != timed]
    whole = [name for name, kind in found.columns.items() if kind == "integer" and name != timed]
    listed = amounts or whole
    return listed[0] if len(listed) == 1 else ""


def fill(sheet: Sheet, found: "Look", role: str, value: str) -> None:
    """Take the step from the times of the data, and count the horizon in it; ask where that is no whole number."""
    column = sheet.spec["task"].get("inputs", {}).get(role, "")
    if not column and (wide_ := _wide(found)):
        for path in [one.path for one in sheet.questions if one.path.startswith(("/task/inputs", "/task/outputs"))]:
            table.answered(sheet, path)
        sheet.ask("/data/source", wide_)
        return
    if not column:
        sheet.ask(f"/task/inputs/{role}", f"Which column of {found.path.name} holds the times: {_known(found)}?")
        return
    seen = _step(found, column, value)
    data = sheet.spec["data"]
    if seen is None:
        return
    told = data.get("frequency")
    if told is not None and str(told) != str(seen):
        sheet.evidence = [one for one in sheet.evidence if one.path != "/data/frequency"]
    if told != str(seen):
        data["frequency"] = str(seen)
        sheet.tell("/data/frequency", "inferred", "", f"most times in {found.path.name} are one {seen} apart")
    words = vocabulary()
    wanted = horizons.ahead(str(sheet.spec["request"]), words.numbers)
    if wanted is None:
        return
    count = wanted.steps(steps(str(data["frequency"])))
    if count == data.get("horizon"):
        return
    data.pop("horizon", None)
    sheet.evidence = [one for one in sheet.evidence if one.path != "/data/horizon"]
    said = str(sheet.spec["request"])[slice(*wanted.span)].strip()
    table.answered(sheet, "/data/horizon")
    if count is None or count < 1:
        form = words.fields["questions"]["steps"]
        sheet.ask("/data/horizon", form.format(said=said, step=seen, name=found.path.name))
        return
    data["horizon"] = count
    sheet.tell("/data/horizon", "inferred", said, f"{count} steps of one {seen}")


def _wide(found: "Look") -> str:
    """Say how a table with a column for each time becomes one with a row for each; empty for others."""
    from trainerspec.workspace import wide

    columns = list(found.columns)
    times = wide.times(columns)
    return f"{wide.told(found.path.name, columns, times)}. Which long table is meant?" if times else ""


def _known(found: "Look") -> str:
    return ", ".join(list(found.columns)[:8])


def _step(found: "Look", column: str, value: str) -> Steps | None:
    """Return the step between the times of each series."""
    from trainerspec.reading.values import series

    at = series.moments(found.frame[column])
    free = [name for name, kind in found.columns.items() if kind in FREE and name not in (column, value)]
    free = [name for name in free if 1 < found.frame[name].n_unique() <= found.frame.height // 2]
    apart = series.apart(found.frame, at, sorted(free, key=lambda name: found.frame[name].n_unique())[:8])
    return None if apart is None else series.step(series.named(found.frame, apart), at)
