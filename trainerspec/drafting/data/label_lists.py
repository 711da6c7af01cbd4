"""Labels of which an example carries none, one or several: the column that lists them, or the columns of 0 and 1."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import table, target

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

KIND = "labels"
"""The kind of an answer that lists labels."""
MOST, LONGEST, LISTED = 200, 120, 0.03
"""Different labels at most; letters of a cell on average at most, and the share of cells with several at least."""
SHOWN = 12
USUAL = ("labels", "tags", "topics", "categories", "genres", "classes", "label", "keywords", "themes", "tag")


def role(task: Task) -> str:
    """Return the output role of such labels; nothing where a task has none."""
    return next((port.role for port in task.contract.answer if port.kind == KIND and port.role), "")


def lists(found: "Look", column: str) -> bool:
    """Tell whether the cells of a column list labels, some of them several."""
    from trainerspec.reading.values import label_lists  # polars takes a quarter of a second

    if column not in found.columns or found.columns[column] not in ("text", "tokens"):
        return False
    values = found.written[column]
    form = label_lists.form(values)
    if form.written == "single":
        return False
    cells = label_lists.filled(values) if form.written != "list" else []
    if cells and sum(map(len, cells)) > LONGEST * len(cells):
        return False
    if form.written == "separated" and not label_lists.recurs(cells, form.separator):
        return False
    read = label_lists.labels(values, form).drop_nulls()
    several = int((read.list.len() > 1).sum())
    return several >= max(1, LISTED * len(read)) and read.explode(empty_as_null=True).n_unique() <= MOST


def unsure(found: "Look", column: str) -> bool:
    """Tell whether something may separate labels in a column, which must be asked."""
    from trainerspec.reading.values import label_lists  # polars takes a quarter of a second

    return bool(label_lists.form(found.written[column]).asked)


def listing(found: "Look") -> list[str]:
    """Return the columns whose cells list labels, those of usual names first; none beside columns of tokens."""
    if found.media != "rows" or sum(kind == "tokens" for kind in found.columns.values()) > 1:
        return []
    text = found.texts[0] if len(found.texts) > 1 else ""
    names = [name for name in found.columns if name != text and lists(found, name)]
    return sorted(names, key=lambda name: USUAL.index(name.lower()) if name.lower() in USUAL else len(USUAL))


def marks(found: "Look") -> list[str]:
    """Return the columns of 0 and 1, or truth values, in their order."""
    import polars as pl

    def binary(name: str) -> bool:
        values = found.frame.get_column(name).drop_nulls()
        if found.columns[name] == "boolean":
            return True
        return found.columns[name] in ("integer", "number") and set(values.cast(pl.Float64).unique().to_list()) == {
            0,
            1,
        }

    return [name for name in found.columns if found.media == "rows" and binary(name)]


def shown(found: "Look", spec: Mapping[str, Mapping[str, object]], request: str) -> str:
    """Say what shows that examples carry several labels; nothing where the data, or the request, means one class."""
    outputs = spec["task"].get("outputs", {})
    named = str(next(iter(outputs.values()), "")) if isinstance(outputs, Mapping) else ""
    columns = listing(found)
    if named in columns:
        return f"`{named}` of {found.path.name} lists several labels in a cell"
    if named in found.columns:
        return ""
    answers = [name for name in found.columns if name not in found.texts[:1] or name in columns]
    spoken = target.spoken(request, answers, [found.path.name])
    if spoken is not None and spoken not in columns:
        return ""
    others = [name for name in found.labels if name not in columns and name not in marks(found)]
    if columns and (spoken or not others):
        return f"`{spoken or columns[0]}` of {found.path.name} lists several labels in a cell"
    flags = marks(found)
    if len(flags) > 1 and not others and not columns and found.texts:
        return f"{found.path.name} has a column of 0 and 1 for each of {', '.join(flags[:SHOWN])}"
    return ""


def fill(sheet: Sheet, found: "Look", task: Task, text: str) -> None:
    """Fill outputs, options and labels: from the column that is named or lists labels, or the columns of 0 and 1."""
    wanted, named = sheet.spec["task"], role(task)
    path = f"/task/outputs/{named}"
    column = str(wanted.get("outputs", {}).get(named, ""))
    near = next((name for name in found.columns if name.casefold() == column.casefold()), "")
    request = str(sheet.spec["request"])
    columns = listing(found)
    spoken = target.spoken(request, columns, [found.path.name])
    others = [name for name in found.labels if name not in marks(found) and found.columns[name] in ("text", "tokens")]
    open_ = [name for name in others if unsure(found, name)] or (others if len(others) == 1 else [])
    column = near or spoken or next(iter(columns), "") or (open_[0] if len(open_) == 1 else "")
    sheet.evidence = [one for one in sheet.evidence if one.path != path or near]
    flags = marks(found)
    said = [name for name in flags if target.mentioned(request, name)]
    if not column and len(flags) > 1:
        _marked(sheet, found, named, said if len(said) > 1 else flags)
    elif column:
        wanted["outputs"] = {named: column}
        table.answered(sheet, path)
        _separated(sheet, found, named, column)
    else:
        wanted.pop("outputs", None)
        table.answered(sheet, path)
        there = ", ".join(list(found.columns)[:SHOWN])
        sheet.ask(path, f"{found.path.name} has the columns {there}. Which holds the labels?")
    texts = [name for name in found.texts if name != column]
    inputs = wanted.get("inputs", {})
    if texts and (text not in inputs or inputs[text] not in found.columns):
        wanted["inputs"] = {**inputs, text: text if text in found.columns else texts[0]}
        sheet.tell(f"/task/inputs/{text}", "inferred", "", f"{found.path.name} has texts in `{texts[0]}`")


def _marked(sheet: Sheet, found: "Look", named: str, columns: list[str]) -> None:
    """Take columns of 0 and 1, one for each label."""
    wanted = sheet.spec["task"]
    wanted.pop("outputs", None)
    wanted["options"] = {**wanted.get("options", {}), "columns": columns}
    for path in (f"/task/outputs/{named}", "/task/labels"):
        table.answered(sheet, path)
        sheet.evidence = [one for one in sheet.evidence if one.path != path]
    wanted["labels"] = columns
    listed = ", ".join(columns[:SHOWN])
    sheet.tell("/task/options/columns", "inferred", "", f"{found.path.name} has columns of 0 and 1: {listed}")
    sheet.tell("/task/labels", "inferred", "", f"the columns of 0 and 1 of {found.path.name}")


def _separated(sheet: Sheet, found: "Look", named: str, column: str) -> None:
    """Say how the labels of a cell are separated, or ask; and list them."""
    from trainerspec.reading.values import label_lists  # polars takes a quarter of a second

    wanted, values, name = sheet.spec["task"], found.written[column], found.path.name
    form = label_lists.form(values)
    how = {"list": "a list in each row", "json": "JSON lists", "single": "one label a row"}.get(
        form.written, f"labels between {label_lists.shown(form.separator)}"
    )
    sheet.tell(f"/task/outputs/{named}", "inferred", "", f"`{column}` of {name} holds {how}")
    if form.asked:
        signs = " or ".join(map(label_lists.shown, form.asked))
        ask = f"What separates labels in `{column}` of {name}: {signs}, or is each cell one label?"
        sheet.ask(
            "/task/options/separator", f"{ask} Write `options: {{separator: ...}}` under `task`, or `none` there."
        )
        return
    if form.written == "separated":
        wanted["options"] = {**wanted.get("options", {}), "separator": form.separator}
        sheet.tell("/task/options/separator", "inferred", "", f"`{column}` of {name} has parts that recur between it")
    listed = sorted({one for row in label_lists.labels(values, form).drop_nulls().to_list() for one in row})
    table.answered(sheet, "/task/labels")
    stated = wanted.get("labels")
    plain = {one.casefold(): one for one in listed}
    meant = [plain.get(str(one).casefold()) for one in stated or ()]
    if stated and None not in meant:
        wanted["labels"] = meant
        return
    if stated:
        said = ", ".join(str(one) for one in stated)
        sheet.ask(
            "/task/labels", f"The request lists {said}, but {name} has {', '.join(listed[:SHOWN])}. Which are meant?"
        )
    sheet.evidence = [one for one in sheet.evidence if one.path != "/task/labels"]
    wanted.pop("labels", None)
    if 1 < len(listed) <= MOST:
        wanted["labels"] = listed
        sheet.tell("/task/labels", "inferred", "", f"{len(listed)} labels in `{column}` of {name}")
