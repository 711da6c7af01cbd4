"""The sizes of a release on a target, as patches of the base."""

from collections.abc import Mapping

from trainerspec.backends.kserve.deployment import cores_at_most
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.spec import SlotPath

PREDICTOR = "/spec/predictor"
CONTAINER = "/spec/containers/0"


def replace(path: str, value: Json) -> JsonObject:
    """Return one operation of a JSON patch."""
    return {"op": "replace", "path": path, "value": value}


def service_sizes(sizes: Mapping[SlotPath, Json]) -> list[Json]:
    """Return what sizes change of the InferenceService: its pods, and how long its transformer may start."""
    return [
        replace(f"{PREDICTOR}/minReplicas", whole(sizes, "deploy.replicas")),
        replace(f"{PREDICTOR}/maxReplicas", whole(sizes, "deploy.max_replicas")),
        replace(f"{PREDICTOR}/containers/0/startupProbe/failureThreshold", whole(sizes, "deploy.startup_failures")),
    ]


def runtime_sizes(sizes: Mapping[SlotPath, Json]) -> list[Json]:
    """Return what sizes change of the ServingRuntime: Triton's share of a node, and how long it may start."""
    cores, memory = whole(sizes, "deploy.cpu"), f"{whole(sizes, 'deploy.memory')}Mi"
    return [
        replace(f"{CONTAINER}/resources/requests/cpu", str(cores)),
        replace(f"{CONTAINER}/resources/limits/cpu", str(cores_at_most(cores))),
        replace(f"{CONTAINER}/resources/requests/memory", memory),
        replace(f"{CONTAINER}/resources/limits/memory", memory),
        replace(f"{CONTAINER}/startupProbe/failureThreshold", whole(sizes, "deploy.startup_failures")),
    ]


def whole(sizes: Mapping[SlotPath, Json], slot: SlotPath) -> int:
    """Return a size, which its schema says is a whole number."""
    value = sizes[slot]
    assert isinstance(value, int | float), slot
    return int(value)
