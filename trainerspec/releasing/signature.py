"""Read what a signature of model-signing says of itself, without the library: nothing of it is believed here.

It is a Sigstore bundle (https://docs.sigstore.dev/about/bundle/) of an in-toto statement, in a DSSE envelope.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.releasing.contents import LISTING, sha256
from trainerspec.workspace.inside import whole


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a signature says."""

    files: Mapping[str, str]
    """The sha256 of each signed file, by path."""
    key: str
    """The sha256 of the public key's PEM; empty where certificates stand instead."""
    certificate: bytes
    """The signer's certificate as DER; empty where a key stands instead."""


def claim(path: Path) -> Claim:
    """Read a signature. Raises Stopped TS878 when there is none, or it is not one of model-signing."""
    try:
        bundle = json.loads(whole(path))
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))
        resources = statement["predicate"]["resources"]
        files = {str(one["name"]): str(one["digest"]) for one in resources if one["algorithm"] == "sha256"}
        material = bundle["verificationMaterial"]
        chain = material.get("x509CertificateChain", {}).get("certificates", ())
        return Claim(
            files=files,
            key=str(material.get("publicKey", {}).get("hint") or ""),
            certificate=base64.b64decode(chain[0]["rawBytes"], validate=True) if chain else b"",
        )
    except FileNotFoundError as error:
        raise refused(path, "it is not there, so the package is not signed") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise refused(path, "it is no signature that model-signing made") from error


def is_of(path: Path, folder: Path) -> bool:
    """Tell whether a signature says that it is of the package in a folder: of package.json, which lists the rest."""
    if not path.is_file():
        return False
    try:
        return claim(path).files.get(LISTING) == sha256(folder / LISTING)
    except Stopped:
        return False


def refused(path: Path, reason: str, hint: str = "") -> Stopped:
    """Make TS878 of a reason."""
    hint = hint or "sign the package: `trainerspec push --target ENV --sign KEY`; if it was signed, take it again"
    return Stopped(
        (Diagnostic(code="TS878", message=f"the signature does not hold: {reason}", hint=hint, file=str(path)),)
    )
