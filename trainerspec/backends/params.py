"""params.yaml: only the values that stages read, never the reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from trainerspec.catalog.model import Metric, Port, Task
from trainerspec.ir.decision import Base, Pinned
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.ir.spec import Objective, Spec, Step, family
from trainerspec.language import cleaning, formula, labelling
from trainerspec.language.expression import of_class
from trainerspec.language.formula import Formula
from trainerspec.language.yaml import dump

CHOOSING = ("model.size", "latency.p")
"""Beginnings of the metrics that optimize measures of each number format."""
CLOCKED = ("latency.", "throughput")
"""Beginnings of the metrics that tell of other programs too, where the machine is crowded."""
CLEAN, LABEL = "data.clean", "data.label"
TEXTS, TEXT = "data.texts", "text/plain"
"""The slot that lists the columns of texts, and what their ports are marked with."""
HEADING = "What the stages read, made by `trainerspec build` from trainer.yaml; try other values with `dvc exp run -S`."


def params(pinned: Pinned, task: Task) -> JsonObject:
    """Project a pinned spec to the values that stages read."""
    spec = pinned.decided.observed.spec
    document: dict[str, Json] = {
        "name": spec.name,
        "version": spec.version,
        "task": spec.task,
        "inputs": {**spec.inputs, **{role: column for column, role in columns(pinned, task).items()}},
        "outputs": dict(spec.outputs),
        "labels": list(pinned.labels),
        "positive": spec.positive.label if spec.positive else None,
        "options": dict(spec.options),
        "data": _data(pinned),
        "model": {},
        "monitor": monitor(spec, task),
        "objectives": [_objective(objective) for objective in spec.objectives],
        "bounds": bounds(pinned),
        "clocked": [_objective(one) for one in spec.objectives if one.metric.startswith(CLOCKED)],
        "metrics": metrics(spec, task),
    }
    for path, value in pinned.values.items():
        if path not in (CLEAN, LABEL):  # `_data` writes them as stages read them
            insert(document, path, base(pinned.base) if path == "model.base" else value)
    document["contract"] = contract(pinned, task)
    return document


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write params.yaml."""
    return {"params.yaml": dump(document(plan, task), heading=HEADING)}


def document(plan: Plan, task: Task) -> JsonObject:
    """Return all of params.yaml: the values, and the packages that stages import."""
    return {**params(plan.pinned, task), "packages": dict(plan.packages)}


def insert(document: dict[str, Json], path: str, value: Json) -> None:
    """Put a value at a dotted path, making the mappings on the way.

    >>> document = {"model": {}}
    >>> insert(document, "model.train.epochs", 2)
    >>> document
    {'model': {'train': {'epochs': 2}}}
    """
    *parents, last = path.split(".")
    for parent in parents:
        document = cast(dict[str, Json], document.setdefault(parent, {}))
    document[last] = value


def contract(pinned: Pinned, task: Task) -> JsonObject:
    """Return the task's contract with every named dimension resolved."""
    signature = task.contract
    return {
        "raw": [one for item in signature.raw for one in ports(item, pinned, task)],
        "tensors": {
            "inputs": [port(item, pinned) for item in signature.tensor_inputs],
            "outputs": [port(item, pinned) for item in signature.tensor_outputs],
        },
        "answer": [port(item, pinned) for item in signature.answer],
    }


def columns(pinned: Pinned, task: Task) -> dict[str, str]:
    """Return the columns that are read without a role of their own, each with the role that it has in the stages.

    That is its name, unless the task's roles or the prepared tables (`id`, `key`) have it already.
    """
    each = task.contract.each
    listed = cast(Sequence[str], pinned.values[each.each]) if each else ()
    taken = {*task.inputs, *task.outputs, "id", "key"}
    return {name: f"column.{name}" if name in taken else name for name in listed}


def ports(item: Port, pinned: Pinned, task: Task) -> Iterator[JsonObject]:
    """Describe a raw port; one that stands for columns becomes a port a column, and one whose role has several too.

    Whole numbers that are never missing are INT64, other numbers FP64, texts and truth values BYTES. The latter two can
    hold a missing value, so that a request may leave them out. What people wrote has the media type of a text.
    """
    inputs = pinned.decided.observed.spec.inputs
    if item.several and item.role not in inputs:
        for role, column in inputs.items():
            if family(role) == item.role:
                yield port(replace(item, name=column, role=role, optional=True), pinned)
        return
    if not item.each:
        yield port(item, pinned)
        return
    facts = pinned.decided.observed.profile.facts["columns.about"]
    about = cast(Mapping[str, JsonObject], facts.value)
    texts = cast(Sequence[str], pinned.values.get(TEXTS, ()))
    for name, role in columns(pinned, task).items():
        kind, missing = about[name]["type"], about[name]["missing"]
        whole = kind == "integer" and not missing and facts.exact
        datatype = "INT64" if whole else "FP64" if kind in ("integer", "number") else "BYTES"
        media_type = TEXT if name in texts else ""
        one = replace(
            item, name=name, role=role, datatype=datatype, optional=datatype != "INT64", media_type=media_type
        )
        seen = {key: about[name][key] for key in ("values", "typical") if key in about[name]}
        yield {**port(one, pinned), **seen}


def port(item: Port, pinned: Pinned) -> JsonObject:
    """Describe one port as plain data: `C` becomes the number of labels, a slot's path its value.

    A slot that lists something stands for its length. Raises KeyError when a dimension has another name.
    """
    values = {path: len(value) if isinstance(value, list) else value for path, value in pinned.values.items()}
    sizes: dict[str, Json] = {"C": len(pinned.labels), **values}
    shape: list[Json] = [_size(size, sizes) for size in item.shape]
    described: dict[str, Json] = {"name": item.name, "kind": item.kind, "datatype": item.datatype, "shape": shape}
    if item.role:
        described["role"] = item.role
    if item.media_type:
        described["media_type"] = item.media_type
    if item.optional:
        described["optional"] = True
    return described


def _size(size: int | str | Formula, sizes: Mapping[str, Json]) -> Json:
    if isinstance(size, Formula):
        found = formula.evaluate(size, sizes)
        if not isinstance(found, int | float):
            raise KeyError(f"a dimension of {', '.join(size.names())}")
        return round(found)
    return sizes[size] if isinstance(size, str) else size


def base(chosen: Base) -> JsonObject:
    """Describe the base model as plain data."""
    return {
        "id": chosen.id,
        "licence": chosen.licence,
        "sources": [
            {"kind": source.kind, "name": source.name, "revision": source.revision, "path": source.path}
            | ({"part": source.part} if source.part else {})
            | ({"sha256": dict(source.sha256)} if source.sha256 else {})
            for source in chosen.sources
        ],
        "card": dict(chosen.card),
    }


def steps(pinned: Pinned) -> tuple[Step, ...]:
    """Return the cleaning steps: those that were decided, else those of the spec."""
    decided = pinned.values.get(CLEAN)
    return cleaning.steps(decided) if isinstance(decided, list) else pinned.decided.observed.spec.clean


def monitor(spec: Spec, task: Task) -> JsonObject:
    """Name the metric by which training picks its best weights, and which values are `better`: `higher` or `lower`.

    It is the objective that is maximised or minimised; else the task's default one, else its first metric.
    """
    for objective in spec.objectives:
        if objective.sense != "constrain":
            return {"metric": objective.metric, "better": "higher" if objective.sense == "maximize" else "lower"}
    defaults = task.defaults.get("objectives")
    for text in defaults if isinstance(defaults, list | tuple) else ():
        sense, _, metric = str(text).partition(" ")
        if sense in ("maximize", "minimize") and metric in task.metrics:
            return {"metric": metric, "better": "higher" if sense == "maximize" else "lower"}
    first = next(iter(task.metrics.values()))
    return {"metric": first.name, "better": first.better}


def bounds(pinned: Pinned) -> list[Json]:
    """List the objectives that choose between number formats; none where there is one format only.

    They stand apart so that a change of another objective makes no graph anew.
    """
    if not pinned.values.get("serve.alternatives"):
        return []
    stated = pinned.decided.observed.spec.objectives
    return [_objective(one) for one in stated if one.sense == "constrain" and one.metric.startswith(CHOOSING)]


def _data(pinned: Pinned) -> dict[str, Json]:
    observed = pinned.decided.observed
    spec = observed.spec
    agreed = observed.profile.contract
    source: dict[str, Json] = {"kind": spec.source.kind, "value": spec.source.value}
    if spec.source.options:
        source["options"] = dict(spec.source.options)
    if observed.profile.collected:
        source["collected"] = vars(observed.profile.collected)
    split = spec.split
    return {
        "source": source,
        "clean": [cleaning.emitted(step) for step in steps(pinned)],
        "audit": list(spec.audit),
        "label": labelling.emitted(pinned.values.get(LABEL, labelling.NONE)),
        "split": {
            "by": split.by,
            "train": split.train,
            "validation": split.validation,
            "test": split.test,
            "seed": split.seed,
        },
        "contract": {"hard": dict(agreed.hard), "soft": dict(agreed.soft)},
        "checks": {
            "acknowledge": [
                {"code": one.code, "columns": list(one.columns), "because": one.because} for one in spec.acknowledged
            ]
        },
    }


def metrics(spec: Spec, task: Task) -> JsonObject:
    """Describe the metrics that reports list; of one class those of the positive one, and what objectives name.

    A metric that counts one of two classes stands under the name of that class alone.
    """
    found: dict[str, Json] = {}
    for metric in task.metrics.values():
        if not (metric.binary and spec.positive):
            found[metric.name] = described(metric, metric.title)
    label = spec.positive.label if spec.positive else ""
    named = [(family, label) for family in task.per_class if label]
    named += [(one.family, one.label) for one in spec.objectives if one.label]
    for name, of in dict.fromkeys(named):
        metric = task.per_class[name]
        found[of_class(name, of)] = described(metric, f"{metric.title} of the class {of}")
    return found


def described(metric: Metric, title: str) -> JsonObject:
    """Return what stages know of a metric."""
    return {"title": title, "unit": metric.unit, "better": metric.better, "device": metric.device}


def _objective(objective: Objective) -> JsonObject:
    return {
        "text": objective.text,
        "sense": objective.sense,
        "metric": objective.metric,
        "class": objective.label or None,
        "op": objective.op,
        "bound": objective.bound,
        "device": objective.device,
    }
