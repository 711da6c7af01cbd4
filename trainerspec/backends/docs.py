"""docs/ and the Dockerfile: how to ask the model, what it is, how to run it; from the contract."""

import json
from collections.abc import Mapping, Sequence

from trainerspec.backends.documents import render
from trainerspec.backends.params import TEXT, params, steps
from trainerspec.backends.project import judged, show, source
from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.language import cleaning, escaping

PYTHON = "3.11"
PYTHON_DIGEST = "sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7"
"""Of a published `python:3.11-slim`; the tag may name another image tomorrow."""
LIMITS = ("data.max", "data.image_size", "data.channels")
"""Slots that bound what the model sees of an input."""
WHAT = {
    "text": "a text, UTF-8",
    "phrase": "a few words, UTF-8",
    "prompt": "what is wanted, in words, UTF-8",
    "image": "a picture, encoded as PNG, JPEG or WebP",
    "seed": "an integer; the same one gives the same answer",
    "label": "the class with the highest score",
    "labels": "JSON: a list of `{label, score}`, the surest first; empty where none is answered",
    "scores": "one score a class; they sum to 1",
    "scores of labels": "one score a label, each from 0 to 1",
    "score": "how sure the model is, 0 to 1",
    "number": "the value that is expected",
    "interval": "the bounds between which the value lies with the stated probability",
    "spans": "JSON: a list of `{start, end, label, text, score}`; `start` and `end` count characters of the text",
    "objects": "JSON: a list of `{label, score, box}`, the surest first; `box`: x0, y0, x1, y1 in pixels",
    "segmentation": "a PNG of the picture's own size, as it is shown: each pixel's number is the place of its class",
    "box": "x0, y0, x1, y1 in pixels of the picture that was sent",
    "column": "a column of the table",
    "history": "the values up to now, the newest last; null where one is missing, and before shorter ones",
    "moment": "the time of the last value, as ISO 8601; without it the calendar is not looked at",
    "series": "the name of the series, as in the data; one that is not known is forecast too",
    "moments": "JSON: a list of the times of the steps; empty where no time was sent",
    "forecast": "the middle of what is expected at each step",
    "band": "the bounds between which the value of each step lies in eight cases of ten",
    "alarm": "`true` where the row is unusual: its score lies above the threshold; else `false`",
    "anomaly": "how unusual the row is; more is more unusual",
    "contributions": "JSON: a list of `{column, contribution}`, the largest first: what each column adds to the score",
}
EXAMPLES: Mapping[str, tuple[Json, Json]] = {
    "text": ("A text like those that the model was trained on.", "Another text."),
    "phrase": ("the one on the left", "the largest one"),
    "prompt": ("a horse", "a bird"),
    "seed": (7, 8),
    "history": ([12.0, 15.0, 14.0, 17.0, 16.0, 19.0, 18.0, 21.0], [3.0, 2.0, 4.0, 3.0, 5.0, 4.0, 6.0, 5.0]),
    "moment": ("2024-06-30", "2024-12-31"),
    "series": ("", ""),
}
"""Two rows for each kind of input."""
MOST_VALUES = 8
"""Values of a column that a row of API.md names."""
NUMPY = {"BOOL": "bool_", "FP16": "float16", "FP32": "float32", "FP64": "float64"}


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write docs/API.md, docs/MODEL_CARD.md, docs/RUNBOOK.md and the Dockerfile of the package's image."""
    settings = params(plan.pinned, task)
    spec = plan.pinned.decided.observed.spec
    values = plan.pinned.values
    described = {
        **interface(settings, task.title),
        "request": [line.strip() for line in spec.request.strip().splitlines()],
        "held": judged(spec),
        "source": source(plan.pinned.decided.observed),
        "clean": [cleaning.text(step) for step in steps(plan.pinned)],
        "split": spec.split,
        "base": plan.pinned.base,
        "limits": [
            {"title": slot.title, "value": show(values[path]), "description": slot.description.split("\n")[0]}
            for path, slot in task.slots.items()
            if path in values and path.startswith(LIMITS)
        ],
        "training": [
            {"title": slot.title, "value": show(values[path])}
            for path, slot in task.slots.items()
            if path in values and path.startswith(("model.train.", "data.max"))
        ],
    }
    return {
        "Dockerfile": render("Dockerfile", described),
        "docs/API.md": api(settings, task.title),
        "docs/MODEL_CARD.md": render("MODEL_CARD.md", described),
        "docs/RUNBOOK.md": render("RUNBOOK.md", described),
    }


def api(settings: JsonObject, title: str) -> bytes:
    """Write API.md, with an example a client that runs as it stands."""
    return render("API.md", interface(settings, title))


def interface(settings: JsonObject, title: str) -> dict[str, object]:
    """Describe the model's doors for the templates."""
    agreed, serve = settings["contract"], settings["serve"]
    assert isinstance(agreed, Mapping)
    assert isinstance(serve, Mapping)
    raw, answer = _ports(agreed["raw"]), _ports(agreed["answer"])
    return {
        "name": settings["name"],
        "version": settings["version"],
        "title": title,
        "labels": settings["labels"],
        "most": serve["max_batch_size"],
        "raw": [{**port, "what": what(port)} for port in raw],
        "answer": [{**port, "what": what(apart(port, answer))} for port in answer],
        "files": any(is_file(port) for port in raw),
        "scored": any(port["kind"] in ("scores", "score") for port in answer),
        "curl": curl(raw),
        "python": python(str(settings["name"]), raw, answer),
        "javascript": [javascript(port) for port in raw],
        "python_version": PYTHON,
        "python_digest": PYTHON_DIGEST,
    }


def what(port: JsonObject) -> str:
    """Say what a port holds; of a column what it is known to hold.

    >>> what({"kind": "column", "datatype": "BYTES", "values": ["basic", "pro"], "optional": True})
    'a column of the table: `basic`, `pro`; may be left out'
    >>> what({"kind": "column", "datatype": "BYTES", "media_type": "text/plain"})
    'a text, UTF-8'
    """
    told = WHAT.get(meaning(port), meaning(port))
    values = port.get("values")
    if isinstance(values, Sequence) and values:
        known = ", ".join(escaping.code(str(value), cell=True) for value in values[:MOST_VALUES])
        told += f": {known}" + (", ..." if len(values) > MOST_VALUES else "")
    elif "typical" in port:
        told += f", about {escaping.markdown(str(port['typical']))}"
    return told + ("; may be left out" if port.get("optional") else "")


def apart(port: JsonObject, answer: Sequence[JsonObject]) -> JsonObject:
    """Return the port as what it means beside others: scores of any number of labels do not sum to 1."""
    several = port["kind"] == "scores" and any(one["kind"] == "labels" for one in answer)
    return {**port, "kind": "scores of labels"} if several else port


def meaning(port: JsonObject) -> str:
    """Return what a port's values are: a column of texts that people wrote holds texts."""
    prose = port["kind"] == "column" and port.get("media_type") == TEXT
    return "text" if prose else str(port["kind"])


def is_file(port: JsonObject) -> bool:
    """Tell whether a port's values are encoded files."""
    return port["kind"] == "image"


def rows(port: JsonObject, count: int) -> list[Json]:
    """Return example values, each as one row.

    >>> rows({"kind": "column", "datatype": "FP32", "shape": [-1, 2]}, 1)
    [[1.0, 1.0]]
    """
    kind, shape = meaning(port), port["shape"]
    assert isinstance(shape, Sequence)
    if kind in EXAMPLES:
        return list(EXAMPLES[kind][:count])
    values = port.get("values")
    if isinstance(values, Sequence) and values:
        return [str(values[place % len(values)]).removesuffix("T00:00:00") for place in range(count)]
    if "typical" in port:
        return [port["typical"]] * count
    one: Json = "a" if port["datatype"] == "BYTES" else 1.0 if str(port["datatype"]).startswith("FP") else 1
    for size in reversed(shape[1:]):
        one = [one] * (size if isinstance(size, int) and size > 0 else 1)
    return [one] * count


def shape_of(data: Json) -> list[int]:
    """Return the shape of example rows.

    >>> shape_of([[1.0, 2.0]]), shape_of(["a"])
    ([1, 2], [1])
    """
    return [len(data), *shape_of(data[0])] if isinstance(data, list) else []


def tensor(port: JsonObject, data: list[Json]) -> JsonObject:
    """Return one input of a JSON request."""
    made: dict[str, Json] = {"name": port["name"], "datatype": port["datatype"], "shape": shape_of(data)}
    if is_file(port):
        made["parameters"] = {"content_type": "base64"}
    return {**made, "data": data}


def curl(raw: list[JsonObject]) -> str:
    """Return the body of a JSON request between single quotes; a picture is put in by the shell."""
    mark = placeholder(raw)
    inputs = [tensor(port, [mark] if is_file(port) else rows(port, 1)) for port in raw]
    body = escaping.shell(json.dumps({"inputs": inputs}, ensure_ascii=False))
    return body.replace(mark, "'\"$(base64 -w0 picture.png)\"'")


def placeholder(ports: list[JsonObject]) -> str:
    """Return a word that nothing in these ports holds."""
    text, mark = json.dumps(ports, ensure_ascii=False, default=str), "$FILE$"
    while mark in text:
        mark += "$"
    return mark


def python(name: str, raw: list[JsonObject], answer: list[JsonObject]) -> str:
    """Return the part that tritonclient's two doors share."""
    count = 1 if any(is_file(port) for port in raw) else 2
    lines = ["inputs = []"]
    for port in raw:
        datatype = escaping.python(str(port["datatype"]))
        lines += [
            f"values = {array(port, count)}",
            f"inputs.append(protocol.InferInput({escaping.python(str(port['name']))}, list(values.shape), {datatype}))",
        ]
        lines.append("inputs[-1].set_data_from_numpy(values)")
    names = ", ".join(escaping.python(str(port["name"])) for port in answer)
    comma = "," if len(answer) == 1 else ""
    lines += [
        f"answer = client.infer({escaping.python(name)}, inputs)",
        f"for name in ({names}{comma}):",
        "    print(name, answer.as_numpy(name))",
    ]
    return "\n".join(lines)


def array(port: JsonObject, count: int) -> str:
    """Return the Python expression of an input's array."""
    if is_file(port):
        return 'np.array([Path("picture.png").read_bytes()], dtype=np.object_)'
    data = rows(port, count)
    if port["datatype"] == "BYTES":
        texts = ", ".join(f"{escaping.python(str(text))}.encode()" for text in data)
        return f"np.array([{texts}], dtype=np.object_)"
    datatype = str(port["datatype"])
    return f"np.array({json.dumps(data)}, dtype=np.{NUMPY.get(datatype, datatype.lower())})"


def javascript(port: JsonObject) -> str:
    """Return one input of the request as JavaScript."""
    mark = placeholder([port])
    one = tensor(port, [mark] if is_file(port) else rows(port, 1))
    return json.dumps(one, ensure_ascii=False).replace(f'"{mark}"', 'readFileSync("picture.png").toString("base64")')


def _ports(listed: Json) -> list[JsonObject]:
    assert isinstance(listed, Sequence)
    return [port for port in listed if isinstance(port, Mapping)]
