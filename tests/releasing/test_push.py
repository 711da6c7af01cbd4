"""trainerspec push against a real S3 server: once, again, after a kill, and refused."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from tests.releasing.conftest import measured, seal, target_text
from tests.releasing.seaweed import BUCKET, KEYS
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.target import Image, Storage
from trainerspec.language.yaml import load
from trainerspec.releasing.push import digest, fits, listed, push, upload
from trainerspec.releasing.registry import Unknown, pinned
from trainerspec.releasing.storage import Bucket, checksum
from trainerspec.running.serve import Package, open_package
from trainerspec.workspace.targets import read_target

pytestmark = pytest.mark.slow
MIB = 2**20


def bucket(endpoint: str, prefix: str, part: int = 16 * MIB) -> Bucket:
    return Bucket(storage=Storage(bucket=BUCKET, prefix=prefix, endpoint=endpoint), part=part)


def quiet(_: object) -> None:
    """Say nothing."""


def test_a_push_puts_every_file_and_a_second_one_none(s3: str, project: Path, package: Package) -> None:
    (project / "targets").mkdir()
    (project / "targets" / "dev.yaml").write_text(target_text(s3, "once"))
    target = read_target(project, "dev")
    store = bucket(s3, "once")
    first = push(project, package, target, store, quiet)
    files = listed(package)
    assert (first.uploaded, first.kept) == (len(files), 0)
    prefix = f"once/tiny/{digest(package)}"
    assert sorted(store.keys(prefix)) == sorted(f"{prefix}/{path}" for path in files)
    body = store.client.get_object(Bucket=BUCKET, Key=f"{prefix}/golden.jsonl")["Body"].read()
    assert body == (package.folder / "golden.jsonl").read_bytes()
    second = push(project, package, target, store, quiet)
    assert (second.uploaded, second.kept, second.bytes) == (0, len(files), 0)
    assert second.release == first.release
    assert first.release.model == f"s3://{BUCKET}/once/tiny/{digest(package)}/model_repository"


def test_the_overlay_pins_what_was_pushed(s3: str, project: Path, package: Package) -> None:
    (project / "targets").mkdir()
    (project / "targets" / "dev.yaml").write_text(target_text(s3, "overlay", gpu="{product: NVIDIA-L4}"))
    image = f"sha256:{'a' * 64}"
    done = push(project, package, read_target(project, "dev"), bucket(s3, "overlay"), quiet, image)
    assert [one.code for one in done.warnings] == ["TS875"], "no registry tells Triton's digest"
    assert "registry.invalid does not answer" in done.warnings[0].message
    written = load((project / "deploy/targets/dev/kustomization.yaml").read_bytes())
    assert isinstance(written, dict)
    assert written["namespace"] == "models"
    assert written["images"][0] == {"name": "tiny", "newName": "registry.invalid/ml/tiny", "digest": image}
    assert done.release.model in str(written["patches"])
    assert "NVIDIA-L4" in str(written["patches"])


def test_another_content_is_another_release(project: Path, package: Package) -> None:
    before = digest(package)
    (package.folder / "docs.md").write_text("new")
    seal(package.folder)
    assert digest(open_package(package.folder)) != before


def test_a_changed_package_is_not_pushed(package: Package) -> None:
    (package.folder / "golden.jsonl").write_text("{}")
    (package.folder / "params.yaml").unlink()
    with pytest.raises(Stopped, match=r"TS871 .*`golden.jsonl` was changed, `params.yaml` is missing"):
        listed(package)


def test_what_lies_there_with_other_bytes_is_put_again(s3: str, tmp_path: Path) -> None:
    store, path = bucket(s3, "other"), tmp_path / "file"
    path.write_bytes(b"right")
    store.put("other/file", path)
    assert store.holds("other/file", path)
    store.client.put_object(Bucket=BUCKET, Key="other/file", Body=b"wrong")
    assert not store.holds("other/file", path), "of the same size"


KILLED = """
import os, signal, sys
from pathlib import Path
from trainerspec.ir.target import Storage
from trainerspec.releasing.storage import Bucket
endpoint, key, path, part = sys.argv[1:]
sent = []
def said(size):
    sent.append(size)
    if len(sent) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Bucket(storage=Storage(bucket="models", endpoint=endpoint), part=int(part)).put(key, Path(path), said)
"""


def test_after_a_kill_only_the_missing_parts_go_up(s3: str, tmp_path: Path) -> None:
    path, part = tmp_path / "model.onnx", 5 * MIB
    path.write_bytes(os.urandom(4 * part + 1000))
    words = [sys.executable, "-c", KILLED, s3, "killed/model.onnx", str(path), str(part)]
    done = subprocess.run(words, env={**os.environ, **KEYS}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    store, sent = bucket(s3, "killed", part), []
    assert "killed/model.onnx" not in store.keys("killed/"), "nothing half-written is seen"
    store.put("killed/model.onnx", path, sent.append)
    assert sent == [part, part, 1000]
    body = store.client.get_object(Bucket=BUCKET, Key="killed/model.onnx")["Body"].read()
    assert hashlib.sha256(body).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert checksum(path, part).endswith("-5")


def test_the_storages_words_are_told(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a")

    def told(store: Bucket) -> str:
        with pytest.raises(Stopped) as stopped:
            upload({"a": path}, "p", store, quiet)
        (one,) = stopped.value.diagnostics
        assert one.code == "TS872"
        return f"{one.message}; {one.hint}"

    assert "make the bucket" in told(Bucket(storage=Storage(bucket="absent", endpoint=s3)))
    assert "does not answer" in told(Bucket(storage=Storage(bucket=BUCKET, endpoint="http://127.0.0.1:9")))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    assert "does not belong to AWS_ACCESS_KEY_ID" in told(bucket(s3, "p"))
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert "there are no keys" in told(bucket(s3, "p"))


def test_an_engine_for_a_gpu_needs_one(project: Path, package: Package) -> None:
    (project / "targets").mkdir()
    (project / "targets" / "dev.yaml").write_text(target_text("http://x", "p"))
    target = read_target(project, "dev")
    fits(target, package)
    settings = package.folder / "params.yaml"
    settings.write_text(settings.read_text().replace("engine: onnx", "engine: tensorrt"))
    with pytest.raises(Stopped, match="TS876"):
        fits(target, package)


def test_the_command_prints_what_is_pinned(s3: str, project: Path) -> None:
    (project / "targets").mkdir()
    (project / "targets" / "dev.yaml").write_text(target_text(s3, "command"))
    measured(project / "package")
    words = [sys.executable, "-m", "trainerspec", "push", "--target", "dev", str(project)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert f"model    s3://{BUCKET}/command/tiny/sha256-" in done.stdout
    assert "TS875 warning: `registry.invalid/ml/tiny:0.1.0` is not pinned" in done.stderr
    assert "deploy/targets/dev/sizing.yaml, measured with onnx on cpu:" in done.stdout
    assert re.search(
        r"^  Pods +4 +server/scale#1  2 would do, but who decided 4 is not known", done.stdout, re.MULTILINE
    )
    memory = (project / ".trainerspec" / "agents" / "server.jsonl").read_text()
    assert '"server/scale#1"' in memory, "the agent remembers what it decided"
    before = {path: path.read_bytes() for path in (project / "deploy/targets/dev").iterdir()}
    again = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert "0 files uploaded (0.0 MB)" in again.stdout
    assert {path: path.read_bytes() for path in (project / "deploy/targets/dev").iterdir()} == before


class Registry(BaseHTTPRequestHandler):
    """Answers as a registry that wants a token which it gives to everybody."""

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer for-all":
            self.send_response(401)
            realm = f"http://127.0.0.1:{self.server.server_address[1]}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="r",scope="repository:ml/tiny:pull"')
        elif self.path == "/v2/ml/tiny/manifests/0.1.0":
            self.send_response(200)
            self.send_header("Docker-Content-Digest", f"sha256:{'b' * 64}")
        else:
            self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        assert "scope=repository%3Aml%2Ftiny%3Apull" in self.path
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"token": "for-all"}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X%d: 1\r\n" % number for number in range(300)) + b"\r\n",
        b"HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\n\r\n",
        b'HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer realm="file:///etc/passwd"\r\n\r\n',
        b'HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer realm="http://[::1"\r\n\r\n',
        b"",
    ],
)
def test_a_registry_that_answers_anything_is_unknown(answer: bytes) -> None:
    class Sends(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Sends) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(Unknown):
            pinned(Image(name=f"127.0.0.1:{server.server_address[1]}/ml/tiny", tag="0.1.0"))
        server.shutdown()


@pytest.fixture
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_a_registry_is_asked_for_the_digest(registry: str) -> None:
    image = pinned(Image(name=f"{registry}/ml/tiny", tag="0.1.0"))
    assert str(image) == f"{registry}/ml/tiny@sha256:{'b' * 64}"
    assert pinned(image) is image
    with pytest.raises(Unknown, match=r"has no ml/tiny:0\.2\.0"):
        pinned(Image(name=f"{registry}/ml/tiny", tag="0.2.0"))
