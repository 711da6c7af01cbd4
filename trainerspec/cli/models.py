"""What the command line says about language models: options, limits, and opening the model."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.place import Llm

if TYPE_CHECKING:
    from trainerspec.llm.limits import Limits
    from trainerspec.llm.model import Model

connection_option = click.option(
    "--connection",
    default="",
    metavar="NAME",
    help="The environment variable with the address of the database of a query.",
)
collect_option = click.option(
    "--collect", is_flag=True, help="Fetch the data now, and read columns and classes from it."
)
llm_option = click.option(
    "--llm", metavar="MODEL", help="Let this model at OPENAI_BASE_URL help (`auto`: its first one)."
)
replay_option = click.option(
    "--replay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the language model's answers from a transcript.",
)
limit_option = click.option(
    "--llm-limit",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Cap the language model: `tokens`, `seconds`, `call_seconds`, or `cost` with `prompt_price` and "
    "`completion_price` for a million tokens. May be given several times.",
)


def limits(given: tuple[str, ...]) -> "Limits":
    """Read `--llm-limit`. Raises BadParameter."""
    from trainerspec.llm.limits import Limits

    names = {one.name for one in fields(Limits)}
    found: dict[str, float] = {}
    for one in given:
        name, _, number = one.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = -1.0
        if name not in names or not found[name] >= 0:
            raise click.BadParameter(f"`{one}`: write one of {', '.join(sorted(names))}, `=` and a number")
    if "cost" in found and not {"prompt_price", "completion_price"} & found.keys():
        raise click.BadParameter("`cost` needs `prompt_price` and `completion_price`")
    return Limits(**found)  # type: ignore[arg-type]


def opened(llm: Llm, transcript: Path, caps: "Limits") -> "Model":
    """Open the model that `--llm` or `--replay` names. Raises Unavailable, or OSError for the transcript."""
    from trainerspec.procedures.choose_filler import Wish, model

    return model(Wish(model=llm.model, transcript=transcript, replay=llm.replay, limits=caps))
