"""trainerspec explain: what a code or a field means, and the whole schema."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from trainerspec.catalog.model import Task


def explain(
    topic: Annotated[
        str,
        typer.Argument(
            help="A code (TS204), or a field (model.base) and how trainer.lock here fills it; none lists the codes."
        ),
    ] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of trainer.yaml.")] = False,
    task: Annotated[str, typer.Option("--task", help="The task whose fields are meant.")] = "",
) -> None:
    """Explain a code or a field of trainer.yaml; or print the schema that editors use.

    Without --task, the task of ./trainer.yaml is meant, if there is one.

    Examples: trainerspec explain TS204; trainerspec explain data.split; trainerspec explain --schema
    """
    from trainerspec.language.schema import compose

    chosen = _task(task)
    if schema:
        typer.echo(json.dumps(compose(chosen), indent=2, ensure_ascii=False))
    elif not topic:
        typer.echo(_codes())
    elif _is_code(topic):
        typer.echo(_code(topic.upper()))
    else:
        typer.echo(_field(topic, chosen) + _decision(topic))


def _is_code(topic: str) -> bool:
    return topic[:2].upper() == "TS" and topic[2:].isdigit()


def _stop(message: str, hint: str) -> typer.Exit:
    typer.echo(f"{message}{'; ' + hint if hint else ''}", err=True)
    return typer.Exit(2)


def _task(name: str) -> "Task | None":
    from trainerspec.catalog.load import tasks
    from trainerspec.cli.check import read
    from trainerspec.language.document import parse_document
    from trainerspec.language.suggest import suggest

    known = tasks(Path(".trainerspec/templates"))
    if name and name not in known:
        raise _stop(f"unknown task `{name}`", suggest(name, known))
    source = read(Path("trainer.yaml")).value if not name else None
    document = parse_document(source).value if source else None
    section = document.data.get("task") if document else None
    stated = section.get("type") if isinstance(section, Mapping) else None
    return known.get(name or str(stated))


def _codes() -> str:
    from trainerspec.diagnostics.codes import codes

    return "\n".join(f"{code}  {about.title}" for code, about in codes().items())


def _code(code: str) -> str:
    from trainerspec.diagnostics.codes import codes
    from trainerspec.language.suggest import did_you_mean

    about = codes().get(code)
    if about is None:
        raise _stop(f"unknown code `{code}`", did_you_mean(code, codes()))
    example = "\n".join(f"    {line}" for line in about.example.splitlines())
    return f"{code}: {about.title}\n\n{about.explanation}\n\nFor example:\n\n{example}\n\nWhat to do: {about.fix}"


def _field(topic: str, task: "Task | None") -> str:
    from trainerspec.catalog.load import tasks
    from trainerspec.language.schema import compose
    from trainerspec.language.suggest import suggest

    parts = [part for part in topic.replace("/", ".").split(".") if part]
    candidates = [task] if task else [None, *tasks(Path(".trainerspec/templates")).values()]
    for candidate in candidates:
        found = _walk(compose(candidate), parts)
        if found is not None:
            return _about(".".join(parts), found, candidate.name if candidate else "")
    fields = {path for candidate in candidates for path in _paths(compose(candidate), "")}
    raise _stop(f"unknown field or code `{topic}`", suggest(".".join(parts), sorted(fields)))


def _decision(topic: str) -> str:
    """Say how ./trainer.lock fills the field: by whom, from which facts, and what else was considered."""
    from trainerspec.backends.project import AUTHORS, show
    from trainerspec.cli.build import decisions

    one = decisions(Path()).get(".".join(part for part in topic.replace("/", ".").split(".") if part))
    if one is None:
        return ""
    by = AUTHORS.get(one.author, one.author) + (f", {one.sop}" if one.sop else "")
    lines = ["", "", f"Decided here: {show(one.value)} ({by}: {one.because})"]
    lines += [f"  it read {name} = {show(value)}" for name, value in one.facts.items()]
    others = [candidate for candidate in one.candidates if candidate.value != one.value]
    lines += [f"  {'kept' if other.kept else 'dropped'} {show(other.value)}: {other.because}" for other in others]
    return "\n".join(lines)


def _shapes(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node, *(inner for branch in node.get("anyOf", ()) for inner in _shapes(branch))]


def _walk(node: Mapping[str, Any], parts: list[str]) -> Mapping[str, Any] | None:
    for part in parts:
        inner: Mapping[str, Any] | None = None
        for shape in _shapes(node):
            properties = shape.get("properties", {})
            more = shape.get("additionalProperties")
            if part in properties:
                inner = properties[part]
            elif part.isdigit() and isinstance(shape.get("items"), Mapping):
                inner = shape["items"]
            elif isinstance(more, Mapping):
                inner = inner or more
        if inner is None:
            return None
        node = inner
    return node


def _paths(node: Mapping[str, Any], prefix: str) -> list[str]:
    found = []
    for shape in _shapes(node):
        for key, inner in shape.get("properties", {}).items():
            found += [f"{prefix}{key}", *_paths(inner, f"{prefix}{key}.")]
    return found


def _about(name: str, node: Mapping[str, Any], task: str) -> str:
    from trainerspec.language.printer import flow_text

    of = f" ({task})" if task else ""
    lines = [f"{name}{of}: {node.get('title', '')}", "", str(node.get("description", ""))]
    kinds = [text for text in (_kind(shape) for shape in _shapes(node)) if text]
    if kinds:
        lines += ["", f"Value: {', or '.join(dict.fromkeys(kinds))}"]
    if "default" in node:
        lines.append(f"Default: {flow_text(node['default'])}")
    for example in node.get("examples", ())[:3]:
        lines.append(f"Example: {flow_text(example)}")
    keys = [key for shape in _shapes(node) for key in shape.get("properties", {})]
    if keys:
        lines.append(f"Keys: {', '.join(keys)}")
    return "\n".join(lines)


def _kind(shape: Mapping[str, Any]) -> str:
    if "const" in shape:
        return f"`{shape['const']}`"
    if "enum" in shape:
        return "one of " + ", ".join(f"`{one}`" for one in shape["enum"])
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "pattern": "of the form",
        "minItems": "with at least",
    }
    told = [f"{word} {shape[key]}" for key, word in bounds.items() if key in shape]
    return " ".join([str(shape.get("type", "")), *told]).strip()
