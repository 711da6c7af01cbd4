"""trainerspec explain: what a code or a field means, and the whole schema."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from trainerspec.catalog.model import Task


@click.argument(
    "topic",
    default="",
    help="A code (TS204), or a field (model.base) and how trainer.lock here fills it; none lists the codes.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of trainer.yaml.")
@click.option("--task", default="", help="The task whose fields are meant.")
def explain(topic: str, schema: bool, task: str) -> None:
    """Explain a code or a field of trainer.yaml; or print the schema that editors use.

    Without --task, the task of ./trainer.yaml is meant. `objectives` lists the metrics of a task, `model.base` the
    models that it can start from.

    \b
    Examples:
      trainerspec explain TS204
      trainerspec explain data.split
      trainerspec explain objectives --task text-classification
      trainerspec explain --schema
    """
    from trainerspec.cli.say import say_json
    from trainerspec.language.schema import compose

    known = _known()
    chosen = _task(task, known)
    if schema:
        say_json(compose(chosen))
    elif not topic:
        click.echo(_codes())
    elif _is_code(topic):
        click.echo(_code(topic.upper()))
    else:
        click.echo(_field(topic, {chosen.name: chosen} if chosen else known))


def _is_code(topic: str) -> bool:
    return topic[:2].upper() == "TS" and topic[2:].isdigit()


def _stop(message: str, hint: str) -> Exit:
    click.echo(f"{message}{'; ' + hint if hint else ''}", err=True)
    return Exit(2)


def _known() -> "Mapping[str, Task]":
    from trainerspec.catalog.load import tasks
    from trainerspec.workspace.organisation import organisation

    return tasks(organisation(Path()) / "templates")


def _task(name: str, known: "Mapping[str, Task]") -> "Task | None":
    from trainerspec.cli.check import read
    from trainerspec.language.document import parse_document
    from trainerspec.language.suggest import suggest

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


def _field(topic: str, tasks: "Mapping[str, Task]") -> str:
    """Explain a field of the one task, or of all where it is the same in all that have it. Exits with 2 otherwise."""
    from trainerspec.cli.explain_catalog import bases, metrics
    from trainerspec.cli.explain_fields import about, decided, found_in, paths
    from trainerspec.language.schema import compose
    from trainerspec.language.suggest import suggest

    parts = [part for part in topic.replace("/", ".").split(".") if part]
    name = ".".join(parts)
    found = found_in(parts, tasks)
    if not found:
        fields = {path for task in tasks.values() for path in paths(compose(task))}
        raise _stop(f"unknown field or code `{topic}`", suggest(name, sorted(fields)))
    lists = {"objectives": metrics, "model.base": bases}.get(name)
    first, node = next(iter(found.items()))
    if len(found) > 1 and (lists or any(other != node for other in found.values())):
        raise _stop(f"`{name}` depends on the task", f"add `--task`, one of: {', '.join(found)}")
    text = about(name, node, first if len(found) == 1 else "")
    return text + (lists(tasks[first]) if lists else "") + decided(name, Path())
