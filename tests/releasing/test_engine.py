"""The engine job: the manifest's own commands run as local processes, into a real S3 server, up to the deployed plan.

What a GPU is needed for is stood in for: trtexec copies the graph, so the plan is ONNX, which a small server runs; with
the marker `triton` the genuine tritonserver loads the repository as `tensorrt_plan` by a Python-based backend.
"""

import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import needs
from tests.contract import tritonserver as genuine
from tests.releasing.apiserver import Double, api_server, kubeconfig
from tests.releasing.conftest import METRICS, locked, seal, target_text
from tests.releasing.seaweed import BUCKET
from tests.serving import tiny
from tests.serving.browser import free_port
from trainerspec import assets
from trainerspec.backends import kserve, triton
from trainerspec.diagnostics.model import Stopped
from trainerspec.ir.target import Storage
from trainerspec.language.yaml import dump
from trainerspec.releasing.cluster.api import connect
from trainerspec.releasing.cluster.engine import with_engine
from trainerspec.releasing.cluster.kustomize import Object, render
from trainerspec.releasing.cluster.rollout import Wait
from trainerspec.releasing.cluster.verify import verify
from trainerspec.releasing.push import push
from trainerspec.releasing.sizing import measurements
from trainerspec.releasing.storage import Bucket
from trainerspec.running.serve import Package, open_package
from trainerspec.workspace.sizing import read_sizing
from trainerspec.workspace.targets import read_target

pytestmark = pytest.mark.slow
STAND_INS = Path(__file__).with_name("stand_ins.py")
SETTINGS: dict[str, object] = {
    **tiny.PARAMS,
    "serve": {**tiny.PARAMS["serve"], "engine": "tensorrt", "replicas": 2, "memory": 2048},  # type: ignore[dict-item]
    "objectives": [
        {"text": "accuracy >= 50%", "sense": "constrain", "metric": "accuracy", "op": ">=", "bound": 0.5},
        {
            "text": "latency.p95 <= 900 ms on gpu",
            "sense": "constrain",
            "metric": "latency.p95",
            "op": "<=",
            "bound": 0.9,
            "device": "gpu",
        },
        {
            "text": "throughput >= 0.5 /s on gpu",
            "sense": "constrain",
            "metric": "throughput",
            "op": ">=",
            "bound": 0.5,
            "device": "gpu",
        },
    ],
}
DEPLOYMENT = kserve.Deployment(name="tiny", version="0.1.0", engine="tensorrt", threads=1, instances=1, memory=1024)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a package for TensorRT and a target with a GPU."""
    needs.packages("boto3")
    folder = tmp_path / "tiny"
    made = {**kserve.manifests(DEPLOYMENT), "deploy/optional/engine/config.pbtxt": triton.plan_config(SETTINGS)}  # type: ignore[arg-type]
    package = tiny.package(folder / "package")
    for path, content in made.items():
        for root in (folder, package) if "/optional/" in path else (folder,):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    for path, content in triton.repository(SETTINGS).items():  # type: ignore[arg-type]
        (package / path).write_bytes(content)
    (package / "params.yaml").write_bytes(dump(SETTINGS))  # type: ignore[arg-type]
    (package / "metrics.json").write_text(json.dumps(METRICS))
    seal(package)
    locked(folder, "rules", replicas=2, memory=2048)
    (folder / "trainer.yaml").write_text("trainerspec: 1\nname: tiny\n")
    (folder / "targets").mkdir()
    return folder


@pytest.fixture
def package(project: Path) -> Package:
    return open_package(project / "package")


def programs(folder: Path, *names: str) -> str:
    """Write the stand-ins as programs, and give a PATH with them first."""
    folder.mkdir()
    for name in names:
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_INS}" {name} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


class Node:
    """Runs a Job's containers as local processes: the folder /work, the ports and python are moved, nothing else."""

    def __init__(self, package: Package, folder: Path, path: str, server: list[str] | None = None) -> None:
        self.package, self.work, self.path = package, folder / "work", path
        self.server = server or []
        self.port = free_port()
        self.runs = 0

    def __call__(self, job: Object) -> bool:
        self.runs += 1
        pod = job["spec"]["template"]["spec"]
        if self.start(pod["initContainers"][0]).wait(60):
            return False
        both = [self.start(container) for container in pod["containers"]]
        return [process.wait(120) for process in both] == [0, 0]

    def start(self, container: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        words = [self.moved(word) for word in (*container["command"], *container["args"])]
        words[0] = sys.executable
        if container["name"] == "triton":
            words += self.server
        variables = {one["name"]: one["value"] for one in container.get("env", ())}
        environment = {**os.environ, **variables, "PATH": self.path, "PYTHONDONTWRITEBYTECODE": "1"}
        if container["name"] == "triton" and self.server:
            environment |= genuine_environment()
        return subprocess.Popen(words, cwd=self.package.folder, env=environment)

    def moved(self, word: str) -> str:
        word = re.sub(r"/work\b", str(self.work), word)
        if found := re.search(r"(?<=[=:])(8085|9000|8002)$", word):
            return word[: found.start()] + str(self.port if found[0] == "8085" else free_port())
        return word


def genuine_environment() -> dict[str, str]:
    site = genuine.site()
    return {
        "LD_LIBRARY_PATH": f"{site / 'nvidia_pytriton.libs'}:{os.environ.get('LD_LIBRARY_PATH', '')}",
        "PYTHONPATH": str(site),
    }


def test_trtexec_is_told_what_it_offers_and_the_shapes_of_the_batches() -> None:
    path = assets.folder("templates") / "_shared" / "project" / "pipeline" / "tensorrt" / "build_plan.py"
    spec = importlib.util.spec_from_file_location("build_plan", path)
    assert spec is not None
    assert spec.loader is not None
    build_plan = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build_plan)
    shapes = {"min": {"ids": [1, 1]}, "opt": {"ids": [8, 64]}, "max": {"ids": [32, 128]}}
    words = build_plan.command(Path("/job"), {"name": "m", **shapes}, "--stronglyTyped --timingCacheFile=<file>")
    assert words == [
        "--onnx=/job/model_repository/m/1/model.onnx",
        "--saveEngine=/job/engine/model_repository/m/1/model.plan",
        "--minShapes=ids:1x1",
        "--optShapes=ids:8x64",
        "--maxShapes=ids:32x128",
        "--stronglyTyped",
        "--timingCacheFile=/job/timing.cache",
    ], "fp16 is in the graph: no release has to know --fp16"


def settle(project: Path, package: Package, s3: str, node: Node, prefix: str, tmp_path: Path) -> list[Object]:
    """Push, verify, and let the engine job run on a double of the cluster."""
    (project / "targets/gpu.yaml").write_text(target_text(s3, prefix, gpu="{product: NVIDIA-L4}"))
    target = read_target(project, "gpu")
    bucket = Bucket(storage=Storage(bucket=BUCKET, prefix=prefix, endpoint=s3))
    push(project, package, target, bucket, lambda _: None, f"sha256:{'a' * 64}")
    found = verify(project, target, package)
    assert [one.message for one in found.diagnostics] == []
    assert [one["kind"] for one in found.objects][-1] == "Job", "the Job is verified with the rest"
    with ExitStack() as stack:
        server: Double = stack.enter_context(api_server())
        server.jobs = node
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", server)))
        wait = Wait(seconds=100, period=0.1)
        return with_engine(project, target, list(found.objects), connect(target), bucket, wait, print)


def lock(s3: str, prefix: str) -> dict[str, Any]:
    bucket = Bucket(storage=Storage(bucket=BUCKET, prefix=prefix, endpoint=s3))
    (key,) = (key for key in bucket.keys(f"{prefix}/") if key.endswith("engine.json"))
    found: dict[str, Any] = json.loads(bucket.read(key) or b"")
    return found


def uri(objects: list[Object]) -> str:
    service = next(one for one in objects if one["kind"] == "InferenceService")
    return str(service["spec"]["predictor"]["model"]["storageUri"])


def test_a_plan_is_built_checked_published_and_served(
    s3: str, project: Path, package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Node(package, tmp_path, programs(tmp_path / "bin", "trtexec", "tritonserver"))
    objects = settle(project, package, s3, node, "engine", tmp_path)
    found = lock(s3, "engine")
    assert (found["serve"], found["tensorrt"], found["image"]) == (
        "tensorrt",
        "11.4.0",
        "registry.invalid/ml/nvidia/tritonserver:26.07-py3",
    )
    assert found["golden.difference"] <= found["golden.tolerance"]
    assert 0 < found["latency.p50"] <= found["latency.p95"] <= found["latency.p99"]
    assert [(row["text"], row["verdict"]) for row in found["objectives"]] == [
        ("latency.p95 <= 900 ms on gpu", "pass"),
        ("throughput >= 0.5 /s on gpu", "pass"),
    ]
    assert uri(objects).endswith("/engines/NVIDIA-L4-26.07-py3/model_repository")
    bucket = Bucket(storage=Storage(bucket=BUCKET, prefix="engine", endpoint=s3))
    key = uri(objects).removeprefix(f"s3://{BUCKET}/")
    assert sorted(bucket.keys(f"{key}/")) == [
        f"{key}/tiny/1/model.plan",
        f"{key}/tiny/config.pbtxt",
        f"{key}/tiny/labels.txt",
    ]
    assert "maxShapes=counts:4x3" in " ".join(found["command"])
    sizing = read_sizing(project / "deploy/targets/gpu")
    assert sizing is not None
    assert sizing.facts["measured.throughput"] == measurements(found)["measured.throughput"], "the plan's"
    pods = sizing.decisions["deploy.replicas"]
    assert pods.value == 1
    assert pods.because.startswith("one pod answers about "), "on the GPU"
    assert sizing.values["deploy.memory"] == 2048, "the job measures no memory"
    assert verify(project, read_target(project, "gpu"), None).diagnostics == ()
    again = settle(project, package, s3, node, "engine", tmp_path)
    assert (uri(again), node.runs) == (uri(objects), 1), "the lock in the storage is taken"
    assert "p95" in capsys.readouterr().out


def test_rows_that_a_push_sent_are_run_on_the_plan(s3: str, project: Path, package: Package, tmp_path: Path) -> None:
    """In batches of the server's size; what `deploy` makes of them is tested where a real project is trained."""
    (project / "targets/gpu.yaml").write_text(target_text(s3, "rows", gpu="{product: NVIDIA-L4}"))
    target, bucket = read_target(project, "gpu"), Bucket(storage=Storage(bucket=BUCKET, prefix="rows", endpoint=s3))
    counts = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 0, 1, 2]]
    np.savez_compressed(tmp_path / "rows.npz", counts=counts)
    push(project, package, target, bucket, lambda _: None, "", tmp_path / "rows.npz")
    again = push(project, package, target, bucket, lambda _: None, "", tmp_path / "rows.npz")
    assert again.uploaded == 0
    node = Node(package, tmp_path, programs(tmp_path / "bin", "trtexec", "tritonserver"))
    (job,) = render(project / "deploy/targets/gpu/engine")
    assert node(job)
    assert lock(s3, "rows")["rows"] == 9, "more than one batch of 4"
    (key,) = (key for key in bucket.keys("rows/") if key.endswith("outputs.npz"))
    (tmp_path / "outputs.npz").write_bytes(bucket.read(key) or b"")
    with np.load(tmp_path / "outputs.npz") as outputs:
        scores = np.exp(5 * counts) / np.exp(5 * counts).sum(axis=1, keepdims=True)
        assert np.abs(outputs["probabilities"] - scores).max() < 1e-6


def test_without_a_plan_the_graph_is_served(s3: str, project: Path, package: Package, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    path = programs(folder, "trtexec", "tritonserver")
    (folder / "trtexec").write_text("#!/bin/sh\necho 'Error: Plugin not found'\nexit 1\n")
    objects = settle(project, package, s3, Node(package, tmp_path, path), "none", tmp_path)
    found = lock(s3, "none")
    assert found["serve"] == "onnx"
    sizing = read_sizing(project / "deploy/targets/gpu")
    assert sizing is not None
    pods = sizing.decisions["deploy.replicas"]
    assert pods.value == 2
    assert "says nothing of TensorRT on NVIDIA-L4; the engine job's numbers decide" in pods.because
    assert "Plugin not found" in found["because"]
    assert "/engines/" not in uri(objects)


def test_a_plan_with_other_answers_is_not_served(s3: str, project: Path, package: Package, tmp_path: Path) -> None:
    golden = package.folder / "golden.jsonl"
    golden.write_text(golden.read_text().replace('"even"', '"no"'))
    seal(package.folder)
    node = Node(package, tmp_path, programs(tmp_path / "bin", "trtexec", "tritonserver"))
    objects = settle(project, open_package(package.folder), s3, node, "other", tmp_path)
    assert "gives another `label`" in lock(s3, "other")["because"]
    assert "/engines/" not in uri(objects)


def test_a_missed_objective_stops_the_deployment(s3: str, project: Path, package: Package, tmp_path: Path) -> None:
    settings = package.folder / "params.yaml"
    settings.write_text(settings.read_text().replace("bound: 0.9", "bound: 0.0000001"))
    seal(package.folder)
    node = Node(package, tmp_path, programs(tmp_path / "bin", "trtexec", "tritonserver"))
    with pytest.raises(Stopped, match=r"TS896 `latency\.p95 <= 900 ms on gpu` is missed"):
        settle(project, open_package(package.folder), s3, node, "missed", tmp_path)


def test_a_job_that_fails_is_told(s3: str, project: Path, package: Package, tmp_path: Path) -> None:
    def fails(job: Object) -> bool:
        return False

    with pytest.raises(Stopped) as stopped:
        settle(project, package, s3, fails, "failed", tmp_path)  # type: ignore[arg-type]
    (one,) = stopped.value.diagnostics
    assert (one.code, one.message) == ("TS895", "the engine job failed: BackoffLimitExceeded")
    assert "kubectl logs job/tiny-engine-" in one.hint


@pytest.mark.triton
def test_a_real_tritonserver_loads_the_plans_repository(
    s3: str, project: Path, package: Package, tmp_path: Path
) -> None:
    """Real repository, config.pbtxt, protocol and batching; only the kernel of the plan is stood in for."""
    site = genuine.site()
    folder = genuine.backends(tmp_path / "backends")
    (folder / "tensorrt").mkdir()
    model = (folder / "onnxruntime" / "model.py").read_text()
    assert "model.onnx" in model
    (folder / "tensorrt" / "model.py").write_text(model.replace("model.onnx", "model.plan"))
    binary = site / "pytriton" / "tritonserver" / "bin"
    (binary / "tritonserver").chmod(0o755)
    programs(tmp_path / "bin", "trtexec")
    python = Path(genuine.PYTHON).parent
    config = project / "package/deploy/optional/engine/config.pbtxt"
    config.write_text(config.read_text().replace("KIND_GPU", "KIND_CPU"))
    seal(package.folder)
    extra = [f"--backend-directory={folder}", *(f"--{door}-address=127.0.0.1" for door in ("http", "grpc", "metrics"))]
    node = Node(package, tmp_path, f"{tmp_path / 'bin'}:{binary}:{python}:{os.environ['PATH']}", extra)
    objects = settle(project, open_package(package.folder), s3, node, "real", tmp_path)
    found = lock(s3, "real")
    assert found["serve"] == "tensorrt", found
    assert uri(objects).endswith("/engines/NVIDIA-L4-26.07-py3/model_repository")
