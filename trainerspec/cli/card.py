"""trainerspec card: what a model is, as a document."""

from enum import StrEnum
from pathlib import Path

import click

from trainerspec.cli.build import path_argument
from trainerspec.cli.say import say

READ: tuple[str, ...] = ("trainer.lock", "gate.json", "metrics.json", "build/data/report.json")
READ += tuple(f"package/{name}" for name in ("package.json", "provenance.json", "docs/MODEL_CARD.md"))
"""What a card is made of, beside trainer.yaml."""


class CardForm(StrEnum):
    """Which document."""

    model = "model"
    annex_iv = "annex-iv"


@path_argument
@click.option(
    "--format",
    "form",
    type=click.Choice([one.value for one in CardForm]),
    default=CardForm.model.value,
    show_default=True,
    help="model: the package's model card; annex-iv: technical documentation as the EU AI Act lists it.",
)
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a file that is not there yet."
)
def card(path: Path, form: str, to: Path | None) -> None:
    """Print a model's card, or technical documentation in the order of Annex IV of Regulation (EU) 2024/1689.

    `annex-iv` is filled from trainer.yaml, trainer.lock and what the stages recorded, and marks every section that a
    person must still write. It tells on standard error how many there are.

    \b
    Examples:
      trainerspec card                            # docs/MODEL_CARD.md of package/, with the measured numbers
      trainerspec card --format annex-iv --to annex-iv.md
      trainerspec card news-desk --format annex-iv | less
    """
    _refuse_links(path)
    text = _annex(path) if form == CardForm.annex_iv else _model(path)
    if to is None:
        say(text, end="")
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.BadParameter(f"{to} is there already", param_hint="--to") from None
    except FileNotFoundError:
        raise click.BadParameter(f"{to.parent} is no folder", param_hint="--to") from None


def _refuse_links(path: Path) -> None:
    """Raise Stopped TS709 where a link leads to what a card tells: it may tell nothing from outside."""
    from trainerspec.cli.place import locate
    from trainerspec.diagnostics.model import Stopped
    from trainerspec.workspace.inside import linked

    if links := linked(locate(path)[1], READ):
        raise Stopped(links)


def _model(path: Path) -> str:
    from trainerspec.cli.place import locate
    from trainerspec.releasing.contents import document
    from trainerspec.running.serve import open_package

    return document(open_package(locate(path)[1] / "package").folder, "docs/MODEL_CARD.md")


def _annex(path: Path) -> str:
    from trainerspec.catalog.load import tasks
    from trainerspec.cli.place import locate
    from trainerspec.compiler import read_spec
    from trainerspec.diagnostics.model import Log
    from trainerspec.releasing.technical import WRITE, technical
    from trainerspec.workspace.organisation import organisation

    source, folder = locate(path)
    known = tasks(organisation(folder) / "templates")
    spec = read_spec(source, known, Log(source), review=True)
    text = technical(spec, known[spec.task], folder)
    gaps = text.count(f"\n{WRITE}")
    click.echo(f"{gaps} sections have something that a person must write; each is marked `{WRITE}`", err=True)
    return text
