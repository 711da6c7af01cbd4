"""A real S3 server and a small package, for all tests of this folder."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import handmade, needs
from tests.releasing import seaweed
from tests.serving import tiny
from trainerspec.backends import kserve
from trainerspec.ir.target import Target
from trainerspec.language.yaml import dump, load
from trainerspec.releasing.cluster.kustomize import Object, render
from trainerspec.releasing.push import release
from trainerspec.running.serve import Package, open_package
from trainerspec.workspace.targets import read_target


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweed.Server]:
    needs.packages("boto3")
    with seaweed.seaweed(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def s3(server: seaweed.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the server's URL, with its keys in the environment."""
    for name, value in seaweed.KEYS.items():
        monkeypatch.setenv(name, value)
    return server.endpoint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project's folder with a package and a spec."""
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


METRICS = {
    "device": "cpu",
    "threads": 1.0,
    "throughput": 60.0,
    "noise": 0.05,
    "batch": 4.0,
    "batch.1.throughput": 20.0,
    "batch.4.throughput": 60.0,
    "latency.cold": 2.5,
    "memory.peak": 180e6,
}


def measured(folder: Path) -> None:
    """Return the tiny package what the stages measured, and the settings by which a release is sized."""
    serve: dict[str, object] = {**tiny.PARAMS["serve"], "replicas": 4, "memory": 2048}  # type: ignore[dict-item]
    bound = {"text": "throughput >= 50 /s", "sense": "constrain", "metric": "throughput", "op": ">=", "bound": 50.0}
    settings = {**tiny.PARAMS, "serve": serve, "objectives": [{**bound, "device": None}]}
    (folder / "params.yaml").write_bytes(dump(settings))  # type: ignore[arg-type]
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    seal(folder)


def locked(project: Path, author: str, **slots: int) -> None:
    """Write a trainer.lock in which these slots of `serve` were decided by `author`."""
    lock = load(handmade.project().files["trainer.lock"])
    assert isinstance(lock, dict)
    for name, value in slots.items():
        for one in lock["decisions"]:
            if one["slot"] == f"serve.{name}":
                one.update(value=value, author=author)
    (project / "trainer.lock").write_bytes(dump(lock))


def target_text(endpoint: str, prefix: str, **more: str) -> str:
    """Return a target's file for the real storage."""
    lines = [f'storage: {{uri: "s3://{seaweed.BUCKET}/{prefix}", endpoint: "{endpoint}"}}']
    lines += ["registry: registry.invalid/ml", "namespace: models", 'kserve: "0.20"']
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items()), ""])


@pytest.fixture
def built(project: Path) -> Path:
    """The project with deploy/base and a target."""
    deployment = kserve.Deployment(name="tiny", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024)
    for path, content in kserve.manifests(deployment).items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    (project / "targets").mkdir()
    (project / "targets/dev.yaml").write_text(target_text("http://storage", "p", context="test"))
    return project


def manifests(project: Path, package: Package) -> tuple[list[Object], Target]:
    """Write the overlay as a push does, and render it."""
    target = read_target(project, "dev")
    folder = project / "deploy/targets/dev"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_bytes(dump(kserve.overlay(target, release(package, target))))
    return render(folder), target
