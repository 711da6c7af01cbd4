"""What the manifests need to know, and what all of them share."""

from dataclasses import dataclass
from typing import Literal

from trainerspec.ir.json import Json, JsonObject

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
    replicas: int = 1
    """Pods that always run."""
    kserve: tuple[int, int] = (0, 16)
    """The oldest KServe version that the base is for; a target's overlay has the words of its own."""


def deployment_mode(version: tuple[int, int], mode: Literal["standard", "knative"] = "standard") -> str:
    """Return the word for a mode of deployment (KServe renamed both in 0.16).

    >>> deployment_mode((0, 15)), deployment_mode((0, 21)), deployment_mode((0, 15), "knative")
    ('RawDeployment', 'Standard', 'Serverless')
    """
    old = version < (0, 16)
    if mode == "knative":
        return "Serverless" if old else "Knative"
    return "RawDeployment" if old else "Standard"


def cores_at_most(cores: int) -> int:
    """Return the limit of Triton's cores for those that it asks for: one more, for what is not the graph."""
    return cores + 1


def metadata(name: str, **annotations: str) -> JsonObject:
    """Return an object's metadata."""
    made: dict[str, Json] = {"name": name, "labels": {**LABELS}}
    if annotations:
        made["annotations"] = {f"serving.kserve.io/{key}": value for key, value in annotations.items()}
    return made
