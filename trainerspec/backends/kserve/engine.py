"""deploy/optional/engine/: the Job that builds the TensorRT plan on the target's GPU, checks and publishes it.

One pod, two containers and a folder between them: Triton's image builds the plan and serves it; the package's own image
asks it for the golden answers, measures, and puts plan and engine.json into the storage.
"""

from trainerspec.backends.kserve.deployment import METRICS, TRITON_GRPC, TRITON_HTTP, Deployment, metadata
from trainerspec.backends.kserve.overlay import gpu_nodes, image, kustomization, patch
from trainerspec.backends.kserve.pod import locked_down, resources
from trainerspec.backends.kserve.sizes import replace
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.target import TRITON, TRITON_TAG, Release, Target

WORK = "/work"
DEADLINE = 7200
"""Seconds in which a plan must be built and checked."""
KEPT = 86400
"""Seconds that a finished Job and its log stay."""
ENVIRONMENT = ("ENGINE_URI", "TRITON_IMAGE", "STORAGE_ENDPOINT", "STORAGE_REGION", "ENGINE_ROWS")
"""What the measuring container is told, in this order: a target's overlay fills it in by place."""


def job(deployment: Deployment) -> JsonObject:
    """Return the Job; where the engine goes and on which GPU is the overlay's."""
    pod: JsonObject = {
        "restartPolicy": "Never",
        "serviceAccountName": f"{deployment.name}-serving",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "initContainers": [own(deployment, "files")],
        "containers": [builder(deployment), own(deployment, "measure")],
        "volumes": [
            {"name": "work", "emptyDir": {"sizeLimit": "20Gi"}},
            {"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(f"{deployment.name}-engine"),
        "spec": {
            "backoffLimit": 1,
            "activeDeadlineSeconds": DEADLINE,
            "ttlSecondsAfterFinished": KEPT,
            "template": {"metadata": metadata(f"{deployment.name}-engine"), "spec": pod},
        },
    }


def builder(deployment: Deployment) -> JsonObject:
    """Return the container in Triton's image, which builds the plan with trtexec and then serves it."""
    served = [
        "tritonserver",
        f"--model-repository={WORK}/engine/model_repository",
        f"--http-port={TRITON_HTTP}",
        f"--grpc-port={TRITON_GRPC}",
        f"--metrics-port={METRICS}",
        "--strict-readiness=true",
        "--disable-auto-complete-config",
    ]
    return {
        "name": "triton",
        "image": f"{TRITON}:{TRITON_TAG}",
        "command": ["python3", f"{WORK}/build_plan.py"],
        "args": [f"--work={WORK}", f"--patience={DEADLINE}", "--", *served],
        "resources": resources(deployment),
        "securityContext": locked_down(runAsUser=1000),
        "volumeMounts": [{"name": "work", "mountPath": WORK}, {"name": "shm", "mountPath": "/dev/shm"}],
    }


def own(deployment: Deployment, step: str) -> JsonObject:
    """Return a container in the package's image, for one step of pipeline/engine.py."""
    made: dict[str, Json] = {
        "name": step,
        "image": f"{deployment.name}:{deployment.version}",
        "command": ["python", "-m", "pipeline.engine", step],
        "args": ["--package=.", f"--work={WORK}"],
        "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
        "securityContext": locked_down(runAsUser=1000, readOnlyRootFilesystem=True),
        "volumeMounts": [{"name": "work", "mountPath": WORK}, {"name": "scratch", "mountPath": "/tmp"}],
    }
    if step == "measure":
        made["args"] = ["--package=.", f"--work={WORK}", f"--url=http://localhost:{TRITON_HTTP}"]
        made["env"] = [{"name": name, "value": ""} for name in ENVIRONMENT]
        made["envFrom"] = [{"secretRef": {"name": f"{deployment.name}-s3"}}]
    return made


def engine_uri(target: Target, release: Release) -> str:
    """Return where a release's engine for a target's GPU and Triton image lies: one place for each of them."""
    assert target.gpu is not None
    triton = release.triton.digest.removeprefix("sha256:")[:16] or release.triton.tag
    return target.storage.uri(release.name, release.digest, "engines", f"{target.gpu.product}-{triton}")


def rows_uri(target: Target, release: Release) -> str:
    """Return where `push --measure` puts rows of the validation split."""
    return target.storage.uri(release.name, release.digest, "rows.npz")


def engine_overlay(target: Target, release: Release) -> JsonObject:
    """Return the kustomization that makes the Job fit a target and a release; a release's Job has a name of its own."""
    assert target.gpu is not None
    pod, storage = "/spec/template/spec", target.storage
    rows = rows_uri(target, release)
    told = (engine_uri(target, release), str(release.triton), storage.endpoint, storage.region, rows)
    changes: list[Json] = [replace(f"{pod}/containers/1/env/{index}/value", value) for index, value in enumerate(told)]
    if storage.secret:
        changes.append(replace(f"{pod}/containers/1/envFrom/0/secretRef/name", storage.secret))
    changes += [{"op": "add", "path": f"{pod}/nodeSelector", "value": gpu_nodes(target.gpu)}]
    if target.platform == "openshift":
        users = [f"{pod}/{kind}/{index}/securityContext/runAsUser" for kind, index in PLACES]
        changes += [{"op": "remove", "path": path} for path in (*users, f"{pod}/securityContext/fsGroup")]
    return {
        **kustomization(["../../../optional/engine"]),
        "namespace": target.namespace,
        "nameSuffix": f"-{release.digest.removeprefix('sha256-')[:8]}",
        "images": [image(release.name, release.image), image(TRITON, release.triton)],
        "patches": [patch("Job", changes)],
    }


PLACES = (("initContainers", 0), ("containers", 0), ("containers", 1))
"""The Job's containers."""
