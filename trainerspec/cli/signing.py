"""With what a package is signed, and whether the signature that a target asks for holds."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainerspec.cli.needs import needs
from trainerspec.diagnostics.model import Diagnostic, Stopped

if TYPE_CHECKING:
    from trainerspec.ir.target import Target
    from trainerspec.running.serve import Package

FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, kw_only=True)
class Signing:
    """What the command line says about signing."""

    key: Path | None
    certificate: Path | None
    chain: tuple[Path, ...]
    password_env: str

    def __post_init__(self) -> None:
        """Raise BadParameter where the key is missing that the rest goes with."""
        rest = {"--certificate": self.certificate, "--chain": self.chain, "--password-env": self.password_env}
        for option, given in rest.items() if self.key is None else ():
            if given:
                raise click.BadParameter("it goes with `--sign KEY`", param_hint=option)
        if self.chain and self.certificate is None:
            raise click.BadParameter("it goes with `--certificate FILE`", param_hint="--chain")

    def signature(self, project: Path, package: "Package", target: "Target", folder: Path) -> "tuple[Path | None, str]":
        """Return the package's signature, made in `folder` or the one beside the overlay, and who signed.

        None and no name where none is made and the target asks for none. Raises Stopped: TS873, TS878, TS879.
        """
        from trainerspec.releasing.contents import SIGNATURE

        if self.key is None and target.signed is None:
            return None, ""
        needs("model_signing", "OpenSSL", extra="sign")
        from trainerspec.releasing import signing
        from trainerspec.releasing.signature import claim
        from trainerspec.workspace.inside import own

        old = own(project, f"deploy/targets/{target.name}/{SIGNATURE}")
        made, by = old, ""
        if self.key is not None:
            signer = signing.Signer(
                key=self.key, password=self.password(), certificate=self.certificate, chain=self.chain
            )
            if not signing.still_signed(package, signer, old):
                made = folder / SIGNATURE
                by = signing.sign(package, signer, made)
        if target.signed is not None:
            by = signing.check(package, made, target.signed)
        return made, by or signing.signed_by(claim(made))

    def password(self) -> str:
        """Return the key's password. Raises Stopped TS864 when the variable is not set."""
        password = os.environ.get(self.password_env, "") if self.password_env else ""
        if self.password_env and not password:
            message, hint = f"`{self.password_env}` is not set", "set it to the password of the key"
            raise Stopped((Diagnostic(code="TS864", message=message, hint=hint),))
        return password


def trusted(project: Path, package: "Package", target: "Target") -> str:
    """Check the signature that lies beside a target's overlay, and say whose it is; empty where none is asked for.

    Raises Stopped: TS871, TS873, TS878, TS879.
    """
    if target.signed is None:
        return ""
    needs("model_signing", "OpenSSL", extra="sign")
    from trainerspec.releasing.contents import SIGNATURE
    from trainerspec.releasing.signing import check
    from trainerspec.releasing.verify import verify
    from trainerspec.workspace.inside import own

    verify(package)
    return check(package, own(project, f"deploy/targets/{target.name}/{SIGNATURE}"), target.signed)
