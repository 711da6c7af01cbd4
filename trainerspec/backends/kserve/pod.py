"""The two containers of a pod: Triton, and before it the transformer that encodes and decodes."""

from trainerspec.backends.kserve.deployment import (
    DRAIN,
    GRPC,
    HTTP,
    METRICS,
    TRITON_GRPC,
    TRITON_HTTP,
    Deployment,
    cores_at_most,
)
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.target import TRITON, TRITON_TAG

MEMORY = 1024
"""MiB that the transformer may use; the server derives from it what senders may cost (pipeline/limits.py)."""
PIXELS_PER_MIB = 15_625
"""Of pictures that are decoded at a time; the server's own number."""


def pixels(memory: int) -> int:
    """Return the budget of pixels of a container with so many MiB.

    >>> pixels(MEMORY)
    16000000
    """
    return memory * PIXELS_PER_MIB


def locked_down(**more: Json) -> JsonObject:
    """Return a container's security context: no root, no privileges."""
    return {
        "runAsNonRoot": True,
        "privileged": False,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **more,
    }


def probes(port: int, ready: str) -> dict[str, Json]:
    """Return the three probes of a server of the Open Inference Protocol; loading may take ten minutes."""

    def probe(path: str, period: int, failures: int) -> JsonObject:
        asked: JsonObject = {"path": path, "port": port}
        return {"httpGet": asked, "periodSeconds": period, "timeoutSeconds": 3, "failureThreshold": failures}

    return {
        "startupProbe": probe(ready, 5, 120),
        "readinessProbe": probe(ready, 5, 3),
        "livenessProbe": probe("/v2/health/live", 10, 6),
    }


def resources(deployment: Deployment) -> JsonObject:
    """Return Triton's share of a node; memory is not overcommitted."""
    cores = deployment.threads * deployment.instances
    size = f"{deployment.memory}Mi"
    requests: dict[str, Json] = {"cpu": str(cores), "memory": size}
    limits: dict[str, Json] = {"cpu": str(cores_at_most(cores)), "memory": size}
    if deployment.engine == "tensorrt":
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = "1"
    return {"requests": requests, "limits": limits}


def transformer(deployment: Deployment) -> JsonObject:
    """Return the container that encodes and decodes: the package's own server, before Triton on localhost."""
    return {
        "name": "transformer-container",
        "image": f"{deployment.name}:{deployment.version}",
        "command": ["python", "-m", "pipeline.serve"],
        "args": [
            "--package=.",
            "--host=0.0.0.0",
            f"--memory={MEMORY}",
            f"--max-pixels={pixels(MEMORY)}",
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
            "limits": {"cpu": "1", "memory": f"{MEMORY}Mi"},
        },
        "securityContext": locked_down(runAsUser=1000, readOnlyRootFilesystem=True),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
    }


def triton(deployment: Deployment) -> JsonObject:
    """Return the container that runs the graph."""
    return {
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
