"""What `trainerspec verify` is asked to verify: a folder, or a release in a storage; and whose signature counts."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trainerspec.cli.needs import needs
from trainerspec.diagnostics.model import Diagnostic, Stopped

if TYPE_CHECKING:
    from trainerspec.ir.target import Storage, Target, Trust
    from trainerspec.running.serve import Package


@dataclass(frozen=True, kw_only=True)
class Place:
    """What lies here to be verified."""

    folder: Path
    digest: str
    """The release that it has to be; empty for any."""
    signature: Path
    trust: "Trust | None"
    """Whose signature counts; None where none is asked for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says."""

    package: str
    digest: str
    target: str
    key: Path | None
    certificates: tuple[Path, ...]

    def place(self, fetched: Path) -> Place:
        """Return where the package lies, fetched into a folder when it is in a storage. Raises Stopped."""
        from trainerspec.cli.place import locate
        from trainerspec.releasing.contents import SIGNATURE
        from trainerspec.workspace.inside import own
        from trainerspec.workspace.targets import read_target

        project = locate(Path())[1] if self.target else None
        wanted = read_target(project, self.target) if project is not None else None
        trust = self.trust(wanted)
        beside = project / "deploy" / "targets" / self.target if project is not None else None
        if project is not None:
            own(project, f"deploy/targets/{self.target}/{SIGNATURE}")
        address = self.package
        if not address and beside is not None and wanted is not None:
            address = pinned(beside, wanted)
        if "://" in address:
            digest = fetch(address, wanted.storage if wanted else None, fetched, self.digest)
            return Place(folder=fetched, digest=digest, signature=fetched / SIGNATURE, trust=trust)
        folder = package_folder(Path(address) if address else None).resolve()
        signature = folder / SIGNATURE
        if beside is not None and not signature.is_file():
            signature = beside / SIGNATURE
        return Place(folder=folder, digest=self.digest, signature=signature, trust=trust)

    def trust(self, target: "Target | None") -> "Trust | None":
        """Return whose signature counts: the command line's word, else the target's."""
        from trainerspec.ir.target import Trust

        if self.key is not None or self.certificates:
            return Trust(key=str(self.key or ""), certificates=tuple(map(str, self.certificates)))
        return target.signed if target is not None else None


def package_folder(given: Path | None) -> Path:
    """Return the folder of a package, given or a project's own. Raises Stopped TS709 where that one is a link."""
    from trainerspec.workspace.inside import own

    project = Path() if given is None else given
    if given is not None and ((given / "package.json").is_file() or not (given / "package").is_dir()):
        return given
    return own(project, "package")


def pinned(folder: Path, target: "Target") -> str:
    """Return the address of the release that a target's overlay pins. Raises Stopped TS894 when nothing was pushed."""
    needs("jsonpatch", "kubernetes", "kubernetes_validate", "boto3")
    from collections.abc import Mapping

    from trainerspec.language.yaml import load
    from trainerspec.releasing.cluster.kustomize import FILE
    from trainerspec.releasing.cluster.verify import pins
    from trainerspec.workspace.inside import whole

    written = load(whole(folder / FILE)) if (folder / FILE).is_file() else None
    release = pins(written, target) if isinstance(written, Mapping) else None
    if release is None:
        message, hint = f"nothing was pushed to `{target.name}`", f"first `trainerspec push --target {target.name}`"
        raise Stopped((Diagnostic(code="TS894", message=message, hint=hint),))
    return target.storage.uri(release.name, release.digest)


def fetch(address: str, storage: "Storage | None", folder: Path, expected: str) -> str:
    """Fetch a release into a folder, and return the digest by which it is addressed; `expected` is empty for any.

    Raises Stopped: TS871 when the address is of another release, and what opening and fetching raise.
    """
    needs("boto3")
    import click

    from trainerspec.releasing import pushed

    bucket, prefix, digest = pushed.opened(address, storage)
    if expected and digest != expected.replace(":", "-"):
        hint = "name the release that you know from elsewhere, or look who changed the address or the overlay"
        message = f"the address is of the release `{digest}`, not of `{expected}`"
        raise Stopped((Diagnostic(code="TS871", message=message, hint=hint, file=address),))
    pushed.fetch(bucket, prefix, folder, lambda line: click.echo(line, err=True))
    return digest


def signed(package: "Package", signature: Path, trust: "Trust | None") -> str:
    """Check the signature that is asked for, and say whose it is; empty where none is asked for. Raises Stopped."""
    if trust is None:
        return ""
    needs("model_signing", "OpenSSL", extra="sign")
    from trainerspec.releasing.signing import check

    return check(package, signature, trust)
