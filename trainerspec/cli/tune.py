"""trainerspec tune: search for better settings on the validation split."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trainerspec.cli.build import PathArgument
from trainerspec.cli.place import changing, workplace
from trainerspec.language.duration import seconds


class Sampler(StrEnum):
    tpe = "tpe"
    random = "random"


class Pruner(StrEnum):
    median = "median"
    hyperband = "hyperband"
    none = "none"


def tune(
    path: PathArgument = Path(),
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=1, metavar="N", help="How many settings are tried; 30 when nothing says."),
    ] = None,
    time: Annotated[str, typer.Option("--time", metavar="TIME", help="Begin no trial after it: 90s, 30min, 1h.")] = "",
    space: Annotated[
        list[str] | None,
        typer.Option("--space", metavar="SLOT=VALUES", help="Try these: LOW..HIGH, or VALUE,VALUE. Several times."),
    ] = None,
    sampler: Annotated[Sampler | None, typer.Option("--sampler", help="How the next settings are chosen.")] = None,
    pruner: Annotated[Pruner | None, typer.Option("--pruner", help="Which trials end early.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same trials.")] = 7,
    apply: Annotated[bool, typer.Option("--apply", help="Write the winner into trainer.yaml.")] = False,
) -> None:
    """Search for better settings: each trial is a training, judged on the validation split.

    What is tried stands in `search:` of trainer.yaml; an option here wins over it. Settings that trainer.yaml states
    are kept. The first trial is what is built now, then come the other bases. Trials that fall behind end early; few
    rows are cross-validated. The test split is not read, and nothing is packaged. Killed, the same command goes on.

    \b
    Examples:
      trainerspec tune churn                 # as trainer.yaml says, else 30 trials
      trainerspec tune churn --time 1h --space model.train.leaves=8..64
      trainerspec tune churn --space model.base=boosted-trees,table-network
      trainerspec tune churn --apply         # then: trainerspec build churn, trainerspec run churn
    """
    limit = seconds(time) if time else None
    if time and limit is None:
        raise typer.BadParameter(f"`{time}` is no time: write 90s, 30min or 1h")
    from trainerspec.cli.tuning import Asked, searched

    asked = Asked(
        trials=trials,
        seconds=limit,
        sampler=sampler.value if sampler else None,
        pruner=pruner.value if pruner else None,
        space=tuple(space or ()),
        seed=seed,
    )
    with changing(path) as (source, folder), workplace(source, folder, remember=True) as place:
        searched(source, folder, place, asked, apply=apply)
