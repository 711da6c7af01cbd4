"""The Pod Security Standard "restricted", as a cluster would enforce it on a namespace: judged offline.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, profile Restricted, for Linux.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trainerspec.diagnostics.model import Diagnostic
from trainerspec.releasing.cluster.kustomize import Object, name_of

VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
SECCOMP = ("RuntimeDefault", "Localhost")
Spec = Mapping[str, Any]


def unrestricted(one: Object) -> Iterator[Diagnostic]:
    """Return TS881 for everything in an object's pods that the profile forbids."""
    for pod in pods(one):
        for reason in (*of_pod(pod), *(f"{box.get('name')}: {why}" for box in boxes(pod) for why in of_box(box, pod))):
            message = f"{reason}, which the Pod Security Standard `restricted` forbids"
            yield Diagnostic(code="TS881", message=message, file=name_of(one))


def pods(one: Object) -> Iterator[Spec]:
    """Find the pods that an object describes."""
    spec = one.get("spec") or {}
    if one.get("kind") == "InferenceService":
        yield from (spec[part] for part in ("predictor", "transformer", "explainer") if part in spec)
    elif one.get("kind") == "ServingRuntime":
        yield spec
    elif "template" in spec:
        yield spec["template"].get("spec") or {}


def boxes(pod: Spec) -> Iterator[Spec]:
    """Return a pod's containers."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind) or ()


def of_pod(pod: Spec) -> Iterator[str]:
    """Judge what holds for the whole pod."""
    for word in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(word):
            yield f"the pod has `{word}`"
    for volume in pod.get("volumes") or ():
        if kinds := set(volume) - VOLUMES - {"name"}:
            yield f"volume `{volume.get('name')}` is `{min(kinds)}`"
    if (pod.get("securityContext") or {}).get("runAsUser") == 0:
        yield "the pod runs as root"


def of_box(box: Spec, pod: Spec) -> Iterator[str]:
    """Judge a container; what it does not say itself, its pod may say."""
    own, whole = box.get("securityContext") or {}, pod.get("securityContext") or {}
    abilities = own.get("capabilities") or {}
    if own.get("privileged"):
        yield "it is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "`allowPrivilegeEscalation` is not false"
    if "ALL" not in (abilities.get("drop") or ()) or set(abilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield "it keeps or adds capabilities"
    if own.get("runAsNonRoot", whole.get("runAsNonRoot")) is not True:
        yield "`runAsNonRoot` is not true"
    if own.get("runAsUser") == 0:
        yield "it runs as root"
    profile = own.get("seccompProfile") or whole.get("seccompProfile") or {}
    if profile.get("type") not in SECCOMP:
        yield "it has no seccomp profile"
    if any(port.get("hostPort") for port in box.get("ports") or ()):
        yield "it takes a port of the node"
