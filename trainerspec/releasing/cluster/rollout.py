"""Wait until an InferenceService serves what was applied, telling what it waits for."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.releasing.cluster.api import Cluster
from trainerspec.releasing.cluster.kustomize import Object
from trainerspec.releasing.cluster.webhook import mode, predictor

Say = Callable[[str], None]
SOURCE = "internal.serving.kserve.io/storage-initializer-sourceuri"
"""The annotation by which KServe tells a pod where its model comes from."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long to wait, and how often to look."""

    seconds: float = 900.0
    period: float = 2.0


def ready(cluster: Cluster, service: Object, wait: Wait, say: Say) -> Object:
    """Return the live service once it serves. Raises Stopped TS892 with its conditions when it does not in time."""
    end, told = time.monotonic() + wait.seconds, ""
    while True:
        live = cluster.get(service) or {}
        lacking = unready(live) or behind(live) or rolling(cluster, service)
        if not lacking:
            say("  ready")
            return live
        if lacking != told:
            say(f"  waiting: {lacking}")
            told = lacking
        if time.monotonic() >= end:
            name = service["metadata"]["name"]
            message = f"`{name}` is not ready after {wait.seconds:g} s: {lacking}"
            labels = f"-l serving.kserve.io/inferenceservice={name} -n {service['metadata']['namespace']}"
            hint = f"`kubectl describe pod {labels}` and `kubectl logs {labels} --all-containers` say more"
            raise Stopped((Diagnostic(code="TS892", message=message, hint=hint),))
        time.sleep(wait.period)


def unready(live: Object) -> str:
    """Return the condition that is not true yet; empty when the service says that it is ready."""
    conditions = live.get("status", {}).get("conditions", ())
    if any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
        return ""
    for one in sorted(conditions, key=lambda one: str(one["type"] == "Ready")):
        if one["status"] != "True":
            reason = ": ".join(part for part in (one.get("reason", ""), one.get("message", "")) if part)
            return f"{one['type']} is {one['status']}" + (f" ({reason})" if reason else "")
    return "KServe has not looked at it yet"


def behind(live: Object) -> str:
    """Say when the status is of an earlier specification, or of an earlier revision of Knative's."""
    status = live.get("status", {})
    seen, wanted = status.get("observedGeneration"), live.get("metadata", {}).get("generation")
    if seen is not None and wanted is not None and seen < wanted:
        return "KServe has not seen the change yet"
    revisions = status.get("components", {}).get("predictor", {})
    created, served = revisions.get("latestCreatedRevision"), revisions.get("latestReadyRevision")
    return f"revision {created} is not ready" if created and created != served else ""


def rolling(cluster: Cluster, service: Object) -> str:
    """Say when the pods are not all of the new kind; in Knative mode revisions tell that."""
    if mode(service) == "knative":
        return ""
    about = service["metadata"]
    name = {"name": f"{about['name']}-predictor", "namespace": about["namespace"]}
    live = cluster.get({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": name})
    if live is None:
        return "there is no Deployment yet"
    source = live["spec"].get("template", {}).get("metadata", {}).get("annotations", {}).get(SOURCE)
    wanted = predictor(service).get("model", {}).get("storageUri")
    if source is not None and source != wanted:
        return "the Deployment still has the model before"
    status = live.get("status", {})
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the Deployment has not been looked at yet"
    replicas, fresh, there = (status.get(f"{key}eplicas", 0) for key in ("r", "updatedR", "availableR"))
    return "" if replicas == fresh == there and there else f"{min(fresh, there)} of {max(replicas, 1)} pods are new"
