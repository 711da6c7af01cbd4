"""trainerspec verify: is a package as it was made, and from what was it made?"""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.build import format_option
from trainerspec.cli.check import Form
from trainerspec.cli.signing import FILE
from trainerspec.cli.verified import Asked, signed
from trainerspec.diagnostics.model import Diagnostic, Stopped

if TYPE_CHECKING:
    from trainerspec.cli.verified import Place
    from trainerspec.releasing.verify import Origin, Verified
    from trainerspec.running.serve import Package

RELEASE = re.compile(r"sha256[-:][0-9a-f]{64}")


@click.argument(
    "package",
    default="",
    help="A package, the folder of a project that has one, or the address of a release: s3://...; default: package/.",
)
@click.option("--digest", default="", metavar="SHA256", help="The release that it has to be, as `push` names it.")
@click.option("--key", type=FILE, metavar="FILE", help="The public key (PEM) that it has to be signed with.")
@click.option(
    "--certificate", type=FILE, multiple=True, metavar="FILE", help="A root that the signer's goes back to; repeat it."
)
@click.option("--signature", type=FILE, metavar="FILE", help="The signature; default: model.sig in the package.")
@click.option(
    "--target", default="", metavar="ENV", help="Take what was pushed to targets/ENV.yaml, and whom it trusts."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON; diagnostics too.")
@format_option
def verify(
    package: str,
    digest: str,
    key: Path | None,
    certificate: tuple[Path, ...],
    signature: Path | None,
    target: str,
    as_json: bool,
    form: Form,
) -> None:
    """Check every digest of a package, who signed it, and tell from which commit, locks and packages it was made.

    A changed, missing or added file is an error. What the package says of itself is checked for agreement only: who can
    write all of it can write that too. A signature that `--key`, `--certificate` or the target's `signed` asks for says
    whose it is; `--digest` ties it to a release that you know from elsewhere.

    Exit status: 0 it is as it was made, 1 it is not.

    \b
    Examples:
      trainerspec verify                       # package/ of the project here
      trainerspec verify releases/0.2.0 --json
      trainerspec verify package --digest sha256-4f0c...
      trainerspec verify package --key release.pub --signature deploy/targets/prod/model.sig
      trainerspec verify --target prod         # what lies in the storage, fetched and checked
      trainerspec verify s3://models/prod/news/sha256-4f0c... --key release.pub
    """
    from tempfile import TemporaryDirectory

    from trainerspec.releasing.verify import verify as check
    from trainerspec.running.serve import open_package

    if digest and not RELEASE.fullmatch(digest):
        raise click.BadParameter("it is `sha256-` and 64 hexadecimal digits", param_hint="--digest")
    if key is not None and certificate:
        raise click.BadParameter("give `--key` or `--certificate`, not both", param_hint="--key")
    with TemporaryDirectory() as fetched:
        asked = Asked(package=package, digest=digest, target=target, key=key, certificates=certificate)
        try:
            place = asked.place(Path(fetched))
            opened = open_package(place.folder)
            found = check(opened, place.digest)
            by = signed(opened, signature or place.signature, place.trust)
        except Stopped as stopped:
            raise Stopped(tuple(there(one, fetched) for one in stopped.diagnostics)) from stopped
        if as_json or form is Form.json:
            _as_json(opened, found, by)
        else:
            _as_text(opened, found, by, place)


def there(one: Diagnostic, fetched: str) -> Diagnostic:
    """Name what lies in a storage as it is named there, and not by the folder that it was fetched into."""
    if not one.file.startswith(fetched):
        return one
    return replace(one, file=one.file.removeprefix(fetched).removeprefix("/") or "package.json")


def _as_json(package: "Package", found: "Verified", by: str) -> None:
    from dataclasses import asdict

    from trainerspec.cli.say import say_json

    about = {"name": package.name, "version": package.version, "verdict": package.verdict}
    say_json({**about, **asdict(found), "signed": by})


def _as_text(package: "Package", found: "Verified", by: str, place: "Place") -> None:
    from hashlib import sha256

    from trainerspec.cli.say import say
    from trainerspec.cli.show import rows
    from trainerspec.workspace.inside import read

    size = f"{found.files} files, {found.bytes / 1e6:.1f} MB"
    say(f"{package.name} {package.version} ({package.verdict}) is as it was packaged: {size}")
    who = [("signed by", by)] if by else []
    if not by and place.signature.is_file():
        say("  it has a signature that was not checked: name whom you trust with `--key` or `--certificate`")
    if found.origin is None:
        rows([("release", found.release), *who])
        say("  it has no provenance.json: it does not say from which commit it was made")
        return
    rows([("release", found.release), *who, *_origin(found.origin)])
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
