"""trainerspec tune: search for better settings on the validation split."""

from pathlib import Path

import click

from trainerspec.cli.build import path_argument
from trainerspec.cli.place import changing, workplace
from trainerspec.language.duration import seconds


@path_argument
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="How many settings are tried; 30 where trainer.yaml does not say.",
)
@click.option("--time", default="", metavar="TIME", help="Begin no trial after it: 90s, 30min, 1h.")
@click.option(
    "--space", multiple=True, metavar="SLOT=VALUES", help="Try these: LOW..HIGH, or VALUE,VALUE. Several times."
)
@click.option("--sampler", type=click.Choice(["tpe", "random"]), help="How the next settings are chosen.")
@click.option("--pruner", type=click.Choice(["median", "hyperband", "none"]), help="Which trials end early.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, show_default=True, help="The same seed gives the same trials."
)
@click.option("--apply", is_flag=True, help="Write the winner into trainer.yaml.")
def tune(
    path: Path,
    trials: int | None,
    time: str,
    space: tuple[str, ...],
    sampler: str | None,
    pruner: str | None,
    seed: int,
    apply: bool,
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
        raise click.BadParameter(f"`{time}` is no time: write 90s, 30min or 1h")
    from trainerspec.cli.tuning import Asked, searched

    asked = Asked(trials=trials, seconds=limit, sampler=sampler, pruner=pruner, space=space, seed=seed)
    with changing(path) as (source, folder), workplace(source, folder, remember=True) as place:
        searched(source, folder, place, asked, apply=apply)
