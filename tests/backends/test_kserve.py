"""The manifests are right by four judges: KServe's schemas, Kubernetes', KServe's SDK and its webhook's rules."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from trainerspec.backends.kserve import HTTP, TRITON_GRPC, TRITON_HTTP, Deployment, manifests
from trainerspec.language.yaml import load

SCHEMAS = Path(__file__).parents[3] / "shared" / "kserve"
CASES = [
    Deployment(name="news-desk", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024),
    Deployment(
        name="news-desk", version="0.1.0", engine="tensorrt", threads=2, instances=2, memory=4096, kserve=(0, 15)
    ),
]
KINDS = {"InferenceService": "inferenceservices.v1beta1", "ServingRuntime": "servingruntimes.v1alpha1"}


def loaded(deployment: Deployment) -> dict[str, dict[str, object]]:
    """Parse every file; the overlays' patches too."""
    made = {}
    for path, content in manifests(deployment).items():
        document = load(content)
        assert isinstance(document, dict), path
        made[path] = document
    return made


def objects(deployment: Deployment) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the Kubernetes objects, the base's and those that each target makes of them."""
    made = loaded(deployment)
    for path, document in made.items():
        if document.get("kind") not in ("Kustomization", None):
            yield path, document
    for path, document in made.items():
        if document.get("kind") == "Kustomization" and "/examples/" in path:
            for kind in KINDS:
                base = next(d for d in made.values() if d.get("kind") == kind)
                yield f"{path}:{kind}", patched(base, document)


def patched(base: Mapping[str, object], overlay: Mapping[str, object]) -> dict[str, object]:
    """Apply an overlay's JSON patches, as kustomize does."""
    copy: dict[str, object] = json.loads(json.dumps(base))
    for one in overlay["patches"]:  # type: ignore[attr-defined]
        if one["target"]["kind"] != base["kind"]:
            continue
        for operation in load(one["patch"].encode()):  # type: ignore[union-attr]
            *parents, last = [part.replace("~1", "/") for part in operation["path"].split("/")[1:]]  # type: ignore[index, call-overload, union-attr]
            node: object = copy
            for part in parents:
                node = node[int(part)] if isinstance(node, list) else node[part]  # type: ignore[index]
            if operation["op"] == "remove":  # type: ignore[index, call-overload]
                del node[last]  # type: ignore[attr-defined]
            else:
                assert operation["op"] == "add" or last in node  # type: ignore[index, call-overload, operator]
                node[last] = operation["value"]  # type: ignore[index, call-overload]
    return copy


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="KServe's schemas are not here")
@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
@pytest.mark.parametrize("release", ["v0.15.2", "v0.16.0", "v0.18.1", "v0.20.0", "head-aaac4e29"])
def test_kserve_accepts_them(deployment: Deployment, release: str) -> None:
    for path, document in objects(deployment):
        plural = KINDS.get(str(document["kind"]))
        if plural:
            errors = [f"{path}: {e.json_path} {e.message[:200]}" for e in schema(release, plural).iter_errors(document)]
            assert errors == []


@cache
def schema(release: str, plural: str) -> Draft202012Validator:
    with gzip.open(SCHEMAS / f"{release}-{plural}.json.gz") as file:
        return Draft202012Validator(json.load(file))


@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
def test_kubernetes_accepts_the_core_kinds(deployment: Deployment) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for _, document in objects(deployment):
        if document["kind"] not in KINDS:
            kubernetes_validate.validate(document, "1.32", strict=True)


SDK = """
import json, re, sys
import kserve.models as models
from kubernetes import client
words = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "datetime": "string"}
scalars = {"object": {}, **{name: {"type": kind} for name, kind in words.items()}}
quantity = {"type": ["string", "integer", "number"]}
definitions = {}
def find(name):
    return getattr(models, name, None) or getattr(client, name, None)
def of(kind):
    if kind in scalars: return scalars[kind]
    if m := re.fullmatch(r"list\\[(.*)\\]", kind): return {"type": "array", "items": of(m[1])}
    if m := re.fullmatch(r"dict\\(str, (.*)\\)", kind):
        inner = {"object": {}, "str": quantity}.get(m[1])
        return {"type": "object", "additionalProperties": of(m[1]) if inner is None else inner}
    name = kind.rsplit(".", 1)[-1]
    if name in ("ResourceQuantity", "KnativeVolatileTime", "V1Time", "IntstrIntOrString"): return {}
    cls = find(name)
    if cls is None or not hasattr(cls, "openapi_types"): return {}
    if name not in definitions:
        definitions[name] = {}
        schema = {"type": "object", "additionalProperties": False,
                  "properties": {cls.attribute_map[a]: of(t) for a, t in cls.openapi_types.items()}}
        required = []
        for attribute in cls.openapi_types:
            try:
                setattr(cls.__new__(cls), attribute, None)
            except ValueError:
                required.append(cls.attribute_map[attribute])
            except AttributeError:
                pass
        if required: schema["required"] = required
        definitions[name] = schema
    return {"$ref": "#/$defs/" + name}
roots = {k: of(k) for k in ("V1beta1InferenceService", "V1alpha1ServingRuntime")}
print(json.dumps({"roots": roots, "$defs": definitions}))
"""


@cache
def sdk() -> Mapping[str, object]:
    """Derive a strict schema from the SDK's classes, in its own process: kserve clashes with tritonclient."""
    if find_spec("kserve") is None:
        pytest.skip("kserve is not installed")
    done = subprocess.run([sys.executable, "-c", SDK], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    made: Mapping[str, object] = json.loads(done.stdout.splitlines()[-1])
    return made


def sdk_errors(document: Mapping[str, object]) -> list[str]:
    name = {"InferenceService": "V1beta1InferenceService", "ServingRuntime": "V1alpha1ServingRuntime"}[
        str(document["kind"])
    ]
    validator = Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": sdk()["$defs"]})
    return [f"{error.json_path} {error.message[:160]}" for error in validator.iter_errors(document)]


@pytest.mark.slow
@pytest.mark.parametrize("deployment", CASES, ids=["onnx", "tensorrt"])
def test_the_sdk_knows_every_field(deployment: Deployment) -> None:
    for path, document in objects(deployment):
        if document["kind"] in KINDS:
            assert (path, sdk_errors(document)) == (path, [])
    service = next(d for p, d in objects(deployment) if p.endswith("inferenceservice.yaml"))
    broken = json.loads(json.dumps(service).replace('"maxReplicas"', '"maxReplica"'))
    assert any("maxReplica" in error for error in sdk_errors(broken)), "the schema is strict"


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


def test_openshift_leaves_user_ids_to_the_platform() -> None:
    made = loaded(CASES[0])
    overlay = made["deploy/examples/openshift/kustomization.yaml"]
    text = json.dumps([patched(d, overlay) for d in made.values() if d.get("kind") in KINDS])
    assert "runAsUser" not in text
    assert "fsGroup" not in text


def test_the_gpu_target_asks_for_one() -> None:
    made = loaded(CASES[0])
    runtime = patched(made["deploy/base/servingruntime.yaml"], made["deploy/examples/gpu/kustomization.yaml"])
    resources = runtime["spec"]["containers"][0]["resources"]  # type: ignore[index]
    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == "1"


def test_equal_deployments_give_equal_bytes() -> None:
    assert manifests(CASES[0]) == manifests(CASES[0])
    assert list(manifests(CASES[0])) == sorted(manifests(CASES[0]))
