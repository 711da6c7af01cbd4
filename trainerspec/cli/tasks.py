"""trainerspec tasks: what can be built."""

from enum import StrEnum
from pathlib import Path

import click


class TasksForm(StrEnum):
    """How tasks are listed."""

    text = "text"
    json = "json"


@click.option(
    "--format",
    "form",
    type=click.Choice(TasksForm),
    default=TasksForm.text,
    show_default=True,
    help="text for people, json for programs.",
)
def tasks(form: TasksForm) -> None:
    """List the tasks: what goes in, what comes out, and the models that each can start from.

    Tasks of your own, in `.trainerspec/templates` here or above in the repository, are among them.

    \b
    Examples:
      trainerspec tasks
      trainerspec tasks --format json
      trainerspec explain objectives --task text-classification   # what a task can be held to
    """
    from trainerspec.catalog.load import tasks as known
    from trainerspec.cli.say import say_json
    from trainerspec.cli.show import rows
    from trainerspec.workspace.organisation import organisation

    found = known(organisation(Path()) / "templates")
    if form is TasksForm.json:
        listed = [
            {
                "task": one.name,
                "title": one.title,
                "inputs": dict(one.inputs),
                "outputs": dict(one.outputs),
                "bases": list(one.cards),
                "metrics": list(one.metrics),
            }
            for one in found.values()
        ]
        say_json(listed)
        return
    head = ("task", "in -> out", "starts from")
    lines = [
        (one.name, f"{', '.join(one.inputs) or 'columns'} -> {', '.join(one.outputs)}", ", ".join(one.cards))
        for one in found.values()
    ]
    rows([head, *lines], indent="")
