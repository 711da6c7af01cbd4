"""deploy/: KServe manifests as a kustomize base, with overlays for targets, from typed values.

One topology: Triton runs the graph, and beside it in the same pod a transformer (this project's own server) encodes and
decodes. So the pod's door is the transformer on 8080; Triton listens on 8085 and 9000, and its probes ask there.
"""

from collections.abc import Mapping

from trainerspec.backends.kserve import examples, monitoring, objects
from trainerspec.backends.kserve.deployment import (
    DRAIN,
    GRPC,
    HTTP,
    METRICS,
    TRITON_GRPC,
    TRITON_HTTP,
    Deployment,
    deployment_mode,
)
from trainerspec.backends.kserve.engine import engine_overlay, engine_uri, job
from trainerspec.backends.kserve.overlay import kustomization, overlay
from trainerspec.backends.params import params
from trainerspec.backends.triton import plan_config
from trainerspec.catalog.model import Task
from trainerspec.ir.json import JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.language.yaml import dump

__all__ = [
    "DRAIN",
    "GRPC",
    "HTTP",
    "METRICS",
    "TRITON_GRPC",
    "TRITON_HTTP",
    "Deployment",
    "deployment_mode",
    "engine_overlay",
    "engine_uri",
    "files",
    "manifests",
    "overlay",
]


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write deploy/."""
    settings = params(plan.pinned, task)
    serve, compute = settings["serve"], settings["compute"]
    assert isinstance(serve, Mapping)
    assert isinstance(compute, Mapping)
    deployment = Deployment(
        name=str(settings["name"]),
        version=str(settings["version"]),
        engine="tensorrt" if serve["engine"] == "tensorrt" else "onnx",
        threads=int(str(compute["threads"])),
        instances=int(str(serve["instances"])),
        memory=int(str(serve["memory"])),
        replicas=int(str(serve["replicas"])),
    )
    made = manifests(deployment)
    if deployment.engine == "tensorrt":
        return {**made, "deploy/optional/engine/config.pbtxt": plan_config(settings)}
    return made


def manifests(deployment: Deployment) -> Mapping[str, bytes]:
    """Write every file below deploy/."""
    base = {
        "serviceaccount.yaml": objects.service_account(deployment),
        "servingruntime.yaml": objects.serving_runtime(deployment),
        "inferenceservice.yaml": objects.inference_service(deployment),
        "poddisruptionbudget.yaml": objects.disruption_budget(deployment),
        "networkpolicy.yaml": objects.network_policy(deployment),
    }
    documents: dict[str, tuple[JsonObject, str]] = {f"base/{path}": (made, "") for path, made in base.items()}
    documents["base/kustomization.yaml"] = (kustomization(sorted(base)), "")
    documents["base/networkpolicy.yaml"] = (base["networkpolicy.yaml"], NETWORK)
    documents["optional/s3-secret.yaml"] = (objects.s3_secret(deployment), SECRET)
    watch = "optional/monitoring"
    documents[f"{watch}/podmonitor.yaml"] = (monitoring.pod_monitor(deployment), "")
    documents[f"{watch}/prometheusrule.yaml"] = (monitoring.prometheus_rule(deployment), "")
    documents[f"{watch}/kustomization.yaml"] = (kustomization(["podmonitor.yaml", "prometheusrule.yaml"]), OPERATOR)
    if deployment.engine == "tensorrt":
        documents["optional/engine/job.yaml"] = (job(deployment), "")
        documents["optional/engine/kustomization.yaml"] = (kustomization(["job.yaml"]), "")
    documents |= examples.overlays(deployment)
    return {f"deploy/{path}": dump(made, heading=heading) for path, (made, heading) in sorted(documents.items())}


NETWORK = (
    "Triton's own ports are closed, its metrics open to monitoring alone. A policy of your own opens more: they add up."
)
OPERATOR = "Optional: needs the Prometheus operator. `kubectl apply -n NAMESPACE -k deploy/optional/monitoring`"
SECRET = "Optional: the credentials of the model storage. Make the real one with your secret manager; commit no keys."
