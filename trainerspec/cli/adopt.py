"""trainerspec adopt: what was tried with `dvc exp run -S` becomes part of trainer.yaml."""

from pathlib import Path

import click

from trainerspec.cli.build import format_option, path_argument
from trainerspec.cli.check import Form
from trainerspec.cli.place import changing, workplace
from trainerspec.cli.say import say


@path_argument
@click.option("--apply", is_flag=True, help="Write the patch into trainer.yaml.")
@format_option
def adopt(path: Path, apply: bool, form: Form) -> None:
    """Turn values that were changed in params.yaml into a patch to trainer.yaml.

    `dvc exp run -S model.train.epochs=5`, `dvc exp apply`, then this: what was tried becomes what is wanted.

    \b
    Examples:
      trainerspec adopt                      # shows the patch
      trainerspec adopt news-desk --apply
    """
    from trainerspec.backends.project import show
    from trainerspec.cli.show import rows
    from trainerspec.revising.adopt import adopt as adopted
    from trainerspec.revising.revise import diff
    from trainerspec.workspace.inside import replace_file

    with changing(path) as (source, folder):
        with workplace(source, folder, remember=True) as place:
            found = adopted(source, folder, place)
        if found.compiled is not None and apply:
            replace_file(folder, Path(source.name).name, found.text.encode())
            # params.yaml as the next build writes it, so that this build finds no edited file in its way
            replace_file(folder, "params.yaml", found.compiled.project.files["params.yaml"])
    if found.compiled is None:
        say("params.yaml says what was built: nothing to adopt")
        return
    file = Path(source.name)
    rows([(where, f"{show(was)} -> {show(now)}") for where, (was, now) in found.values.items()], indent="")
    say(f"\n{diff(source.text, found.text, file.name)}", end="")
    if not apply:
        say("\nnothing was written; `--apply` writes it")
        return
    say(f"\nwritten: {file.as_posix()} (next: trainerspec build)")
