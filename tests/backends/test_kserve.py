"""The manifests are right by four judges: KServe's schemas, Kubernetes', KServe's SDK and its webhook's rules."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests import needs
from trainerspec.backends.kserve import (
    HTTP,
    TRITON_GRPC,
    TRITON_HTTP,
    Deployment,
    engine_overlay,
    engine_uri,
    manifests,
)
from trainerspec.backends.kserve.examples import EXAMPLES, unpushed
from trainerspec.ir.target import Storage
from trainerspec.language.yaml import load
from trainerspec.releasing.cluster.kustomize import Object, render
from trainerspec.releasing.cluster.structure import unstructured

SCHEMAS = Path(__file__).parents[3] / "shared" / "kserve"
CASES = [
    Deployment(name="news-desk", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024),
    Deployment(
        name="news-desk", version="0.1.0", engine="tensorrt", threads=2, instances=2, memory=4096, kserve=(0, 15)
    ),
]
KINDS = {"InferenceService": "inferenceservices.v1beta1", "ServingRuntime": "servingruntimes.v1alpha1"}


def loaded(deployment: Deployment) -> dict[str, Object]:
    """Parse every file."""
    made = {}
    for path, content in manifests(deployment).items():
        document = load(content)
        assert isinstance(document, dict), path
        made[path] = document
    return made


def project(folder: Path, deployment: Deployment) -> Path:
    """Write every file below a folder."""
    for path, content in manifests(deployment).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def objects(folder: Path, deployment: Deployment) -> Iterator[tuple[str, Object]]:
    """Return the Kubernetes objects: the optional ones, and those that each example makes of the base."""
    for path, document in loaded(deployment).items():
        if "/optional/" in path and document["kind"] != "Kustomization":
            yield path, document
    for place in sorted((project(folder, deployment) / "deploy" / "examples").iterdir()):
        yield from ((f"{place.name}/{one['kind']}", one) for one in render(place))


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="KServe's schemas are not here")
@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
@pytest.mark.parametrize("release", ["v0.15.2", "v0.16.0", "v0.18.1", "v0.20.0", "head-aaac4e29"])
def test_kserve_accepts_them(deployment: Deployment, release: str, tmp_path: Path) -> None:
    for path, document in objects(tmp_path, deployment):
        plural = KINDS.get(str(document["kind"]))
        if plural:
            errors = [f"{path}: {e.json_path} {e.message[:200]}" for e in schema(release, plural).iter_errors(document)]
            assert errors == []


@cache
def schema(release: str, plural: str) -> Draft202012Validator:
    with gzip.open(SCHEMAS / f"{release}-{plural}.json.gz") as file:
        return Draft202012Validator(json.load(file))


@pytest.mark.slow
@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
def test_the_sdk_and_kubernetes_know_every_field(deployment: Deployment, tmp_path: Path) -> None:
    needs.packages("kserve", "kubernetes_validate")
    of_prometheus = "deploy/optional/monitoring/"  # kinds of the Prometheus operator
    known = [(path, one) for path, one in objects(tmp_path, deployment) if not path.startswith(of_prometheus)]
    found = [(path, list(unstructured(one))) for path, one in known]
    assert {path: faults for path, faults in found if faults} == {}


@pytest.mark.parametrize("platform", ["kubernetes", "openshift"])
def test_the_engine_job_fits_its_target(platform: str, tmp_path: Path) -> None:
    needs.packages("kubernetes_validate")
    target = replace(
        EXAMPLES["gpu"], platform=platform, storage=Storage(bucket="b", endpoint="http://s3", secret="keys")
    )  # type: ignore[arg-type]
    release = replace(unpushed(target, "news-desk", "0.1.0"), digest=f"sha256-{'4' * 64}")
    place = project(tmp_path, CASES[1]) / "deploy" / "targets" / "gpu" / "engine"
    (job,) = render(place, engine_overlay(target, release))
    assert list(unstructured(job)) == []
    pod = job["spec"]["template"]["spec"]
    assert job["metadata"]["name"] == "news-desk-engine-44444444", "a Job cannot be changed: each release has its own"
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    builder, measure = pod["containers"]
    assert builder["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert "nvidia.com/gpu" not in json.dumps(measure["resources"])
    assert {one["name"]: one["value"] for one in measure["env"]} == {
        "ENGINE_URI": engine_uri(target, release),
        "TRITON_IMAGE": "registry.example.com/nvidia/tritonserver:26.07-py3",
        "STORAGE_ENDPOINT": "http://s3",
        "STORAGE_REGION": "us-east-1",
        "ENGINE_ROWS": f"s3://b/news-desk/sha256-{'4' * 64}/rows.npz",
    }
    assert measure["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert ("runAsUser" in json.dumps(job)) == (platform == "kubernetes")


@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
def test_the_webhook_would_accept_them(deployment: Deployment) -> None:
    """The rules that no schema holds."""
    made = loaded(deployment)
    service = made["deploy/base/inferenceservice.yaml"]
    runtime = made["deploy/base/servingruntime.yaml"]
    about, predictor = service["metadata"], service["spec"]["predictor"]  # type: ignore[index]
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", about["name"])  # type: ignore[index]
    assert "name" not in predictor["model"]
    assert predictor["model"]["storageUri"].endswith("/model_repository"), "the repository's root"
    assert predictor["model"]["runtime"] == runtime["metadata"]["name"]  # type: ignore[index]
    assert predictor["model"]["protocolVersion"] in runtime["spec"]["protocolVersions"]  # type: ignore[index]
    assert predictor["model"]["modelFormat"] in runtime["spec"]["supportedModelFormats"]  # type: ignore[index]
    assert 0 <= predictor["minReplicas"] <= predictor["maxReplicas"]
    assert predictor["scaleMetric"] == "cpu"
    assert 1 <= predictor["scaleTarget"] <= 100
    names = [container["name"] for container in predictor["containers"]]
    assert names == ["transformer-container"]
    variables = [v["name"] for c in predictor["containers"] for v in c["env"]]
    assert not {"STORAGE_URI", "PYTHONPATH"} & set(variables)
    mode = about["annotations"]["serving.kserve.io/deploymentMode"]  # type: ignore[index]
    assert mode == ("RawDeployment" if deployment.kserve < (0, 16) else "Standard")
    assert not any("autoSelect" in f for f in runtime["spec"]["supportedModelFormats"])  # type: ignore[index]


def test_ports_probes_and_arguments_agree() -> None:
    made = loaded(CASES[0])
    triton = made["deploy/base/servingruntime.yaml"]["spec"]["containers"][0]  # type: ignore[index]
    beside = made["deploy/base/inferenceservice.yaml"]["spec"]["predictor"]["containers"][0]  # type: ignore[index]
    assert f"--http-port={TRITON_HTTP}" in triton["args"]
    assert f"--predictor_host=localhost:{TRITON_GRPC}" in beside["args"]
    assert f"--grpc-port={TRITON_GRPC}" in triton["args"]
    for container, port in ((triton, TRITON_HTTP), (beside, HTTP)):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"]["port"] == port
        assert container["securityContext"]["runAsNonRoot"] is True
    assert beside["ports"] == [{"containerPort": HTTP, "protocol": "TCP"}]
    assert "--model_name=news-desk" in beside["args"]


def test_openshift_leaves_user_ids_to_the_platform(tmp_path: Path) -> None:
    text = json.dumps(render(project(tmp_path, CASES[0]) / "deploy" / "examples" / "openshift"))
    assert "runAsUser" not in text
    assert "fsGroup" not in text


def test_the_gpu_example_asks_for_one(tmp_path: Path) -> None:
    made = render(project(tmp_path, CASES[0]) / "deploy" / "examples" / "gpu")
    runtime = next(one for one in made if one["kind"] == "ServingRuntime")
    resources = runtime["spec"]["containers"][0]["resources"]
    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == "1"


def test_equal_deployments_give_equal_bytes() -> None:
    assert manifests(CASES[0]) == manifests(CASES[0])
    assert list(manifests(CASES[0])) == sorted(manifests(CASES[0]))


def test_the_network_policy_closes_tritons_ports() -> None:
    """Every port of the pod is the transformer's, Knative's, or closed; Triton's metrics are for monitoring."""
    spec = loaded(CASES[0])["deploy/base/networkpolicy.yaml"]["spec"]
    assert isinstance(spec, dict)
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    opened = {port["port"]: rule.get("from") for rule in spec["ingress"] for port in rule["ports"]}
    assert {HTTP, 8081} < set(opened)
    assert not {TRITON_HTTP, TRITON_GRPC} & set(opened)
    (who,) = opened.pop(8002)
    assert "monitoring" in who["namespaceSelector"]["matchExpressions"][0]["values"]
    assert all("ports" in rule for rule in (*spec["ingress"], *spec["egress"]))
