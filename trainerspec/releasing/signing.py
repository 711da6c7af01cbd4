"""Sign a package with OpenSSF model-signing, and check such a signature: by key or certificate, without a network."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from model_signing import hashing, signing, verifying
from OpenSSL.crypto import X509StoreContextError

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.ir.target import Trust
from trainerspec.releasing.contents import LISTING, SIGNATURE, listed, sha256
from trainerspec.releasing.signature import Claim, claim, is_of, refused
from trainerspec.releasing.verify import verify
from trainerspec.running.serve import Package

CURVES = ("secp256r1", "secp384r1", "secp521r1")
"""What model-signing signs with: the NIST's P-256, P-384 and P-521."""
LARGEST = 2**20
"""Bytes of a file of keys or certificates."""
OTHER = "name the key that it was signed with, if you trust it; else take the package again from those who made it"


@dataclass(frozen=True, kw_only=True)
class Signer:
    """With what to sign."""

    key: Path
    """A private key, as PEM."""
    password: str = ""
    certificate: Path | None = None
    """The signer's certificate, as PEM, for whom a certificate is to speak and not the key alone."""
    chain: tuple[Path, ...] = ()
    """The certificates between it and a root that others trust."""


def sign(package: Package, signer: Signer, to: Path) -> str:
    """Sign every file of a package, and return who signed.

    Raises Stopped: TS871 when the package is not whole, TS879 when the key cannot be used.
    """
    verify(package)
    _private(signer)
    config = signing.Config()  # type: ignore[no-untyped-call]
    config.set_hashing_config(_hashing())
    if signer.certificate is None:
        password = signer.password.encode() or None  # the library says text, and takes bytes only
        config.use_elliptic_key_signer(private_key=signer.key, password=password)  # type: ignore[arg-type]
    else:
        _certificates(signer.certificate, *signer.chain)
        chain = signer.chain or (signer.certificate,)  # the library fails on an empty one
        try:
            config.use_certificate_signer(
                private_key=signer.key, signing_certificate=signer.certificate, certificate_chain=chain
            )
        except (ValueError, TypeError) as error:
            raise unusable(signer.certificate, str(error)) from error
    config.sign(package.folder, to)
    return signed_by(claim(to))


def still_signed(package: Package, signer: Signer, signature: Path) -> bool:
    """Tell whether a package has a key's signature already. A certificate's is made anew. Raises Stopped TS879."""
    if signer.certificate is not None or not is_of(signature, package.folder):
        return False
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    with TemporaryDirectory() as folder:
        public = Path(folder) / signer.key.name
        public.write_bytes(_private(signer).public_bytes(encoding=serialization.Encoding.PEM, format=form))
        try:
            check(package, signature, Trust(key=str(public)))
        except Stopped:
            return False
    return True


def check(package: Package, signature: Path, trust: Trust) -> str:
    """Check that a package is what a trusted signer signed, file by file, and return who signed.

    Raises Stopped: TS878 when the signature does not hold, TS879 when the trusted key cannot be read.
    """
    found = claim(signature)
    config = verifying.Config()  # type: ignore[no-untyped-call]
    if trust.key:
        _expected_key(signature, found, Path(trust.key))
        config.use_elliptic_key_verifier(public_key=Path(trust.key))
    else:
        roots = [Path(one) for one in trust.certificates]
        _certificates(*roots)
        if not found.certificate:
            raise refused(signature, "it was made with a key alone, and a certificate is asked for", OTHER)
        config.use_certificate_verifier(certificate_chain=roots)
    if others := differing(package.folder, found):
        raise refused(signature, f"the package is not the one that was signed: {others}")
    try:
        config.set_hashing_config(_hashing()).verify(package.folder, signature)
    except InvalidSignature as error:
        raise refused(signature, "it was changed after it was made") from error
    except X509StoreContextError as error:
        raise refused(signature, f"its certificate is none of those that are trusted: {error}", OTHER) from error
    except (ValueError, LookupError, TypeError, AttributeError, UnsupportedAlgorithm) as error:
        raise refused(signature, str(error).strip()[:300]) from error
    return signed_by(found)


def differing(folder: Path, found: Claim) -> str:
    """Name the files of a package that are not as a signature has them; empty when all are."""
    here = {**listed(folder), LISTING: sha256(folder / LISTING)}
    names = sorted(name for name in {*here, *found.files} if here.get(name) != found.files.get(name))
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"`{name}`" for name in names[:5]) + more


def signed_by(found: Claim) -> str:
    """Say whose signature it is: the subject of a certificate, or the digest of a public key."""
    if not found.certificate:
        return f"the key sha256:{found.key}"
    certificate = x509.load_der_x509_certificate(found.certificate)
    return f"{certificate.subject.rfc4514_string()}, by a certificate of {certificate.issuer.rfc4514_string()}"


def unusable(path: Path, reason: str) -> Stopped:
    """Make TS879 of a reason."""
    hint = "`trainerspec explain TS879` has the commands that make a pair of keys"
    message = f"the key or certificate cannot be used: {reason}"
    return Stopped((Diagnostic(code="TS879", message=message, hint=hint, file=str(path)),))


def _hashing() -> hashing.Config:
    """Hash every file but the signature itself, those of git too."""
    config = hashing.Config()  # type: ignore[no-untyped-call]
    return config.set_ignored_paths(paths=[SIGNATURE], ignore_git_paths=False)


def _private(signer: Signer) -> ec.EllipticCurvePublicKey:
    """Return the public half of a private key that can sign. Raises Stopped TS879."""
    password = signer.password.encode() or None

    def load(content: bytes) -> object:
        return serialization.load_pem_private_key(content, password).public_key()

    return _curve(signer.key, _read(signer.key, load, "a private key"))


def _expected_key(signature: Path, found: Claim, path: Path) -> None:
    """Look whether a signature names a public key."""
    key = _curve(path, _read(path, serialization.load_pem_public_key, "a public key"))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(encoding=serialization.Encoding.PEM, format=form))
    expected = digest.finalize().hex()
    if found.certificate:
        raise refused(signature, f"it was made with a certificate, and the key {path.name} is asked for", OTHER)
    if found.key != expected:
        raise refused(signature, f"it is by the key sha256:{found.key}, not by {path.name}, sha256:{expected}", OTHER)


def _certificates(*paths: Path) -> None:
    """Look whether files hold certificates."""
    for path in paths:
        _read(path, x509.load_pem_x509_certificates, "certificates")


def _read(path: Path, load: Callable[[bytes], object], what: str) -> object:
    """Read a file of keys or certificates. Raises Stopped TS879."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise unusable(path, f"it has more than {LARGEST} bytes")
        return load(content)
    except OSError as error:
        raise unusable(path, f"{error.strerror}") from error
    except TypeError as error:  # a password that is missing, or that is not asked for
        raise unusable(path, f"{error}; `--password-env` names the variable that has it") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise unusable(path, f"it is not {what} as PEM, or the password is another") from error


def _curve(path: Path, key: object) -> ec.EllipticCurvePublicKey:
    """Return a key that is on one of the curves. Raises Stopped TS879."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVES:
        kind = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__.strip("_")
        raise unusable(path, f"it is {kind}, and only keys on P-256, P-384 and P-521 sign packages")
    return key
