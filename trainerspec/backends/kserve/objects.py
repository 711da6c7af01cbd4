"""The Kubernetes objects of the base, and the optional ones."""

from trainerspec.backends.kserve.deployment import (
    DRAIN,
    GRPC,
    HTTP,
    METRICS,
    Deployment,
    deployment_mode,
    metadata,
)
from trainerspec.backends.kserve.pod import transformer, triton
from trainerspec.ir.json import Json, JsonObject

QUEUE_PROXY, QUEUE_PROXY_METRICS = (8012, 8013, 8112), (9090, 9091)
"""Ports of the container that Knative puts before the transformer; nothing listens there in Standard mode."""
MONITORING = ("monitoring", "openshift-monitoring", "openshift-user-workload-monitoring")
"""Namespaces in which Prometheus runs: kube-prometheus' own, and OpenShift's."""
STORAGE = (80, 443, 9000)
"""Object storage: HTTPS, a cloud's service for credentials, and MinIO's port."""


def service_account(deployment: Deployment) -> JsonObject:
    """Return the account under which the pod runs; its secret opens the model storage."""
    name = f"{deployment.name}-serving"
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(name),
        "secrets": [{"name": f"{deployment.name}-s3"}],
        "automountServiceAccountToken": False,
    }


def serving_runtime(deployment: Deployment) -> JsonObject:
    """Return this project's own runtime: the stock one pins an old Triton and probes the transformer's port."""
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": metadata(f"{deployment.name}-triton", **{"server-type": "tritonserver"}),
        "spec": {
            "annotations": {"prometheus.kserve.io/port": str(METRICS), "prometheus.kserve.io/path": "/metrics"},
            "protocolVersions": ["v2", "grpc-v2"],
            "supportedModelFormats": [{"name": "onnx", "version": "1"}],
            "containers": [triton(deployment)],
            "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
        },
    }


def inference_service(deployment: Deployment) -> JsonObject:
    """Return the service; its name, the Triton model's and the request path's are one."""
    annotations = {"deploymentMode": deployment_mode(deployment.kserve), "autoscalerClass": "hpa"}
    predictor: dict[str, Json] = {
        "serviceAccountName": f"{deployment.name}-serving",
        "automountServiceAccountToken": False,
        "minReplicas": deployment.replicas,
        "maxReplicas": max(4, 3 * deployment.replicas),
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
    """Return where the repository's root lies: the folder that holds `<name>/config.pbtxt`."""
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
    """Open the transformer's ports, to monitoring Triton's metrics; let out to DNS and to where models may lie."""

    def ports(*numbers: int, protocol: str = "TCP") -> list[Json]:
        return [{"port": number, "protocol": protocol} for number in numbers]

    names: list[Json] = [*MONITORING]
    among: JsonObject = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": names}
    monitoring: JsonObject = {"namespaceSelector": {"matchExpressions": [among]}}
    dns: JsonObject = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(f"{deployment.name}-serving"),
        "spec": {
            "podSelector": {"matchLabels": {"serving.kserve.io/inferenceservice": deployment.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"ports": ports(HTTP, GRPC, *QUEUE_PROXY)},
                {"ports": ports(*QUEUE_PROXY_METRICS)},
                {"from": [monitoring], "ports": ports(METRICS)},
            ],
            "egress": [
                {"to": [dns], "ports": [*ports(53), *ports(53, protocol="UDP")]},
                {"ports": ports(*STORAGE)},
            ],
        },
    }


def s3_secret(deployment: Deployment) -> JsonObject:
    """Return the shape of the storage's credentials as KServe reads them."""
    keys = {"s3-endpoint": "storage.example.com", "s3-usehttps": "1", "s3-region": "eu-west-1"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(f"{deployment.name}-s3", **keys),
        "type": "Opaque",
        "stringData": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    }
