"""Look at the machine: only what decisions read."""

from collections.abc import Iterator
from pathlib import Path

from trainerspec.ir.facts import Fact

CPU = Path("/proc/cpuinfo")
BF16 = frozenset({"amx_bf16", "avx512_bf16"})
"""Instructions with which PyTorch's bf16 autocast is faster than fp32."""


def facts(cpu: Path = CPU) -> Iterator[tuple[str, Fact]]:
    """Return `machine.bf16`; false where the system does not tell."""
    try:
        lines = cpu.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    yield "machine.bf16", Fact(value=bool(flags & BF16), n=1, exact=True)
