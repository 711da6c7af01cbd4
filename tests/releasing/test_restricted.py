"""`deploy --verify` judges pods by the Pod Security Standard "restricted"."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainerspec.language.yaml import load
from trainerspec.releasing.cluster.restricted import unrestricted

BASE = Path(__file__).resolve().parents[1] / "golden/text-classification/deploy/base"


def emitted(name: str) -> dict[str, Any]:
    """Return an object of the base."""
    made = load((BASE / f"{name}.yaml").read_bytes())
    assert isinstance(made, dict)
    return copy.deepcopy(made)


@pytest.mark.parametrize("name", ["inferenceservice", "servingruntime", "networkpolicy", "serviceaccount"])
def test_what_is_emitted_keeps_to_it(name: str) -> None:
    assert not list(unrestricted(emitted(name)))


def security(pod: dict[str, Any]) -> Any:
    return pod["containers"][0]["securityContext"]


WEAKER: dict[str, Callable[[dict[str, Any]], object]] = {
    "`hostNetwork`": lambda pod: pod.update(hostNetwork=True),
    "is `hostPath`": lambda pod: pod["volumes"].append({"name": "node", "hostPath": {"path": "/"}}),
    "privileged": lambda pod: security(pod).update(privileged=True),
    "`allowPrivilegeEscalation` is not false": lambda pod: security(pod).pop("allowPrivilegeEscalation"),
    "keeps or adds capabilities": lambda pod: security(pod)["capabilities"].update(add=["SYS_ADMIN"]),
    "`runAsNonRoot` is not true": lambda pod: security(pod).update(runAsNonRoot=False),
    "runs as root": lambda pod: security(pod).update(runAsUser=0),
    "no seccomp profile": lambda pod: security(pod).update(seccompProfile={"type": "Unconfined"}),
    "takes a port of the node": lambda pod: pod["containers"][0]["ports"].append({"containerPort": 1, "hostPort": 1}),
}


@pytest.mark.parametrize("reason", WEAKER)
def test_what_is_weaker_is_told(reason: str) -> None:
    one = emitted("inferenceservice")
    WEAKER[reason](one["spec"]["predictor"])
    (told,) = unrestricted(one)
    assert told.code == "TS881"
    assert reason in told.message


def test_a_container_may_leave_to_its_pod_what_the_pod_says() -> None:
    one = emitted("inferenceservice")
    for key in ("runAsNonRoot", "seccompProfile"):
        del security(one["spec"]["predictor"])[key]
    assert not list(unrestricted(one))
