"""trainerspec doctor: is everything here that building and running needs?"""

from pathlib import Path

import click
from click.exceptions import Exit

MARKS = {"fine": "ok", "note": "--", "bad": "!!"}


@click.argument("path", type=click.Path(path_type=Path), default=Path(), help="The folder that projects lie in.")
@click.option("--tensorrt", is_flag=True, help="Parse and compile the graph of the project PATH (or the file) instead.")
def doctor(path: Path, tensorrt: bool) -> None:
    """Look at versions, git, GPU, threads, disk and the weights that are on this machine.

    Exit status: 1 when something would keep a run from finishing.

    \b
    Examples:
      trainerspec doctor
      trainerspec doctor --tensorrt news-desk
    """
    if tensorrt:
        compile_graph(path)
        return
    from trainerspec.catalog.load import tasks
    from trainerspec.cli.show import rows
    from trainerspec.doctor.health import examine
    from trainerspec.workspace.organisation import organisation

    folder = path if path.is_dir() else Path()
    findings = list(examine(folder, tasks(organisation(folder) / "templates")))
    rows([(MARKS[one.state], one.what, one.found + (f"  ({one.advice})" if one.advice else "")) for one in findings])
    if any(one.state == "bad" for one in findings):
        raise Exit(1)


def compile_graph(path: Path) -> None:
    """Parse and compile a graph with TensorRT-RTX, and tell what it refuses. Raises Stopped."""
    from trainerspec.diagnostics.model import Stopped
    from trainerspec.doctor.tensorrt import examine

    found = examine(path)
    if found.refused:
        raise Stopped(found.refused)
    print(f"{found.graph.as_posix()}: TensorRT-RTX {found.version} parses and compiles it")
    print(
        f"  {found.layers} layers, parsed in {found.parse_seconds:.1f} s; "
        f"an engine of {found.engine_bytes / 1e6:.1f} MB, built in {found.build_seconds:.1f} s"
    )
