"""trainerspec tune: search for better settings on the validation split."""

import re
from pathlib import Path

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.place import changing, workplace

UNITS = {"": 60.0, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Read a time: `90 s`, `30 min`, `1h`; a number alone counts minutes.

    >>> seconds("90 s"), seconds("1h"), seconds("30")
    (90.0, 3600.0, 1800.0)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h)?\s*", text)
    if found is None:
        raise click.BadParameter(f"`{text}` is no time: write 90s, 30min or 1h")
    return float(found[1]) * UNITS[found[2] or ""]


@path_argument
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    metavar="N",
    help="How many settings are tried.",
)
@click.option("--time", default="", metavar="TIME", help="Begin no trial after it: 90s, 30min, 1h.")
@click.option(
    "--space", multiple=True, metavar="SLOT=VALUES", help="Try these: LOW..HIGH, or VALUE,VALUE. Several times."
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, show_default=True, help="The same seed gives the same trials."
)
@click.option("--apply", is_flag=True, help="Write the winner into trainer.yaml.")
@format_option
def tune(path: Path, trials: int, time: str, space: tuple[str, ...], seed: int, apply: bool, form: Form) -> None:
    """Search for better settings: each trial is a training, judged on the validation split.

    Settings that trainer.yaml states are kept. The first trial is what is built now. Trials that fall behind end early;
    the test split is not read, and nothing is packaged. Killed at any time, the same command goes on where it was.

    \b
    Examples:
      trainerspec tune churn --trials 20
      trainerspec tune churn --time 1h --space model.train.leaves=8..64
      trainerspec tune churn --apply      # then: trainerspec build churn, trainerspec run churn
    """
    limit = seconds(time) if time else None
    from trainerspec.cli.tuning import searched

    with changing(path) as (source, folder), workplace(source, folder, remember=True) as place:
        searched(source, folder, place, space, (trials, limit, seed), apply=apply)
