"""Exchange with Label Studio: tasks with proposals for it, and its exports (JSON or JSON-MIN) as people's answers.

labels/label-studio/tasks.json is what its Import takes, config.xml its labelling interface; any other .json below
labels/ is taken for an export. Each task carries the key of its row; an export that lacks it is matched by its text.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from pipeline.base.failure import Failure
from pipeline.base.files import write_bytes
from pipeline.dataset.table_files import text_key
from pipeline.labelling.asking import CHECK
from pipeline.labelling.review import FOLDER, Answers, meant

OUT = FOLDER / "label-studio"
TASKS, CONFIG = "tasks.json", "config.xml"
KEY, WHY = "trainerspec_key", "trainerspec_why"
CONTROL, OBJECT = "label", "row"
SERVED = "/data/local-files/?d="
"""How Label Studio shows a picture below the folder that LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT names."""


def write(rows: Sequence[Mapping[str, str]], labels: Sequence[str], kind: str) -> None:
    """Write the tasks of rows (`values`, `key`, `why`, `proposal`, `confidence`) and the interface for them.

    `kind` is what a row is: `Text`, `Image` or `Table`.
    """
    tasks = [task(row, kind) for row in rows]
    write_bytes(OUT / TASKS, (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode())
    choices = "\n".join(f"    <Choice value={quoteattr(label)}/>" for label in labels)
    config = (
        f'<View>\n  <{kind} name="{OBJECT}" value="${OBJECT}"/>\n'
        f'  <Choices name="{CONTROL}" toName="{OBJECT}" choice="single" required="true">\n{choices}\n'
        "  </Choices>\n</View>\n"
    )
    write_bytes(OUT / CONFIG, config.encode())


def task(row: Mapping[str, str], kind: str) -> dict[str, object]:
    """Return a task, with the proposal as a prediction where there is one."""
    values = json.loads(row["values"])
    shown: object = values
    if kind != "Table":
        shown = "\n\n".join(values.values()) if kind == "Text" else SERVED + quote(next(iter(values.values())))
    made: dict[str, object] = {"data": {OBJECT: shown, KEY: row["key"], WHY: row["why"]}}
    if row["proposal"]:
        choice = {"from_name": CONTROL, "to_name": OBJECT, "type": "choices", "value": {"choices": [row["proposal"]]}}
        made["predictions"] = [{"model_version": "label", "score": float(row["confidence"]), "result": [choice]}]
    return made


def read(labels: Sequence[str], folder: Path = FOLDER) -> Answers:
    """Read the answers of all exports; raises Failure TS853 that names file and task.

    Of several annotations of a task the label of most counts; where two labels have as many, there is no answer.
    """
    votes: dict[str, Counter[str]] = {}
    picked: set[str] = set()
    for path in sorted(folder.rglob("*.json")):
        if path.name == TASKS and path.parent.name == OUT.name:
            continue
        for number, one in enumerate(tasks(path), start=1):
            key, why = identity(one)
            for label in told(one, f"{path}, task {one.get('id', number)}"):
                votes.setdefault(key, Counter())[meant(label, labels, f"{path}, task {one.get('id', number)}")] += 1
                picked |= {key} if why not in ("", CHECK) else set()
    found = {}
    for key, counts in votes.items():
        (label, most), *rest = counts.most_common(2)
        if not rest or rest[0][1] < most:
            found[key] = label
    return Answers(labels=found, picked=frozenset(picked & found.keys()))


def tasks(path: Path) -> list[dict[str, object]]:
    """Return the tasks of an export; raises Failure TS853 when it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise Failure("TS853", f"`{path}` cannot be read: {error}", hint="export it again, as JSON") from error
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        hint = "export as JSON or JSON-MIN; files that are none of Label Studio's lie elsewhere"
        raise Failure("TS853", f"`{path}` is no export of Label Studio", hint=hint)
    return content


def identity(one: Mapping[str, object]) -> tuple[str, str]:
    """Return the key of a task's row, and why it was asked about; by its text where it carries no key."""
    data = one.get("data")
    data = data if isinstance(data, Mapping) else one
    key = data.get(KEY)
    if isinstance(key, str):
        return key, str(data.get(WHY) or "")
    text = next((data[name] for name in ("text", OBJECT) if isinstance(data.get(name), str)), "")
    return text_key(str(text)), ""


def told(one: Mapping[str, object], place: str) -> Iterator[str]:
    """Return the label of each annotation that was not cancelled; raises Failure TS853 for several labels in one."""
    annotations = one.get("annotations")
    if not isinstance(annotations, list):  # JSON-MIN: a line an annotation
        found = [name for name in (CONTROL, "sentiment", "choice", "class") if name in one]
        yield from single(one.get(found[0]) if found else None, place)
        return
    for annotation in annotations:
        if isinstance(annotation, dict) and not annotation.get("was_cancelled"):
            results = annotation.get("result")
            for result in results if isinstance(results, list) else ():
                if isinstance(result, dict) and result.get("type") == "choices":
                    yield from single(result.get("value"), place)
                    break


def single(value: object, place: str) -> Iterator[str]:
    """Return the one label that a value holds, if it holds any."""
    choices = value.get("choices") if isinstance(value, Mapping) else value
    labels = [choices] if isinstance(choices, str) else choices if isinstance(choices, list) else []
    if len(labels) > 1:
        hint = "one class a row is learnt: make the choice single, or leave the task out"
        raise Failure("TS853", f"{place} has {len(labels)} labels", hint=hint)
    yield from (str(label) for label in labels)
