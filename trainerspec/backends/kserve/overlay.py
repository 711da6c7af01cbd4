"""deploy/targets/<env>/: what a target changes of the base, as a kustomization with JSON patches."""

from collections.abc import Mapping
from textwrap import dedent

from trainerspec.backends.kserve.deployment import deployment_mode
from trainerspec.backends.kserve.sizes import PREDICTOR, replace, runtime_sizes, service_sizes
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath
from trainerspec.ir.target import TRITON, Gpu, Image, Release, Target
from trainerspec.language.yaml import dump

CONCURRENCY = 8
"""Requests of one pod at once that Knative's autoscaler aims at."""


def kustomization(resources: list[str]) -> JsonObject:
    """List the base."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [*resources]}


def overlay(target: Target, release: Release, sizes: Mapping[SlotPath, Json] | None = None) -> JsonObject:
    """Return the kustomization that makes the base fit a target and a release, with the sizes that were decided for it.

    Without sizes those of the base stay; Knative then starts from no pod.
    """
    service: list[Json] = [replace(f"{PREDICTOR}/model/storageUri", release.model)]
    runtime: list[Json] = []
    service += _mode(target)
    if sizes:
        service += service_sizes(sizes)
        runtime += runtime_sizes(sizes)
    elif target.mode == "knative":
        service.append(replace(f"{PREDICTOR}/minReplicas", 0))
    if target.gpu:
        service += _tolerated(target.gpu)
        runtime += _gpus(target.gpu)
    if target.platform == "openshift":
        service += [_remove(f"{PREDICTOR}/containers/0/securityContext/runAsUser")]
        service += [_remove(f"{PREDICTOR}/securityContext/fsGroup")]
        runtime += [_remove("/spec/containers/0/securityContext/runAsUser")]
    account: list[Json] = []
    if target.storage.secret:
        account = [replace("/secrets/0/name", target.storage.secret)]
    patches = {"InferenceService": service, "ServingRuntime": runtime, "ServiceAccount": account}
    return {
        **kustomization(["../../base"]),
        "namespace": target.namespace,
        "images": [image(release.name, release.image), image(TRITON, release.triton)],
        "patches": [patch(kind, operations) for kind, operations in patches.items() if operations],
    }


def patch(kind: str, operations: list[Json]) -> JsonObject:
    """Return one JSON patch as kustomize has it: YAML in a text."""
    return {"target": {"kind": kind}, "patch": dedent(dump(operations).decode())}


def _mode(target: Target) -> list[Json]:
    """Return the mode's word, and for Knative what replaces the HPA; it refuses a Deployment's strategy."""
    annotations = "/metadata/annotations/serving.kserve.io"
    word = replace(f"{annotations}~1deploymentMode", deployment_mode(target.kserve, target.mode))
    if target.mode == "standard":
        return [word]
    return [
        word,
        _remove(f"{annotations}~1autoscalerClass"),
        _remove(f"{PREDICTOR}/deploymentStrategy"),
        replace(f"{PREDICTOR}/scaleMetric", "concurrency"),
        replace(f"{PREDICTOR}/scaleTarget", CONCURRENCY),
    ]


def _tolerated(gpu: Gpu) -> list[Json]:
    taint: JsonObject = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    return [
        {"op": "add", "path": f"{PREDICTOR}/tolerations", "value": [taint]},
        {"op": "add", "path": f"{PREDICTOR}/nodeSelector", "value": gpu_nodes(gpu)},
    ]


def _gpus(gpu: Gpu) -> list[Json]:
    path = "/spec/containers/0/resources/{}/nvidia.com~1gpu"
    return [{"op": "add", "path": path.format(side), "value": str(gpu.count)} for side in ("limits", "requests")]


def gpu_nodes(gpu: Gpu) -> JsonObject:
    """Return the selector of the nodes that have a GPU product."""
    return {"nvidia.com/gpu.product": gpu.product}


def _remove(path: str) -> JsonObject:
    return {"op": "remove", "path": path}


def image(name: str, pinned: Image) -> JsonObject:
    """Return one entry of kustomize's `images`."""
    fixed = {"digest": pinned.digest} if pinned.digest else {"newTag": pinned.tag}
    return {"name": name, "newName": pinned.name, **fixed}
