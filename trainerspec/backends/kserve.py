"""deploy/: KServe manifests as a kustomize base with one overlay a target, from typed values.

One topology: Triton runs the graph, and beside it in the same pod a transformer (this project's own server) encodes and
decodes. So the pod's door is the transformer on 8080; Triton listens on 8085 and 9000, and its probes ask there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from trainerspec.backends.params import params
from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.language.yaml import dump

TRITON = "nvidia/tritonserver"
TRITON_TAG = "26.07-py3"
HTTP, GRPC, TRITON_HTTP, TRITON_GRPC, METRICS = 8080, 8081, 8085, 9000, 8002
DRAIN = 30
"""Seconds that requests on their way have after SIGTERM."""
LABELS = {"app.kubernetes.io/managed-by": "trainerspec"}


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What the manifests need to know."""

    name: str
    version: str
    engine: Literal["onnx", "tensorrt"]
    threads: int
    instances: int
    memory: int
    """MiB that Triton asks for."""
    kserve: tuple[int, int] = (0, 16)
    """The oldest KServe version that the manifests are for."""


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write deploy/."""
    settings = params(plan.pinned, task)
    serve, compute = settings["serve"], settings["compute"]
    assert isinstance(serve, Mapping)
    assert isinstance(compute, Mapping)
    parameters = plan.pinned.base.card.get("parameters")
    return manifests(
        Deployment(
            name=str(settings["name"]),
            version=str(settings["version"]),
            engine="tensorrt" if serve["engine"] == "tensorrt" else "onnx",
            threads=int(str(compute["threads"])),
            instances=int(str(serve["instances"])),
            memory=memory(int(parameters) if isinstance(parameters, int | float) else 0, int(str(serve["instances"]))),
        )
    )


def memory(parameters: int, instances: int) -> int:
    """Estimate Triton's MiB: the server, and for each instance the fp32 weights twice (graph and arena).

    >>> memory(22_713_216, 1)
    1024
    """
    needed = 512 + instances * 2 * 4 * parameters / 2**20
    return 512 * max(2, -(-int(needed) // 512))


def deployment_mode(version: tuple[int, int]) -> str:
    """Give the word for plain Kubernetes objects (KServe renamed it in 0.16).

    >>> deployment_mode((0, 15)), deployment_mode((0, 21))
    ('RawDeployment', 'Standard')
    """
    return "RawDeployment" if version < (0, 16) else "Standard"


def manifests(deployment: Deployment) -> Mapping[str, bytes]:
    """Write every file below deploy/."""
    base = {
        "serviceaccount.yaml": service_account(deployment),
        "servingruntime.yaml": serving_runtime(deployment),
        "inferenceservice.yaml": inference_service(deployment),
        "poddisruptionbudget.yaml": disruption_budget(deployment),
    }
    documents: dict[str, tuple[JsonObject, str]] = {f"base/{path}": (made, "") for path, made in base.items()}
    documents["base/kustomization.yaml"] = (kustomization(sorted(base)), "")
    documents["optional/networkpolicy.yaml"] = (network_policy(deployment), NETWORK)
    documents["optional/s3-secret.yaml"] = (s3_secret(deployment), SECRET)
    for target in ("cpu", "gpu", "openshift"):
        documents[f"targets/{target}/kustomization.yaml"] = (overlay(deployment, target), TARGET)
    return {f"deploy/{path}": dump(made, heading=heading) for path, (made, heading) in sorted(documents.items())}


TARGET = """An example target: put in your namespace, your images by digest and where the model repository lies.
Then: kubectl apply -k deploy/targets/<this folder>"""
NETWORK = (
    "Optional: name your gateway's, your monitoring's and your storage's namespaces, then add this file to a target."
)
SECRET = "Optional: the credentials of the model storage. Make the real one with your secret manager; commit no keys."


def metadata(name: str, **annotations: str) -> JsonObject:
    """Give an object's metadata."""
    made: dict[str, Json] = {"name": name, "labels": {**LABELS}}
    if annotations:
        made["annotations"] = {f"serving.kserve.io/{key}": value for key, value in annotations.items()}
    return made


def service_account(deployment: Deployment) -> JsonObject:
    """Give the account under which the pod runs; its secret opens the model storage."""
    name = f"{deployment.name}-serving"
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(name),
        "secrets": [{"name": f"{deployment.name}-s3"}],
        "automountServiceAccountToken": False,
    }


def locked_down(**more: Json) -> JsonObject:
    """Give a container's security context: no root, no privileges."""
    return {
        "runAsNonRoot": True,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **more,
    }


def probes(port: int, ready: str) -> dict[str, Json]:
    """Give the three probes of a server of the Open Inference Protocol; loading may take ten minutes."""

    def probe(path: str, period: int, failures: int) -> JsonObject:
        asked: JsonObject = {"path": path, "port": port}
        return {"httpGet": asked, "periodSeconds": period, "timeoutSeconds": 3, "failureThreshold": failures}

    return {
        "startupProbe": probe(ready, 5, 120),
        "readinessProbe": probe(ready, 5, 3),
        "livenessProbe": probe("/v2/health/live", 10, 6),
    }


def serving_runtime(deployment: Deployment) -> JsonObject:
    """Give this project's own runtime: the stock one pins an old Triton and probes the transformer's port."""
    container: dict[str, Json] = {
        "name": "kserve-container",
        "image": f"{TRITON}:{TRITON_TAG}",
        "args": [
            "tritonserver",
            "--model-repository=/mnt/models",
            "--model-control-mode=none",
            f"--http-port={TRITON_HTTP}",
            f"--grpc-port={TRITON_GRPC}",
            "--allow-metrics=true",
            f"--metrics-port={METRICS}",
            "--strict-readiness=true",
            "--disable-auto-complete-config",
            f"--exit-timeout-secs={DRAIN}",
        ],
        **probes(TRITON_HTTP, "/v2/health/ready"),
        "resources": resources(deployment),
        "securityContext": locked_down(runAsUser=1000),
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
    }
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": metadata(f"{deployment.name}-triton", **{"server-type": "tritonserver"}),
        "spec": {
            "annotations": {"prometheus.kserve.io/port": str(METRICS), "prometheus.kserve.io/path": "/metrics"},
            "protocolVersions": ["v2", "grpc-v2"],
            "supportedModelFormats": [{"name": "onnx", "version": "1"}],
            "containers": [container],
            "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
        },
    }


def resources(deployment: Deployment) -> JsonObject:
    """Give Triton's share of a node; memory is not overcommitted."""
    cores = deployment.threads * deployment.instances
    size = f"{deployment.memory}Mi"
    requests: dict[str, Json] = {"cpu": str(cores), "memory": size}
    limits: dict[str, Json] = {"cpu": str(cores + 1), "memory": size}
    if deployment.engine == "tensorrt":
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = "1"
    return {"requests": requests, "limits": limits}


def transformer(deployment: Deployment) -> JsonObject:
    """Give the container that encodes and decodes: the package's own server, before Triton on localhost."""
    return {
        "name": "transformer-container",
        "image": f"{deployment.name}:{deployment.version}",
        "command": ["python", "-m", "pipeline.serve"],
        "args": [
            "--package=.",
            "--host=0.0.0.0",
            f"--model_name={deployment.name}",
            f"--http_port={HTTP}",
            f"--grpc_port={GRPC}",
            f"--predictor_host=localhost:{TRITON_GRPC}",
            "--predictor_protocol=grpc-v2",
            "--enable_predictor_health_check",
        ],
        "env": [{"name": "OMP_NUM_THREADS", "value": "1"}, {"name": "TOKENIZERS_PARALLELISM", "value": "false"}],
        "ports": [{"containerPort": HTTP, "protocol": "TCP"}],
        **probes(HTTP, f"/v2/models/{deployment.name}/ready"),
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
        "resources": {
            "requests": {"cpu": "500m", "memory": "512Mi"},
            "limits": {"cpu": "1", "memory": "1Gi"},
        },
        "securityContext": locked_down(runAsUser=1000, readOnlyRootFilesystem=True),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
    }


def inference_service(deployment: Deployment) -> JsonObject:
    """Give the service; its name, the Triton model's and the request path's are one."""
    annotations = {"deploymentMode": deployment_mode(deployment.kserve), "autoscalerClass": "hpa"}
    predictor: dict[str, Json] = {
        "serviceAccountName": f"{deployment.name}-serving",
        "automountServiceAccountToken": False,
        "minReplicas": 1,
        "maxReplicas": 4,
        "scaleMetric": "cpu",
        "scaleTarget": 70,
        "timeout": 60,
        "terminationGracePeriodSeconds": DRAIN + 15,
        "deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "model": {
            "modelFormat": {"name": "onnx", "version": "1"},
            "protocolVersion": "v2",
            "runtime": f"{deployment.name}-triton",
            "storageUri": storage_uri(deployment),
        },
        "containers": [transformer(deployment)],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
    if deployment.engine == "tensorrt":
        predictor["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata(deployment.name, **annotations),
        "spec": {"predictor": predictor},
    }


def storage_uri(deployment: Deployment) -> str:
    """Give where the repository's root lies: the folder that holds `<name>/config.pbtxt`."""
    return f"s3://models/{deployment.name}/{deployment.version}/model_repository"


def disruption_budget(deployment: Deployment) -> JsonObject:
    """Let a drain take one pod at a time."""
    selector = {"serving.kserve.io/inferenceservice": deployment.name}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(f"{deployment.name}-serving"),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {**selector}}},
    }


def network_policy(deployment: Deployment) -> JsonObject:
    """Let in the gateway and monitoring, let out to DNS and the model storage."""

    def space(name: str) -> JsonObject:
        return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}

    def ports(*numbers: int, protocol: str = "TCP") -> list[Json]:
        return [{"port": number, "protocol": protocol} for number in numbers]

    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(f"{deployment.name}-serving"),
        "spec": {
            "podSelector": {"matchLabels": {"serving.kserve.io/inferenceservice": deployment.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [space("kserve"), space("envoy-gateway-system")], "ports": ports(HTTP, GRPC)},
                {"from": [space("monitoring")], "ports": ports(HTTP, METRICS)},
            ],
            "egress": [
                {"to": [space("kube-system")], "ports": [*ports(53), *ports(53, protocol="UDP")]},
                {"to": [space("storage")], "ports": ports(443, 9000)},
            ],
        },
    }


def s3_secret(deployment: Deployment) -> JsonObject:
    """Give the shape of the storage's credentials as KServe reads them."""
    keys = {"s3-endpoint": "storage.example.com", "s3-usehttps": "1", "s3-region": "eu-west-1"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(f"{deployment.name}-s3", **keys),
        "type": "Opaque",
        "stringData": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    }


def kustomization(resources: list[str]) -> JsonObject:
    """List the base."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [*resources]}


def overlay(deployment: Deployment, target: Literal["cpu", "gpu", "openshift"] | str) -> JsonObject:
    """Give an example target: names, images, storage, and what the platform needs otherwise."""
    patches: list[Json] = [
        patch(
            "InferenceService",
            [{"op": "replace", "path": "/spec/predictor/model/storageUri", "value": storage_uri(deployment)}],
        )
    ]
    if target == "gpu":
        gpu: JsonObject = {"path": "/spec/containers/0/resources/limits/nvidia.com~1gpu", "op": "add", "value": "1"}
        asked: JsonObject = {**gpu, "path": "/spec/containers/0/resources/requests/nvidia.com~1gpu"}
        taint: JsonObject = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
        patches.append(patch("ServingRuntime", [gpu, asked]))
        patches.append(
            patch("InferenceService", [{"op": "add", "path": "/spec/predictor/tolerations", "value": [taint]}])
        )
    if target == "openshift":
        drop = {"op": "remove", "path": "/spec/containers/0/securityContext/runAsUser"}
        other = [
            {"op": "remove", "path": "/spec/predictor/containers/0/securityContext/runAsUser"},
            {"op": "remove", "path": "/spec/predictor/securityContext/fsGroup"},
        ]
        patches += [patch("ServingRuntime", [drop]), patch("InferenceService", [*other])]
    registry = "registry.example.com"
    return {
        **kustomization(["../../base"]),
        "namespace": "models",
        "images": [
            {"name": deployment.name, "newName": f"{registry}/{deployment.name}", "newTag": deployment.version},
            {"name": TRITON, "newName": f"{registry}/{TRITON}", "newTag": TRITON_TAG},
        ],
        "patches": patches,
    }


def patch(kind: str, operations: list[Json]) -> JsonObject:
    """Give one JSON patch as kustomize has it: YAML in a text."""
    return {"target": {"kind": kind}, "patch": dedent(dump(operations).decode())}
