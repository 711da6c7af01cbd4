"""What trainerspec explain says of a field of trainer.yaml."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from trainerspec.ir.json import Json, JsonObject

if TYPE_CHECKING:
    from trainerspec.catalog.model import Task

Node: TypeAlias = JsonObject
"""A part of a JSON Schema."""


def found_in(parts: Sequence[str], tasks: "Mapping[str, Task]") -> dict[str, Node]:
    """Return the schema of a field in each task that has it, by the task's name."""
    from trainerspec.language.schema import compose

    nodes = {name: walk(compose(task), parts) for name, task in tasks.items()}
    return {name: node for name, node in nodes.items() if node is not None}


def walk(node: Node, parts: Sequence[str]) -> Node | None:
    """Return the part of a schema that describes a field; None where there is no such field."""
    for part in parts:
        inner: Node | None = None
        for shape in shapes(node):
            properties, more = shape.get("properties"), shape.get("additionalProperties")
            if isinstance(properties, Mapping) and part in properties:
                inner = cast(Node, properties[part])
            elif part.isdigit() and isinstance(shape.get("items"), Mapping):
                inner = cast(Node, shape["items"])
            elif isinstance(more, Mapping):
                inner = inner or more
        if inner is None:
            return None
        node = inner
    return node


def shapes(node: Node) -> list[Node]:
    """Return a schema and its alternatives."""
    branches = cast(Sequence[Node], node.get("anyOf", ()))
    return [node, *(inner for branch in branches for inner in shapes(branch))]


def paths(node: Node, prefix: str = "") -> Iterator[str]:
    """Return the dotted names of all fields below a schema."""
    for shape in shapes(node):
        for key, inner in cast(Mapping[str, Node], shape.get("properties", {})).items():
            yield f"{prefix}{key}"
            yield from paths(inner, f"{prefix}{key}.")


def about(name: str, node: Node, task: str) -> str:
    """Describe a field: what it means, what it may hold, its default and examples."""
    from trainerspec.language.printer import flow_text

    of = f" ({task})" if task else ""
    lines = [f"{name}{of}: {node.get('title', '')}", "", str(node.get("description", ""))]
    values = [text for text in (kind(shape) for shape in shapes(node)) if text]
    if values:
        lines += ["", f"Value: {', or '.join(dict.fromkeys(values))}"]
    if "default" in node:
        lines.append(f"Default: {flow_text(node['default'])}")
    for example in cast(Sequence[Json], node.get("examples", ()))[:3]:
        lines.append(f"Example: {flow_text(example)}")
    keys = [key for shape in shapes(node) for key in cast(Mapping[str, Node], shape.get("properties", {}))]
    if keys:
        lines.append(f"Keys: {', '.join(keys)}")
    return "\n".join(lines)


def kind(shape: Node) -> str:
    """Say what values a schema allows.

    >>> kind({"type": "integer", "minimum": 8, "maximum": 512}), kind({"enum": ["cpu", "gpu"]})
    ('integer at least 8 at most 512', 'one of `cpu`, `gpu`')
    """
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return "one of " + ", ".join(f"`{one}`" for one in cast(Sequence[Json], shape["enum"]))
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "pattern": "of the form",
        "minItems": "with at least",
    }
    limits = [f"{word} {shape[key]}" for key, word in bounds.items() if key in shape]
    return " ".join([str(shape.get("type", "")), *limits]).strip()


def decided(name: str, folder: Path) -> str:
    """Say how the folder's trainer.lock fills a field: by whom, from which facts, and what else was considered."""
    from trainerspec.backends.project import AUTHORS, show
    from trainerspec.cli.build import decisions

    one = decisions(folder).get(name)
    if one is None:
        return ""
    by = AUTHORS.get(one.author, one.author) + (f", {one.sop}" if one.sop else "")
    lines = ["", "", f"Decided here: {show(one.value)} ({by}: {one.because})"]
    lines += [f"  it read {fact} = {show(value)}" for fact, value in one.facts.items()]
    others = [candidate for candidate in one.candidates if candidate.value != one.value]
    lines += [f"  {'kept' if other.kept else 'dropped'} {show(other.value)}: {other.because}" for other in others]
    return "\n".join(lines)
