"""deploy/examples/: three targets to copy from, each with the overlay that it gives."""

from collections.abc import Mapping
from dataclasses import replace

from trainerspec.backends.kserve.deployment import Deployment
from trainerspec.backends.kserve.overlay import overlay
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.target import TRITON, TRITON_TAG, Gpu, Image, Release, Storage, Target

REGISTRY = "registry.example.com"
GPU = Gpu(product="NVIDIA-L4")
TRITON_IMAGE = Image(name=f"{REGISTRY}/{TRITON}", tag=TRITON_TAG)


def example(name: str, gpu: Gpu | None = None, platform: str = "kubernetes") -> Target:
    """Return an example target."""
    return Target(
        name=name,
        registry=REGISTRY,
        storage=Storage(bucket="models", prefix=name, endpoint="https://storage.example.com"),
        namespace="models",
        kserve=(0, 20),
        triton=TRITON_IMAGE,
        platform="openshift" if platform == "openshift" else "kubernetes",
        gpu=gpu,
    )


EXAMPLES: Mapping[str, Target] = {
    "cpu": example("cpu"),
    "gpu": example("gpu", gpu=GPU),
    "openshift": example("openshift", platform="openshift"),
}


def unpushed(target: Target, name: str, version: str) -> Release:
    """Return a release's places as they are before a push: by version, with no digest."""
    return Release(
        name=name,
        version=version,
        digest="",
        model=target.storage.uri(name, version, "model_repository"),
        image=Image(name=f"{target.registry}/{name}", tag=version),
        triton=target.triton,
    )


def written(target: Target) -> JsonObject:
    """Write a target as targets/<env>.yaml says it."""
    made: dict[str, Json] = {
        "registry": target.registry,
        "storage": {"uri": target.storage.uri(), "endpoint": target.storage.endpoint},
        "namespace": target.namespace,
        "kserve": ".".join(str(part) for part in target.kserve),
        "mode": target.mode,
        "platform": target.platform,
    }
    if target.gpu:
        made["gpu"] = {"product": target.gpu.product, "count": target.gpu.count}
    return {**made, "triton": str(target.triton)}


def overlays(deployment: Deployment) -> Mapping[str, tuple[JsonObject, str]]:
    """Return every example's files below deploy/, each with its heading. TensorRT has none without a GPU."""
    made: dict[str, tuple[JsonObject, str]] = {}
    for name, shown in EXAMPLES.items():
        target = shown
        if deployment.engine == "tensorrt":
            if name == "cpu":
                continue
            target = replace(shown, gpu=shown.gpu or GPU)
        release = unpushed(target, deployment.name, deployment.version)
        made[f"examples/{name}/kustomization.yaml"] = (overlay(target, release), OVERLAY)
        made[f"examples/{name}/target.yaml"] = (written(target), TARGET)
    return made


OVERLAY = """What the target beside it gives. `trainerspec push --target ENV` writes deploy/targets/ENV/ like this one,
pinned by digests; without trainerspec put in your own names, then: kubectl apply -k <this folder>"""
TARGET = """yaml-language-server: $schema=../.trainerspec/target.schema.json
An example: copy it to targets/<env>.yaml beside trainer.yaml, and put in your own names."""
