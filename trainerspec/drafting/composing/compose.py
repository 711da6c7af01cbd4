"""Findings become a trainer.yaml document, with evidence for every field and questions for what is missing."""

from collections.abc import Mapping

from trainerspec.catalog.model import Task
from trainerspec.drafting.composing import machines, objectives
from trainerspec.drafting.composing.sheet import Sheet
from trainerspec.drafting.fields import alarms, horizons, learnt
from trainerspec.drafting.fields.audits import audited
from trainerspec.drafting.fields.boxes import box_format
from trainerspec.drafting.fields.columns import Column
from trainerspec.drafting.fields.entities import entities
from trainerspec.drafting.fields.exclusions import only, without
from trainerspec.drafting.fields.findings import MOST_READ, Findings, named_columns
from trainerspec.drafting.fields.kinds_of_objects import kinds_of_objects
from trainerspec.drafting.fields.located import located
from trainerspec.drafting.fields.name import name
from trainerspec.drafting.fields.parts import parts, without_parts
from trainerspec.drafting.fields.recognise import Candidate
from trainerspec.drafting.fields.settings import settings
from trainerspec.drafting.reading.vocabulary import TaskWords, Vocabulary
from trainerspec.ir.json import Json, JsonObject
from trainerspec.reading.values.steps import Steps

WHOLE, VALIDATION = 100, 8
"""Percent of a whole; validation gets this part of a training share where nothing else is left for it."""
TABLES = ("csv", "tsv", "xlsx", "xls", "parquet", "jsonl", "ndjson", "json", "feather", "arrow", "db", "sqlite")
TOLD = ("phrase", "prompt", "text", "tokens")
SHOWN = frozenset(("image", "images", "img", "file", "filename", "path", "picture", "photo"))
"""Columns of pictures, which hold no words."""


def compose(findings: Findings, chosen: Candidate, task: Task | None, vocabulary: Vocabulary) -> Sheet:
    """Write down what the findings say about the chosen task; `task` is None while the catalog has no folder for it."""
    text = findings.text
    sheet = Sheet(
        spec={
            "trainerspec": 1,
            "name": name(text, chosen.name, vocabulary),
            "version": "0.1.0",
            "request": findings.request,
        }
    )
    sheet.spec["task"] = {"type": chosen.name}
    sheet.tell("/name", "inferred", "", "from the words of the request")
    quote = text.quote(*chosen.span)
    why = f'from "{_short(quote)}"' if quote else "from the words as a whole, by the intent classifier"
    sheet.tell("/task/type", "inferred", quote, why)
    if len(findings.request) > MOST_READ:
        question = vocabulary.fields["questions"]["unread"]
        sheet.ask("/request", question.format(read=MOST_READ, all=len(findings.request)))
    _source(sheet, findings, vocabulary)
    _columns(sheet, findings, chosen.words, task, vocabulary)
    objectives.state(sheet, findings, chosen.words, task, vocabulary, objectives.classes_of(sheet))
    _model(sheet, findings, task, vocabulary)
    _serving(sheet, findings, vocabulary)
    machines.state(sheet, findings, vocabulary)
    _settings(sheet, findings, task, vocabulary)
    _boxes(sheet, findings.text.raw, task)
    return sheet


def _short(quote: str) -> str:
    return quote if len(quote) <= 50 else quote[:47] + "..."


def _source(sheet: Sheet, findings: Findings, vocabulary: Vocabulary) -> None:
    ask = vocabulary.fields["questions"]
    sheet.spec["data"] = {}
    found = located(findings)
    if found is None:
        named = next((place for place in findings.places if place.kind == "name"), None)
        sheet.ask("/data/source", ask["named_source"].format(name=named.value) if named else ask["source"])
    elif not found.source:
        sheet.ask("/data/source", ask["unread_source"].format(place=found.quote))
    else:
        sheet.spec["data"]["source"] = dict(found.source)
        sheet.tell("/data/source", "stated", found.quote)
        if "connection" in found.source:
            sheet.tell("/data/source/connection", "stated", found.source["connection"])
        elif "sql" in found.source:
            sheet.ask("/data/source/connection", ask["connection"])


def roles(name: str, task: Task | None, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return the names of the first input and the first output of a task."""
    if task is not None:
        known = vocabulary.fields["roles"].get(name, {})
        first = known.get("inputs", "")
        return first if first in task.inputs else next(iter(task.inputs), ""), next(iter(task.outputs), "label")
    known = vocabulary.fields["roles"].get(name, {"inputs": "", "outputs": "label"})
    return known["inputs"], known["outputs"]


def _columns(sheet: Sheet, findings: Findings, words: TaskWords, task: Task | None, vocabulary: Vocabulary) -> None:
    tabular = words.medium == "table"
    text, ask = findings.text, vocabulary.fields["questions"]
    found = named_columns(findings, vocabulary, tabular, words.answers)
    before, after = roles(words.name, task, vocabulary)
    several = parts(text, vocabulary) if task is not None and before in task.several else ()
    found = without_parts(found, several)
    columns: dict[str, tuple[str, Column]] = {}
    for column in found:
        role, key = (after, "outputs") if column.role == "output" else (before, "inputs")
        if column.role == "input" and role in TOLD and column.name.lower() in SHOWN:
            continue
        if role and key not in columns and not (words.answers == "picture" and column.status == "inferred"):
            columns[key] = (role, column)
    optional = task is not None and after in task.optional
    if optional and "outputs" in columns and columns["outputs"][1].status == "inferred":
        del columns["outputs"]  # nothing needs to be predicted
    for key, (role, column) in columns.items():
        sheet.spec["task"][key] = {role: column.name}
        sheet.tell(f"/task/{key}/{role}", column.status, text.quote(*column.span))
    if several:
        sheet.spec["task"]["inputs"] = {before: [one.name for one in several]}
        sheet.tell(f"/task/inputs/{before}", "stated", text.quote(several[0].span[0], several[-1].span[1]))
    target = columns.get("outputs")
    listed = findings.labels
    if words.answers == "spans":
        listed = learnt.classes(entities(text, vocabulary), findings.lists, text)
    if words.answers == "objects":
        listed = kinds_of_objects(text, listed, vocabulary)
    if words.answers in ("class", "spans", "objects") and listed is not None:
        names = {column.name for _, column in columns.values()}
        values = [one for one in listed.values if one not in names]
        sheet.spec["task"]["labels"] = values if len(values) > 1 else list(listed.values)
        sheet.tell("/task/labels", "stated", text.quote(*listed.span))
    if optional:
        return
    if tabular and (target is None or target[1].status == "inferred"):
        question = ask["named_target"].format(name=target[1].name) if target else ask["target"]
        sheet.ask(f"/task/outputs/{after}", question)
    elif not tabular and target is None:
        _ask_label(sheet, findings, words.answers, after, ask)


def _ask_label(sheet: Sheet, findings: Findings, answers: str, role: str, ask: Mapping[str, str]) -> None:
    source = str(next(iter(sheet.spec["data"].get("source", {"": ""}).values())))
    table = source.rsplit(".", 1)[-1].lower() in TABLES or "sql" in sheet.spec["data"].get("source", {})
    if table and answers != "picture":
        sheet.ask(f"/task/outputs/{role}", ask["column"].format(role=role))
    elif not source and "labels" not in sheet.spec["task"] and answers in ("class", "spans", "objects"):
        sheet.ask("/task/labels", ask["labels"])


def _model(sheet: Sheet, findings: Findings, task: Task | None, vocabulary: Vocabulary) -> None:
    hub = next((place for place in findings.places if place.kind == "model"), None)
    if hub is not None:
        sheet.spec["model"] = {"base": f"hub:{hub.value}"}
        sheet.tell("/model/base", "stated", findings.text.quote(*hub.span))
        sheet.ask("/model/base", vocabulary.fields["questions"]["revision"].format(name=hub.value))
        return
    span = vocabulary.models.first(findings.reading)
    if span is None:
        return
    value = findings.text.quote(*span)
    cards = task.cards if task else {}
    card = next(
        (one for one in cards if one.replace("-", "") == value.lower().replace("-", "").replace(" ", "")), value
    )
    sheet.spec["model"] = {"base": card}
    sheet.tell("/model/base", "stated", value)
    if card not in cards:
        sheet.ask("/model/base", vocabulary.fields["questions"]["model"].format(name=value))


def _serving(sheet: Sheet, findings: Findings, vocabulary: Vocabulary) -> None:
    serve: dict[str, str] = {}
    for key, group in (("engine", vocabulary.engines), ("precision", vocabulary.precisions)):
        for value, words in group.items():
            span = words.first(findings.reading)
            if span is not None and key not in serve:
                serve[key] = value
                sheet.tell(f"/serve/{key}", "stated", findings.text.quote(*span))
    if serve:
        sheet.spec["serve"] = serve


def _within(value: Json, low: Json, high: Json) -> bool:
    """Tell whether the language takes a number; what is none is within."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (not isinstance(low, int | float) or value >= low) and (not isinstance(high, int | float) or value <= high)


def _settings(sheet: Sheet, findings: Findings, task: Task | None, vocabulary: Vocabulary) -> None:
    """Fill in what is said of split, training, serving and cleaning, and which columns may be read."""
    raw = findings.text.raw
    for one in settings(raw, task):
        slot = task.slots.get(".".join(one.path.split("/"))) if task is not None else None
        limits_of = slot.schema if slot is not None else {}
        if not _within(one.value, limits_of.get("minimum"), limits_of.get("maximum")):
            continue
        if one.path.startswith(("data/", "search/")) or slot is not None:
            *parents, last = one.path.split("/")
            node = sheet.spec
            for key in parents:
                node = node.setdefault(key, {})
            node[last] = one.value
            sheet.tell(f"/{one.path}", "stated", raw[slice(*one.span)].strip())
    _validation(sheet)
    if task is not None and task.contract.time is not None:
        _horizon(sheet, raw, vocabulary)
    if task is not None and any(port.kind == "alarm" for port in task.contract.answer):
        _alarms(sheet, raw, vocabulary)
    predicted = set(sheet.spec["task"].get("outputs", {}).values())
    kept = [(name, span) for name, span in audited(raw) if name not in predicted]
    if kept and task is not None and task.contract.time is None:
        sheet.spec["data"]["audit"] = list(dict(kept))
        sheet.tell("/data/audit", "stated", raw[slice(*kept[0][1])].strip())
    if task is None or not (task.contract.each is not None or any(port.kind == "text" for port in task.contract.raw)):
        return
    alone, out = only(raw), [(name, span) for name, span in without(raw) if name not in {*predicted, *dict(kept)}]
    if out:
        sheet.spec["data"]["exclude"] = list(dict(out))
        sheet.tell("/data/exclude", "stated", raw[slice(*out[0][1])].strip())
    if alone is not None and task.contract.each is not None:
        sheet.spec["data"]["columns"] = [name for name in alone[0] if name not in dict([*out, *kept])]
        sheet.tell("/data/columns", "stated", raw[slice(*alone[1])].strip())


def _horizon(sheet: Sheet, raw: str, vocabulary: Vocabulary) -> None:
    """Write down how far ahead to look and how far apart values are, in steps; ask where the first is open."""
    wanted, step = horizons.ahead(raw, vocabulary.numbers), horizons.every(raw, vocabulary.numbers)
    data = sheet.spec["data"]
    if step is not None:
        data["frequency"] = str(step[0])
        sheet.tell("/data/frequency", "stated", raw[slice(*step[1])].strip())
    known = step[0] if step is not None else Steps(unit=wanted.unit) if wanted and wanted.unit != "step" else None
    if step is None and known is not None:
        data["frequency"] = str(known)
        sheet.tell("/data/frequency", "inferred", "", "nothing says another step than the unit of the horizon")
    count = None if wanted is None else wanted.steps(known) if known else wanted.count
    if wanted is None or count is None or count < 1:
        sheet.ask("/data/horizon", vocabulary.fields["questions"]["horizon"])
        return
    data["horizon"] = count
    same = known is None or known.unit == wanted.unit
    sheet.tell(
        "/data/horizon",
        "stated" if same else "inferred",
        raw[slice(*wanted.span)].strip(),
        "" if same else f"{count} steps of one {known}",
    )


def _alarms(sheet: Sheet, raw: str, vocabulary: Vocabulary) -> None:
    """Write down how many alarms there may be, of how many rows, or their share; ask where the rows are open."""
    wanted, rows, share = alarms.most(raw), alarms.volume(raw), alarms.share(raw)
    if wanted is not None and rows is not None and 2 * wanted.count <= rows.within(wanted.unit):
        told = {"most": wanted.count, "rows": rows.within(wanted.unit)}
        plain: JsonObject = {key: int(value) if value == int(value) else value for key, value in told.items()}
        sheet.spec["task"]["options"] = {**sheet.spec["task"].get("options", {}), "alarms": plain}
        sheet.tell("/task/options/alarms", "stated", raw[slice(*wanted.span)].strip())
    elif wanted is not None:
        said = raw[slice(*wanted.span)].strip()
        sheet.ask("/task/options/alarms", vocabulary.fields["questions"]["alarms"].format(said=said, unit=wanted.unit))
    elif share is not None:
        sheet.spec.setdefault("model", {})["contamination"] = share[0]
        sheet.tell("/model/contamination", "stated", raw[slice(*share[1])].strip())


def _boxes(sheet: Sheet, raw: str, task: Task | None) -> None:
    """Write down how boxes of the data are written, for a task that can be told."""
    said = box_format(raw)
    properties = task.options.get("properties") if task is not None else None
    if said is not None and isinstance(properties, Mapping) and "box" in properties:
        sheet.spec["task"]["options"] = {**sheet.spec["task"].get("options", {}), "box": said[0]}
        sheet.tell("/task/options/box", "stated", raw[slice(*said[1])])


def _validation(sheet: Sheet) -> None:
    """Take validation rows from the training share where training and test take everything."""
    split = sheet.spec["data"].get("split", {})
    train, test = (str(split.get(name, "")).rstrip("%") for name in ("train", "test"))
    if "validation" in split or not (train.isdecimal() and test.isdecimal()) or int(train) + int(test) != WHOLE:
        return
    part = max(1, int(train) // VALIDATION)
    split |= {"train": f"{int(train) - part}%", "validation": f"{part}%"}
    sheet.evidence = [one for one in sheet.evidence if one.path != "/data/split/train"]
    why = f"of the {train}% for training, {part}% choose the best checkpoint"
    sheet.tell("/data/split/train", "inferred", "", why)
    sheet.tell("/data/split/validation", "inferred", "", why)


def plain(sheet: Sheet) -> JsonObject:
    """Return the document."""
    if sheet.questions:
        sheet.spec["questions"] = [question.question for question in sheet.questions]
    return {key: value for key, value in sheet.spec.items() if value not in ({}, [])} | {"data": sheet.spec["data"]}
