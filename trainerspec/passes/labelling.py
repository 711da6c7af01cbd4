"""What the parts of `data.label` mean to each other, and to the classes."""

from collections.abc import Mapping, Sequence

from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json
from trainerspec.language import expression
from trainerspec.language.suggest import suggest
from trainerspec.passes.meaning import Reader

PLACE = "/data/label"
OF = {"rules": "rules", "endpoint": "endpoint"}
"""The key that a method needs."""


def labelling(reader: Reader, task: Task, labels: tuple[str, ...] | None) -> None:
    """Say where methods and what they need do not fit, labels are unknown (TS227), or conditions cannot be read."""
    given = reader.value(PLACE)
    if not isinstance(given, Mapping) or not reader.sound(PLACE):
        return
    methods = [str(one) for one in _list(given.get("by"))]
    for method, key in OF.items():
        if method in methods and key not in given:
            message = f"`{method}` labels by `data.label.{key}`, which is not there"
            reader.say("TS227", message, f"add `{key}`, or take `{method}` out of `by`", f"{PLACE}/by")
        elif key in given and method not in methods:
            message = f"`data.label.{key}` has no effect: `by` does not list `{method}`"
            reader.say("TS227", message, f"add `{method}` to `by`, or remove it", f"{PLACE}/{key}", on_key=True)
    if "endpoint" in methods and any(port.kind == "image" for port in task.contract.raw):
        hint = "label pictures by `prototypes`, or by people"
        reader.say("TS227", "an endpoint is asked about texts and tables, not about pictures", hint, f"{PLACE}/by")
    described = given.get("descriptions")
    for label in described if isinstance(described, Mapping) else ():
        _known(reader, label, labels, f"{PLACE}/descriptions/{label}", on_key=True)
    for index, rule in enumerate(_list(given.get("rules"))):
        if isinstance(rule, Mapping):
            _rule(reader, rule, labels, f"{PLACE}/rules/{index}")


def _rule(reader: Reader, rule: Mapping[str, Json], labels: tuple[str, ...] | None, pointer: str) -> None:
    _known(reader, str(rule["label"]), labels, f"{pointer}/label")
    if "where" in rule:
        parsed = expression.parse(str(rule["where"]))
        found = parsed.diagnostics
        if parsed.value is not None:
            found = expression.check(parsed.value, {})
        reader.pass_on(found, f"{pointer}/where")


def _known(reader: Reader, label: str, labels: tuple[str, ...] | None, pointer: str, *, on_key: bool = False) -> None:
    if labels is not None and label not in labels:
        hint = suggest(label, labels)
        reader.say("TS227", f"`{label}` is none of `task.labels`", hint, pointer, on_key=on_key)


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
