"""The machine is told by what it says of itself, and nothing more."""

from pathlib import Path

import pytest

from trainerspec.workspace.machine import facts


@pytest.mark.parametrize(
    ("text", "bf16"),
    [("flags : fpu avx512_bf16 sse", True), ("flags : fpu amx_bf16", True), ("flags : fpu avx2", False), ("", False)],
)
def test_bf16(text: str, bf16: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{text}\n")
    assert dict(facts(tmp_path / "cpuinfo"))["machine.bf16"].value is bf16


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    assert dict(facts(tmp_path / "nothing"))["machine.bf16"].value is False
