"""Which ServingRuntime KServe takes for a model, and why not the others; and the webhook's rules for runtimes."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.releasing.cluster.kustomize import Object, name_of
from trainerspec.releasing.cluster.webhook import predictor

STOCK: tuple[Object, ...] = (
    {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "kserve-tritonserver"},
        "spec": {
            "protocolVersions": ["v2", "grpc-v2"],
            "supportedModelFormats": [
                {"name": "tensorrt", "version": "8", "autoSelect": True, "priority": 1},
                {"name": "tensorflow", "version": "2", "autoSelect": True, "priority": 1},
                {"name": "onnx", "version": "1", "autoSelect": True, "priority": 1},
                {"name": "pytorch", "version": "1"},
                {"name": "triton", "version": "2", "autoSelect": True, "priority": 1},
            ],
        },
    },
)
"""What a cluster has of KServe's own that could take these models: pinned to Triton 23.05, whose TensorRT is 8."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What KServe would do."""

    runtime: str
    """Empty when there is none."""
    because: str
    others: tuple[tuple[str, str], ...]
    """Every other runtime, and why it is not taken."""


def choose(service: Object, runtimes: Sequence[Object]) -> Choice:
    """Say which runtime KServe takes: the one that is named, else the first that fits and may be selected."""
    model = predictor(service).get("model", {})
    named = model.get("runtime")
    reasons = [(one["metadata"]["name"], unfit(one, model, named is not None)) for one in runtimes]
    if named:
        found = dict(reasons)
        fits = found.get(named) == ""
        why = "the service names it" if fits else found.get(named, "there is no runtime of that name in the namespace")
        others = tuple(
            (name, reason or f"it would fit, but the service names `{named}`")
            for name, reason in reasons
            if name != named
        )
        return Choice(runtime=named if fits else "", because=why if fits else f"`{named}`: {why}", others=others)
    fitting = [name for name, reason in reasons if not reason]
    others = tuple((name, reason or "another comes first") for name, reason in reasons if name not in fitting[:1])
    if fitting:
        return Choice(runtime=fitting[0], because="the first that fits and selects itself", others=others)
    return Choice(runtime="", because="no runtime found", others=others)


def unfit(runtime: Object, model: dict[str, Any], named: bool) -> str:
    """Say why a runtime does not take a model; empty when it does."""
    spec, wanted = runtime["spec"], model.get("modelFormat", {})
    if spec.get("disabled"):
        return "it is disabled"
    protocol = model.get("protocolVersion", "v1")
    if protocol not in spec.get("protocolVersions", ["v1"]):
        default = " (the default: set `protocolVersion: v2`)" if "protocolVersion" not in model else ""
        return f"it does not speak {protocol}{default}"
    same = [one for one in spec.get("supportedModelFormats", ()) if one["name"] == wanted.get("name")]
    if not same:
        return f"it takes no {wanted.get('name')}"
    version = wanted.get("version")
    if version and not any(one.get("version") == version for one in same):
        return f"it takes {wanted['name']} {', '.join(str(one.get('version')) for one in same)}, not {version}"
    if not named and not any(one.get("autoSelect") for one in same):
        return f"it does not select itself for {wanted['name']}, and the service does not name it"
    return ""


def unsound(runtimes: Sequence[Object]) -> Iterator[Diagnostic]:
    """Return TS882 for what the webhook refuses of ServingRuntimes, alone and together."""
    for one in runtimes:
        yield from (
            Diagnostic(code="TS882", message=message, hint=hint, file=name_of(one)) for message, hint in alone(one)
        )
    taken: dict[tuple[str, str, object], str] = {}
    for one in runtimes:
        for protocol in one["spec"].get("protocolVersions", ()):
            for wanted in selected(one):
                key = (protocol, f"{wanted['name']} {wanted.get('version', '')}", wanted.get("priority"))
                other = taken.setdefault(key, name_of(one))
                if other != name_of(one):
                    message = f"selects itself for {key[1]} over {protocol} with the priority of {other}"
                    hint = "leave `autoSelect` out and name the runtime in the service"
                    yield Diagnostic(code="TS882", message=message, hint=hint, file=name_of(one))


def alone(runtime: Object) -> Iterator[tuple[str, str]]:
    """Return what is wrong with one runtime."""
    priorities = defaultdict(set)
    for wanted in selected(runtime):
        priorities[wanted["name"]].add(wanted.get("priority"))
    for name, found in priorities.items():
        if len(found) > 1:
            yield f"`{name}` selects itself with several priorities", "give all versions of a format one priority"
    names = [container.get("name") for container in runtime["spec"].get("containers", ())]
    if "kserve-container" not in names:
        yield "a runtime's container is named `kserve-container`", "rename it"
    for container in runtime["spec"].get("containers", ()):
        yield from elsewhere(container)


def elsewhere(container: Object) -> Iterator[tuple[str, str]]:
    """Return the probes that ask at another port than the one that Triton's arguments open."""
    opened = [found[1] for word in container.get("args", ()) if (found := re.fullmatch(r"--http-port=(\d+)", word))]
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        port = container.get(name, {}).get("httpGet", {}).get("port")
        if opened and port is not None and str(port) != opened[-1]:
            yield f"`{name}` asks at port {port}, but Triton listens on {opened[-1]}", "make them one"


def selected(runtime: Object) -> list[Object]:
    """Return the formats that a runtime selects itself for."""
    return [one for one in runtime["spec"].get("supportedModelFormats", ()) if one.get("autoSelect")]
