"""`revise` and the gate judge by one file."""

import math

import pytest

from trainerspec.ir.spec import Objective
from trainerspec.revising.evidence import Evidence
from trainerspec.running.verdict import verdict


def fast(device: str | None) -> Objective:
    return Objective(
        text="latency.p95 <= 20 ms", sense="constrain", metric="latency.p95", op="<=", bound=0.02, device=device
    )


@pytest.mark.parametrize(
    ("wanted", "device", "value", "judged"),
    [
        ("cpu", "cpu", 0.01, "pass"),
        ("cpu", "cpu", 0.03, "fail"),
        ("cpu", "Tesla T4", 0.03, "pending"),
        ("nvidia-t4", "Tesla T4", 0.03, "fail"),
        ("gpu", "NVIDIA L4", 0.03, "fail"),
        (None, "NVIDIA L4", 0.03, "fail"),
        ("cpu", "cpu", math.nan, "fail"),
    ],
)
def test_the_gate_and_revise_agree(wanted: str | None, device: str, value: float, judged: str) -> None:
    measured = {"latency.p95": value}
    assert verdict(fast(wanted), measured, device) == judged
    seen = Evidence(measured=measured, quality=frozenset(), device=device, names={}, failure=None, verdict="")
    assert [one.objective.device for one in seen.missed([fast(wanted)])] == ([wanted] if judged == "fail" else [])


def test_on_a_crowded_machine_what_may_be_met_is_left_to_the_gate() -> None:
    crowded = {"latency.p95": 0.03, "latency.p95.wall": 0.05, "latency.p95.best": 0.01}
    assert verdict(fast("cpu"), crowded, "cpu") == "pending"
    assert verdict(fast("cpu"), {**crowded, "latency.p95.best": 0.025}, "cpu") == "fail"
