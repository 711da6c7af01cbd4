"""What a look at the data adds to a draft: columns, classes and the medium, each inferred, saying from what."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.data import (
    filters,
    known_rows,
    label_lists,
    marks,
    series,
    several_texts,
    table,
    target,
    unlabelled,
)
from trainerspec.language.suggest import did_you_mean

if TYPE_CHECKING:
    from trainerspec.workspace.look import Look

SHARED = 0.5
"""Share of rows with a value of their own from which a column holds no classes."""
MOST_CLASSES = 50
"""More values than this are not listed as classes."""
MOST_ASKED = 12
"""Columns that a question names."""
LISTS = ("tokens", "spans")
"""What columns hold whose cells are lists."""
SAME = 4
"""Letters at the beginning of two words that mean the same: `churn`, `Churned`."""


def medium(found: "Look") -> str:
    """Return the medium that the data suggests: `text`, `tokens` (texts with marked spans), `image` or `table`."""
    if found.media == "rows":
        kinds = set(found.columns.values())
        if "image" in kinds:
            return "image"
        if "spans" in kinds or any(marks.tokens(found, column) for column in marks.marked(found)):
            return "tokens"
        long = found.texts and found.frame.height and found.frame[found.texts[0]].cast(str).str.len_chars().mean()
        return "text" if isinstance(long, float) and long > 25 else "table"
    return found.media


def fill(sheet: Sheet, found: "Look", task: Task, label: str, text: str) -> None:
    """Fill inputs, outputs and labels from the data, where the request did not say them.

    `label` and `text` are the names of the task's output and input role.
    """
    if task.contract.gathered is not None:
        from trainerspec.drafting.data import objects  # reads data: polars takes a quarter of a second

        objects.fill(sheet, found, task)
        return
    wanted = sheet.spec["task"]
    table.unparted(sheet, found)
    found = filters.fill(sheet, found, task)
    if label in task.optional and found.media == "rows":
        _table(sheet, found, task, known_rows.fill(sheet, found, task, label))
        return
    name = found.path.name
    where = f"{name} has the columns {', '.join(list(found.columns)[:8])}" if found.media == "rows" else _files(found)
    if label_lists.role(task) and found.media == "rows":
        label_lists.fill(sheet, found, task, text)
        several_texts.fill(sheet, found, text, str(wanted.get("outputs", {}).get(label, "")))
        _table(sheet, found, task, "")
        return
    if task.labels == "required" and found.media == "rows":  # a list is no class
        one_each = {name: counts for name, counts in found.labels.items() if found.columns[name] not in LISTS}
        found = replace(found, labels=one_each)
    outputs = wanted.get("outputs", {})
    named, guess = outputs.get(label), True
    if named is not None and named not in found.columns:
        _correct(sheet, found, label, named)
        named = wanted.get("outputs", {}).get(label)
        guess = False
    elif named is not None:
        table.answered(sheet, f"/task/outputs/{label}")
    if named is None and guess and task.labels == "none" and label in found.columns and found.media == "rows":
        named = label
        wanted["outputs"] = {label: label}
        sheet.tell(f"/task/outputs/{label}", "inferred", "", where)
        table.answered(sheet, f"/task/outputs/{label}")
    shown = next((column for column, kind in found.columns.items() if kind == "image"), None)
    if named is None and shown and any(port.kind == "image" and port.role == label for port in task.contract.answer):
        named = shown
        wanted["outputs"] = {label: named}
        _told(sheet, f"/task/outputs/{label}", f"{where}; `{named}` names pictures")
    if named is None and found.media == "rows" and task.labels in ("none", "required"):
        named = _spoken(sheet, found, task)
        if named is not None:
            wanted["outputs"] = {label: named}
            _told(sheet, f"/task/outputs/{label}", f"{where}; the request speaks of `{named}`")
    if named is None and task.contract.time is not None and (only := series.value(found)):
        named = only
        wanted["outputs"] = {label: named}
        _told(sheet, f"/task/outputs/{label}", f"{where}; only `{named}` holds amounts")
    if named is None and guess and task.labels == "many" and (numbered := marks.numbered(found)):
        named = numbered
        wanted["outputs"] = {label: named}
        sheet.tell(f"/task/outputs/{label}", "inferred", "", f"{where}; `{named}` holds a number for each token")
        ask = f"`{named}` of {name} holds numbers. Which names do they stand for? Write those there: B-PER, I-PER, O."
        sheet.ask(f"/task/outputs/{label}", ask)
    elif named is None and guess and task.labels == "many":
        named = next(iter(marks.marked(found)), None)
        if named is None:
            sheet.ask(f"/task/outputs/{label}", f"{where}, but nothing marks {label} in them. Where are they marked?")
        else:
            wanted["outputs"] = {label: named}
            kind = "spans" if found.columns[named] == "spans" else "tags"
            why = f"{where}; `{named}` holds {kind} of {len(found.labels[named])} types"
            sheet.tell(f"/task/outputs/{label}", "inferred", "", why)
            table.answered(sheet, f"/task/outputs/{label}")
    if named is None and guess and task.labels == "required" and found.labels:
        named = _label(found, str(sheet.spec["request"]))
        path = f"/task/outputs/{label}"
        table.answered(sheet, path)
        if named is None:
            sheet.ask(path, f"Which column of {name} holds the {label}: {', '.join(found.labels)}?")
        else:
            wanted["outputs"] = {label: named}
            sheet.tell(path, "inferred", "", f"{where}; `{named}` has {len(found.labels[named])} values")
    inputs = wanted.get("inputs", {})
    if text and text not in inputs:
        timed = task.contract.time is not None and task.contract.time.role == text
        column = series.time(found, text) if timed else marks.tokens(found, named) or _input(found, text, named)
        if column:
            wanted["inputs"] = {**inputs, text: column}
            sheet.tell(f"/task/inputs/{text}", "inferred", "", where)
    if found.layout == "table" and any(port.kind == "box" for port in task.contract.answer):
        from trainerspec.drafting.data import objects  # reads data: polars takes a quarter of a second

        objects.grounded(sheet, found)
    if text in task.several and found.layout == "table":
        several_texts.fill(sheet, found, text, named)
        several_texts.beside(sheet, found, text, named)
    unlabelled.labelling(sheet, found, task, named or ("label" if "label" in found.columns else ""))
    classes = found.labels.get(str(named)) or table.codes(found, str(named))
    if task.labels == "required" and classes:
        classes = table.mended(sheet, found, task, str(named), classes)
    if task.labels == "required" and classes and len(classes) <= MOST_CLASSES:
        _labels(sheet, list(classes), name, str(named))
    if task.labels == "required" and not classes and named in found.columns and found.layout == "table":
        _uncounted(sheet, found, str(named))
    if task.labels == "many" and classes:
        _types(sheet, list(classes), name, str(named))
    if task.contract.time is not None and found.media == "rows":
        series.fill(sheet, found, task.contract.time.role, str(named))
        return
    if task.labels == "none" and found.columns.get(str(named)) == "text":
        table.unequal(sheet, found, str(named))
    _table(sheet, found, task, str(named))


def _table(sheet: Sheet, found: "Look", task: Task, named: str) -> None:
    """Fill what splits a table, and which of its columns are read."""
    table.split(sheet, found)
    audited = _unread(sheet, found, named, "audit")
    if task.contract.each is not None and found.layout == "table":
        excluded = (*_unread(sheet, found, named, "exclude"), *audited)
        if named in found.columns and not task.optional:
            table.columns(sheet, found, task.contract.each.each, named, excluded)


def _uncounted(sheet: Sheet, found: "Look", named: str) -> None:
    """Ask about classes that hardly any two rows share."""
    values = found.frame.get_column(named).drop_nulls()
    if len(values) and values.n_unique() > SHARED * len(values):
        said = f"`{named}` of {found.path.name} holds {values.n_unique()} different values in {len(values)} rows"
        sheet.ask("/task/labels", f"{said}. Which classes are meant?")


def _unread(sheet: Sheet, found: "Look", named: str, setting: str) -> tuple[str, ...]:
    """Return the columns that the request rules out or keeps for an audit, as the data writes them; ask for others."""
    said, path = sheet.spec["data"].pop(setting, []), f"/data/{setting}"
    alike = {_plain(name): name for name in found.columns if name != named}
    there = tuple(dict.fromkeys(alike[_plain(one)] for one in said if _plain(one) in alike))
    if there:
        sheet.spec["data"][setting] = list(there)
    for one in said:
        if _plain(one) not in alike:
            columns = ", ".join(list(found.columns)[:MOST_ASKED])
            message = f"The model must not read `{one}`, but {found.path.name} has no such column ({columns})"
            sheet.ask(path, f"{message}. Which one is meant? List it under `data.{setting}`.")
    if said and not there:
        sheet.evidence = [one for one in sheet.evidence if one.path != path]
    return there


def _plain(name: str) -> str:
    """Return a column's name without case, blanks and marks between words.

    >>> _plain("Customer ID"), _plain("customer_id")
    ('customerid', 'customerid')
    """
    return re.sub(r"[\W_]+", "", name.casefold())


def _told(sheet: Sheet, path: str, why: str) -> None:
    """Note what the data shows, and take back what was asked about it."""
    table.answered(sheet, path)
    sheet.evidence = [one for one in sheet.evidence if one.path != path]
    sheet.tell(path, "inferred", "", why)


def _spoken(sheet: Sheet, found: "Look", task: Task) -> str | None:
    """Return the column that the request asks for: of any kind for classes, of numbers for a number."""
    kinds = ("integer", "number") if task.labels == "none" else ("text", "integer", "number", "boolean")
    columns = [name for name, kind in found.columns.items() if kind in kinds and _classes(found, name, task)]
    return target.spoken(str(sheet.spec["request"]), columns, [found.path.name])


def _classes(found: "Look", column: str, task: Task) -> bool:
    """Tell whether values of a column repeat, as those of classes do."""
    return task.labels == "none" or found.columns[column] != "text" or column in found.labels


def _types(sheet: Sheet, types: list[str], name: str, column: str) -> None:
    """Take the types of the data, or those of them that the request lists in other words: `prices` are PRICE."""
    stated = sheet.spec["task"].get("labels")
    said = [next((one for one in types if _alike(one, words)), None) for words in stated or ()]
    meant = [one for one in said if one is not None]
    if stated and len(set(meant)) == len(stated):
        sheet.spec["task"]["labels"] = meant
        return
    if len(types) > MOST_CLASSES:
        sheet.spec["task"].pop("labels", None)
        return
    sheet.spec["task"]["labels"] = sorted(types)
    sheet.evidence = [one for one in sheet.evidence if one.path != "/task/labels"]
    sheet.tell("/task/labels", "inferred", "", f"{len(types)} types in `{column}` of {name}")
    table.answered(sheet, "/task/labels")
    missing = [words for words, one in zip(stated or (), said, strict=True) if one is None]
    if missing:
        there = ", ".join(sorted(types)[:12])
        sheet.ask("/task/labels", f"The request lists {', '.join(missing)}; {name} has {there}. Which are meant?")


def _alike(kind: str, words: str) -> bool:
    """Tell whether words name a type, whatever case, plural or further words they have.

    >>> _alike("PRICE", "prices"), _alike("PRODUCT", "product names"), _alike("DATE", "names")
    (True, True, False)
    """
    known, said = (set(re.findall(r"[^\W_]+", one.casefold())) for one in (kind, words))
    stems = [{word.removesuffix("s").removesuffix("e") for word in one} for one in (known, said)]
    return bool(stems[0]) and stems[0] <= stems[1]


def _label(found: "Look", request: str) -> str | None:
    """Choose the column of classes: the only one, or the only one of which the request names the column or a class."""
    words = {word[:SAME] for word in re.findall(r"\w+", request.lower()) if len(word) >= SAME}
    spoken = [one for one in found.labels if {part[:SAME] for part in re.findall(r"[^\W_]+", one.lower())} & words]
    valued = [one for one, counts in found.labels.items() if {value.lower()[:SAME] for value in counts} & words]
    several = list(found.labels) if len(found.labels) == 1 else spoken if len(spoken) == 1 else valued
    return several[0] if len(several) == 1 else None


def _files(found: "Look") -> str:
    classes = len(found.labels.get("label", {}))
    what = {"folders": "class folders", "filename": "classes in its file names"}.get(found.layout, "classes")
    return f"{found.path.name} has {classes} {what}"


def _input(found: "Look", role: str, label: str | None) -> str:
    if role in found.columns:
        return role
    if role == "image":
        return next((column for column, kind in found.columns.items() if kind == "image"), "")
    return next((column for column in found.texts if column != label), "")


def _correct(sheet: Sheet, found: "Look", role: str, named: str) -> None:
    """Take the column that is meant by `churn` in a table with `Churn`; ask when none is close."""
    close = next(
        (column for column in found.columns if column.lower().replace("_", " ") == named.lower().replace("_", " ")),
        None,
    )
    parts = [column for column in found.columns if column.rpartition(".")[2].casefold() == named.casefold()]
    within = parts or [column for column in found.columns if _alike(column, named)]
    if close is None and len(within) == 1:
        close = within[0]
    path = f"/task/outputs/{role}"
    if close is not None:
        sheet.spec["task"]["outputs"] = {role: close}
        sheet.tell(path, "inferred", "", f"{found.path.name} has the column `{close}`")
        table.answered(sheet, path)
        return
    del sheet.spec["task"]["outputs"]
    sheet.evidence = [one for one in sheet.evidence if one.path != path]
    table.answered(sheet, path)
    hint = did_you_mean(named, found.columns)
    known = ", ".join(list(found.columns)[:12])
    sheet.ask(path, f"{found.path.name} has no column `{named}`{f' ({hint})' if hint else ''}: {known}?")


def _labels(sheet: Sheet, classes: list[str], name: str, column: str) -> None:
    stated = sheet.spec["task"].get("labels")
    table.answered(sheet, "/task/labels")
    if stated is None:
        if len(classes) > 1:
            sheet.spec["task"]["labels"] = sorted(classes)
            sheet.tell("/task/labels", "inferred", "", f"{len(classes)} values of `{column}` in {name}")
        return
    named = {one: _meant(one, classes) for one in stated}
    if len(set(named.values())) == len(classes) and None not in named.values():
        sheet.spec["task"]["labels"] = [str(named[one]) for one in stated]
        return
    said, there = ", ".join(stated), ", ".join(sorted(classes)[:12])
    sheet.ask("/task/labels", f"The request lists {said}, but {name} has {there}. Which classes are meant?")
    if len(classes) > 1:
        sheet.evidence = [one for one in sheet.evidence if one.path != "/task/labels"]
        sheet.spec["task"]["labels"] = sorted(classes)
        sheet.tell("/task/labels", "inferred", "", f"{len(classes)} values of `{column}` in {name}")


def _meant(said: str, classes: list[str]) -> str | None:
    """Return the class of the data that a stated one stands for: by its name, or as the only one that its words name.

    >>> _meant("square shapes", ["round", "square"]), _meant("Round", ["round", "square"]), _meant("oval", ["round"])
    ('square', 'round', None)
    """
    same = [one for one in classes if one.lower() == said.lower()]
    found = same or [one for one in classes if _alike(one, said)]
    return found[0] if len(found) == 1 else None
