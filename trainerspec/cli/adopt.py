"""trainerspec adopt: what was tried with `dvc exp run -S` becomes part of trainer.yaml."""

from pathlib import Path
from typing import Annotated

import typer

from trainerspec.cli.build import FormatOption, PathArgument
from trainerspec.cli.check import Form
from trainerspec.cli.place import locate, workplace


def adopt(
    path: PathArgument = Path(),
    apply: Annotated[bool, typer.Option("--apply", help="Write the patch into trainer.yaml.")] = False,
    form: FormatOption = Form.text,
) -> None:
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
    from trainerspec.workspace.write import recover, replace_file

    source, folder = locate(path)
    recover(folder)
    with workplace(source, folder) as place:
        found = adopted(source, folder, place)
    if found.compiled is None:
        print("params.yaml says what was built: nothing to adopt")
        return
    file = Path(source.name)
    rows([(where, f"{show(was)} -> {show(now)}") for where, (was, now) in found.values.items()], indent="")
    print(f"\n{diff(source.text, found.text, file.name)}", end="")
    if not apply:
        print("\nnothing was written; `--apply` writes it")
        return
    replace_file(file, found.text.encode())
    # params.yaml as the next build writes it, so that this build finds no edited file in its way
    replace_file(folder / "params.yaml", found.compiled.project.files["params.yaml"])
    print(f"\nwritten: {file.as_posix()} (next: trainerspec build)")
