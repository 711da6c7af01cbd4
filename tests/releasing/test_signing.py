"""Signed packages: by a key, by a certificate; a changed file, another key, no signature, a damaged one."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.releasing.conftest import manifests, seal, target_text
from trainerspec.cli.main import main
from trainerspec.ir.target import Trust
from trainerspec.running.serve import Package, open_package

needs.packages("model_signing", "OpenSSL")

from tests.releasing.keys import Pair, certificate, pair  # noqa: E402  # cryptography comes with model-signing
from trainerspec.diagnostics.model import Stopped  # noqa: E402
from trainerspec.releasing.contents import sha256  # noqa: E402
from trainerspec.releasing.pushed import wanted  # noqa: E402
from trainerspec.releasing.signing import Signer, check, sign, still_signed  # noqa: E402
from trainerspec.workspace.targets import read_target  # noqa: E402


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return pair(tmp_path_factory.mktemp("keys"), "release")


@pytest.fixture
def signature(package: Package, keys: Pair) -> Path:
    path = package.folder.parent / "model.sig"
    sign(package, Signer(key=keys.private), path)
    return path


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return (int(ended.value.code or 0), *capsys.readouterr())


def refusal(package: Package, signature: Path, trust: Trust) -> str:
    with pytest.raises(Stopped) as stopped:
        check(package, signature, trust)
    (one,) = stopped.value.diagnostics
    return f"{one.code} {one.message}"


def test_verify_tells_who_signed(
    package: Package, signature: Path, keys: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("verify", package.folder, "--key", keys.public, "--signature", signature)
    status, out, errors = call(capsys, *words)
    assert (status, errors) == (0, "")
    assert f"signed by  the key sha256:{sha256(keys.public)}" in out
    assert json.loads(call(capsys, *words, "--json")[1])["signed"] == f"the key sha256:{sha256(keys.public)}"
    signature.rename(package.folder / "model.sig")
    assert "signed by" in call(capsys, "verify", package.folder, "--key", keys.public)[1]
    unchecked = call(capsys, "verify", package.folder)[1]
    assert "a signature that was not checked" in unchecked
    assert "signed by" not in unchecked


def test_the_library_itself_verifies_it_and_signs_for_it(package: Package, signature: Path, keys: Pair) -> None:
    def program(verb: str, *words: str | Path) -> None:
        command = [sys.executable, "-m", "model_signing", verb, "key", str(package.folder), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr

    program("verify", "--signature", signature, "--public_key", keys.public)
    other = signature.with_name("other.sig")
    program("sign", "--signature", other, "--private_key", keys.private)
    assert check(package, other, Trust(key=str(keys.public))).startswith("the key sha256:")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda folder: (folder / "golden.jsonl").write_text("{}\n"), "TS871 .*`golden.jsonl` was changed"),
    "added": (lambda folder: (folder / "pipeline/x.py").write_text(""), "TS871 .*`pipeline/x.py` was added"),
    "missing": (lambda folder: (folder / "golden.jsonl").unlink(), "TS871 .*`golden.jsonl` is missing"),
    "hidden": (lambda folder: (folder / ".gitignore").write_text("*"), "TS871 .*`.gitignore` was added"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_changed_after_signing_is_told(
    package: Package, signature: Path, keys: Pair, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    spoil, _ = FAULTS[fault]
    spoil(package.folder)
    words = ("verify", package.folder, "--key", keys.public, "--signature", signature)
    status, out, errors = call(capsys, *words)
    assert (status, out) == (1, "")
    assert FAULTS[fault][1].split(".*")[1] in errors
    assert "TS871" in errors
    seal(package.folder)  # who changes a file changes package.json too: then only the signature tells
    status, out, errors = call(capsys, *words)
    assert (status, out) == (1, "")
    assert "TS878" in errors
    assert "the package is not the one that was signed" in errors
    assert "`package.json`" in errors
    assert "Traceback" not in errors


def test_another_key_and_no_signature_are_told(
    package: Package, signature: Path, keys: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = pair(tmp_path, "other")
    told = refusal(package, signature, Trust(key=str(other.public)))
    assert f"by the key sha256:{sha256(keys.public)}, not by other.pub, sha256:{sha256(other.public)}" in told
    status, _, errors = call(capsys, "verify", package.folder, "--key", keys.public)
    assert status == 1
    assert "TS878" in errors
    assert "so the package is not signed" in errors


def forged(signature: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change the statement that was signed, and leave the signature of it."""
    bundle = json.loads(signature.read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(statement)
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    signature.write_text(json.dumps(bundle))


def test_a_forged_statement_is_told(package: Package, signature: Path, keys: Pair) -> None:
    forged(signature, lambda statement: statement.update(more="words"))
    assert refusal(package, signature, Trust(key=str(keys.public))).endswith("it was changed after it was made")


DAMAGED = [
    "",
    "[]",
    "{}",
    "null",
    "\xff",
    "[" * 100_000,
    '{"dsseEnvelope": {"payload": "e30="}}',
    '{"dsseEnvelope": 3}',
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_signature_is_told(package: Package, signature: Path, keys: Pair, text: str) -> None:
    signature.write_text(text)
    assert "no signature that model-signing made" in refusal(package, signature, Trust(key=str(keys.public)))


@pytest.mark.parametrize("path", ["mediaType", "dsseEnvelope.signatures", "dsseEnvelope.payloadType"])
def test_a_signature_with_odd_parts_is_told(package: Package, signature: Path, keys: Pair, path: str) -> None:
    for odd in (None, 3, "x", [], {}):
        bundle = tree = json.loads(signature.read_text())
        *way, last = path.split(".")
        for one in way:
            tree = tree[one]
        tree[last] = odd
        changed = signature.with_name("odd.sig")
        changed.write_text(json.dumps(bundle))
        assert refusal(package, changed, Trust(key=str(keys.public))).startswith("TS878 the signature does not hold")


def test_certificates_name_the_signer(package: Package, keys: Pair, tmp_path: Path) -> None:
    authority, press = pair(tmp_path, "authority"), pair(tmp_path, "press")
    root = certificate(tmp_path, "Example CA", authority.private)
    own = certificate(tmp_path, "press", press.private, "Example CA", authority.private)
    path = tmp_path / "model.sig"
    sign(package, Signer(key=press.private, certificate=own), path)
    trusted = Trust(certificates=(str(root),))
    assert check(package, path, trusted) == "CN=press, by a certificate of CN=Example CA"
    another = certificate(tmp_path, "Another CA", keys.private)
    assert "none of those that are trusted" in refusal(package, path, Trust(certificates=(str(another),)))
    assert "made with a certificate" in refusal(package, path, Trust(key=str(keys.public)))
    by_key = tmp_path / "key.sig"
    sign(package, Signer(key=keys.private), by_key)
    assert "made with a key alone" in refusal(package, by_key, trusted)
    with pytest.raises(Stopped, match=r"TS879 .*does not match"):
        sign(package, Signer(key=keys.private, certificate=own), path)


def test_keys_that_cannot_sign_are_told(package: Package, keys: Pair, tmp_path: Path) -> None:
    to, locked = tmp_path / "model.sig", pair(tmp_path, "locked", password="secret")
    sign(package, Signer(key=locked.private, password="secret"), to)
    check(package, to, Trust(key=str(locked.public)))
    (tmp_path / "text.key").write_text("no key")
    for signer, words in (
        (Signer(key=locked.private), "--password-env"),
        (Signer(key=locked.private, password="wrong"), "the password is another"),
        (Signer(key=pair(tmp_path, "rsa", kind="RSA").private), "it is RSAPublicKey"),
        (Signer(key=tmp_path / "text.key"), "it is not a private key as PEM"),
        (Signer(key=tmp_path / "absent.key"), "No such file"),
        (Signer(key=Path("/dev/zero")), "it has more than"),
        (Signer(key=keys.public), "it is not a private key as PEM"),
    ):
        with pytest.raises(Stopped, match="TS879") as stopped:
            sign(package, signer, tmp_path / "none.sig")
        assert words in stopped.value.diagnostics[0].message
    assert not (tmp_path / "none.sig").exists()
    assert "TS879" in refusal(package, to, Trust(key=str(keys.private)))


def test_a_changed_package_is_not_signed(package: Package, keys: Pair, tmp_path: Path) -> None:
    (package.folder / "golden.jsonl").write_text("{}")
    with pytest.raises(Stopped, match="TS871"):
        sign(package, Signer(key=keys.private), tmp_path / "model.sig")


def test_a_signature_that_holds_is_kept(package: Package, signature: Path, keys: Pair, tmp_path: Path) -> None:
    assert still_signed(package, Signer(key=keys.private), signature)
    assert not still_signed(package, Signer(key=pair(tmp_path, "other").private), signature)
    forged(signature, lambda statement: statement.update(more="words"))
    assert not still_signed(package, Signer(key=keys.private), signature)


@pytest.mark.slow
def test_what_was_pushed_is_signed_and_verified_where_it_lies(
    s3: str,
    project: Path,
    keys: Pair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.releasing.seaweed import BUCKET
    from trainerspec.cli.deploy import whole
    from trainerspec.ir.target import Storage
    from trainerspec.releasing.push import digest
    from trainerspec.releasing.storage import Bucket

    monkeypatch.chdir(project)
    pinned = f"registry.invalid/triton@sha256:{'b' * 64}"
    to_prod = ("push", "--target", "prod", "--image-digest", f"sha256:{'a' * 64}")
    (project / "targets").mkdir()
    (project / "targets/release.pub").write_bytes(keys.public.read_bytes())
    (project / "targets/prod.yaml").write_text(target_text(s3, "signed", signed="{key: release.pub}", triton=pinned))
    status, _, errors = call(capsys, *to_prod)
    assert status == 1
    assert "TS878" in errors
    assert not (project / "deploy").exists(), "nothing was pushed"
    other = pair(tmp_path, "other")
    assert "not by release.pub" in call(capsys, *to_prod, "--sign", other.private)[2]
    status, out, errors = call(capsys, *to_prod, "--sign", keys.private)
    assert status == 0, errors
    assert f"signed   by the key sha256:{sha256(keys.public)}" in out
    beside = project / "deploy/targets/prod/model.sig"
    first = beside.read_bytes()
    status, out, _ = call(capsys, *to_prod, "--sign", keys.private)
    assert "0 files uploaded" in out
    assert call(capsys, *to_prod)[0] == 0, "it is signed already"
    assert beside.read_bytes() == first

    status, out, errors = call(capsys, "verify", "--target", "prod")
    assert status == 0, errors
    assert "signed by  the key sha256:" in out
    name = digest(open_package(project / "package"))
    address = f"s3://{BUCKET}/signed/tiny/{name}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    assert "signed by" in call(capsys, "verify", f"{address}/model_repository", "--key", keys.public)[1]
    target, package = read_target(project, "prod"), open_package(project / "package")
    whole(target, package)
    store = Bucket(storage=Storage(bucket=BUCKET, endpoint=s3)).client
    key = f"signed/tiny/{name}/model_repository/extra/config.pbtxt"
    store.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    status, _, errors = call(capsys, "verify", address)
    assert (status, "`model_repository/extra/config.pbtxt` was added" in errors) == (1, True)
    with pytest.raises(Stopped, match=r"TS871 .*in the storage `model_repository/extra/config.pbtxt` was added"):
        whole(target, package)
    store.delete_object(Bucket=BUCKET, Key=key)
    store.put_object(Bucket=BUCKET, Key=f"signed/tiny/{name}/golden.jsonl", Body=b"{}")
    with pytest.raises(Stopped, match=r"TS871 .*in the storage `golden.jsonl` was changed"):
        whole(target, package)
    status, _, errors = call(capsys, "verify", "--target", "prod")
    assert (status, "`golden.jsonl` was changed" in errors) == (1, True)
    assert "/tmp" not in errors
    assert "TS860" in call(capsys, "verify", f"s3://{BUCKET}/signed/tiny/sha256-{'0' * 64}")[2]
    assert "TS860" in call(capsys, "verify", f"s3://{BUCKET}/signed")[2]


def test_deploy_verifies_the_signature_that_the_target_asks_for(
    built: Path, package: Package, keys: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("deploy", "--verify", "--target", "dev", built)
    with (built / "targets/dev.yaml").open("a") as file:
        file.write("signed: {key: release.pub}\n")
    (built / "targets/release.pub").write_bytes(keys.public.read_bytes())
    assert call(capsys, *words)[0] == 0, "before a push there is nothing to be signed"
    manifests(built, package)
    status, _, errors = call(capsys, *words)
    assert (status, "TS878" in errors, "so the package is not signed" in errors) == (1, True, True)
    beside = built / "deploy/targets/dev/model.sig"
    sign(package, Signer(key=keys.private), beside)
    status, out, errors = call(capsys, *words)
    assert status == 0, errors
    assert f"signature: by the key sha256:{sha256(keys.public)}" in out
    overlay = beside.with_name("kustomization.yaml")
    before = overlay.read_text()
    overlay.write_text(before.replace("s3://models/p/", "s3://elsewhere/p/"))
    status, out, errors = call(capsys, *words)
    assert (status, "TS878" in errors, "signature: by" in out) == (1, True, False)
    assert "the model is taken from s3://elsewhere/p/tiny/sha256-" in errors
    overlay.write_text(before)
    sign(package, Signer(key=pair(tmp_path, "other").private), beside)
    assert "not by release.pub" in call(capsys, *words)[2]
    sign(package, Signer(key=keys.private), beside)
    (package.folder / "golden.jsonl").write_text("{}")
    status, _, errors = call(capsys, *words)
    assert (status, "TS871" in errors) == (1, True)
    (built / "package").rename(built / "elsewhere")
    status, out, errors = call(capsys, *words)
    assert (status, "warning" in errors, "TS878" in errors, "was not checked" in errors) == (0, True, True, True)
    assert "signature: by" not in out
    seal(built / "elsewhere")
    sign(open_package(built / "elsewhere"), Signer(key=keys.private), beside)
    status, _, errors = call(capsys, *words)
    assert (status, "another release than the one that the overlay pins" in errors) == (1, True)
    beside.unlink()
    status, _, errors = call(capsys, *words)
    assert (status, "so the package is not signed" in errors) == (1, True)


@pytest.mark.parametrize("name", ["../x", "a//b", "/etc/x", "docs", "a\nb", ".git/config"])
def test_a_storage_with_odd_names_is_told(name: str) -> None:
    there = {"package.json": 2, "docs/a.md": 3, "": 0, "docs/": 0, "rows.npz": 4, "engines/a/plan": 9}
    assert wanted(there) == ["docs/a.md", "package.json"]
    with pytest.raises(Stopped, match=r"(?s)TS871 .*lies in the storage, and cannot be a path of a package"):
        wanted({**there, name: 1})


def test_an_address_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for address in ("oci://registry.example.com/ml/tiny:1", "s3://models/tiny", "https://example.com/tiny"):
        status, _, errors = call(capsys, "verify", address)
        assert (status, f"`{address}` is no address of a release" in errors) == (1, True)


def test_an_address_of_another_release_is_told_before_anything_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    address, other = f"s3://models/tiny/sha256-{'0' * 64}", f"sha256:{'1' * 64}"
    status, _, errors = call(capsys, "verify", address, "--digest", other)
    assert (status, "TS871" in errors, f"not of `{other}`" in errors) == (1, True, True)


def test_options_that_go_with_a_key_need_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "targets").mkdir()
    for words in (("--certificate", "a.pem"), ("--password-env", "X"), ("--sign", "k", "--chain", "c")):
        status, _, errors = call(capsys, "push", "--target", "dev", project, *words)
        assert (status, "it goes with" in errors) == (2, True)
    (project / "targets/dev.yaml").write_text(target_text("http://127.0.0.1:1", "p"))
    locked = ("--sign", "k", "--password-env", "ABSENT_PASSWORD")
    assert "TS864" in call(capsys, "push", "--target", "dev", project, *locked)[2]
    assert call(capsys, "verify", project, "--key", "a", "--certificate", "b")[0] == 2
