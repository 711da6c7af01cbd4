"""Keys and certificates to sign packages with."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A private key and its public half, as files."""

    private: Path
    public: Path


def pair(folder: Path, name: str, password: str = "", kind: str = "P-256") -> Pair:
    """Make a pair of keys."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "P-256" else rsa.generate_private_key(65537, 2048)
    lock = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    made = Pair(private=folder / f"{name}.key", public=folder / f"{name}.pub")
    form = serialization.PrivateFormat.PKCS8
    made.private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    public = key.public_key()
    form_public = serialization.PublicFormat.SubjectPublicKeyInfo
    made.public.write_bytes(public.public_bytes(serialization.Encoding.PEM, form_public))
    return made


def certificate(folder: Path, name: str, signer: Path, issuer: str = "", root: Path | None = None) -> Path:
    """Make the certificate of a key: its own root, or one that a root's key issued, for signing."""
    key = serialization.load_pem_private_key(signer.read_bytes(), None)
    issuing = serialization.load_pem_private_key((root or signer).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(issuing, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        subject_name=named(name), issuer_name=named(issuer or name), public_key=key.public_key(), serial_number=7
    )
    builder = builder.not_valid_before(START).not_valid_after(START + datetime.timedelta(days=3650))
    is_root = root is None
    builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    use = {
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "crl_sign": is_root,
        "encipher_only": False,
        "decipher_only": False,
    }
    usage = x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, **use)
    made = builder.add_extension(usage, critical=True).sign(issuing, hashes.SHA256())
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
