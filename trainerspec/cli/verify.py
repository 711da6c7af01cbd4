"""trainerspec verify: is a package as it was made, and from what was it made?"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import format_option
from trainerspec.cli.check import Form

if TYPE_CHECKING:
    from trainerspec.releasing.verify import Origin, Verified
    from trainerspec.running.serve import Package

RELEASE = re.compile(r"sha256[-:][0-9a-f]{64}")


@click.argument(
    "package",
    type=click.Path(path_type=Path),
    required=False,
    help="A package, or the folder of a project that has one; package/ where none is given.",
)
@click.option("--digest", default="", metavar="SHA256", help="The release that it has to be, as `push` names it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON; diagnostics too.")
@format_option
def verify(package: Path | None, digest: str, as_json: bool, form: Form) -> None:
    """Check every digest of a package, and tell from which commit, locks and packages it was made.

    A changed, missing or added file is an error. What the package says of itself is checked for agreement only: who can
    write all of it can write that too. `--digest` ties it to a release that you know from elsewhere.

    Exit status: 0 it is as it was made, 1 it is not.

    \b
    Examples:
      trainerspec verify                       # package/ of the project here
      trainerspec verify releases/0.2.0 --json
      trainerspec verify package --digest sha256-4f0c...
    """
    from trainerspec.releasing.verify import verify as check
    from trainerspec.running.serve import open_package

    if digest and not RELEASE.fullmatch(digest):
        raise click.BadParameter("it is `sha256-` and 64 hexadecimal digits", param_hint="--digest")
    opened = open_package(_place(package).resolve())
    found = check(opened, digest)
    if as_json or form is Form.json:
        _as_json(opened, found)
    else:
        _as_text(opened, found)


def _place(given: Path | None) -> Path:
    """Return the folder of a package, given or a project's own. Raises Stopped TS709 where that one is a link."""
    from trainerspec.workspace.inside import own

    project = Path() if given is None else given
    if given is not None and ((given / "package.json").is_file() or not (given / "package").is_dir()):
        return given
    return own(project, "package")


def _as_json(package: "Package", found: "Verified") -> None:
    from dataclasses import asdict

    from trainerspec.cli.say import say_json

    about = {"name": package.name, "version": package.version, "verdict": package.verdict}
    say_json({**about, **asdict(found)})


def _as_text(package: "Package", found: "Verified") -> None:
    from hashlib import sha256

    from trainerspec.cli.say import say
    from trainerspec.cli.show import rows
    from trainerspec.workspace.inside import read

    size = f"{found.files} files, {found.bytes / 1e6:.1f} MB"
    say(f"{package.name} {package.version} ({package.verdict}) is as it was packaged: {size}")
    if found.origin is None:
        rows([("release", found.release)])
        say("  it has no provenance.json: it does not say from which commit it was made")
        return
    rows([("release", found.release), *_origin(found.origin)])
    here = read(package.folder.parent, "trainer.lock")
    recorded = found.origin.digests.get("trainer.lock")
    if here is not None and recorded:
        same = sha256(here).hexdigest() == recorded
        say(f"  trainer.lock beside it is {'the one that it was made from' if same else 'another: it was built since'}")


def _origin(origin: "Origin") -> list[tuple[str, str]]:
    """Return what a package was made from, as rows."""
    where = f" of {origin.remote}" if origin.remote else ""
    lines = [("commit", f"{origin.commit}{where}" if origin.commit else "not recorded: it was not made in git")]
    if origin.differing:
        named = ", ".join(f"`{path}`" for path in origin.changed[:5])
        more = f" and {origin.differing - 5} more" if origin.differing > 5 else ""
        lines.append(("changed", f"{named}{more}: not as in that commit"))
    lines += list(origin.digests.items())
    count = f", packages of constraints.txt: {len(origin.packages)}" if origin.packages else ""
    return [*lines, ("made by", f"trainerspec {origin.compiler} on Python {origin.python}{count}")]
