"""Describe this machine: `python -m pipeline.machine`. Runs each time; on another machine the benchmark runs again.

Writes build/machine.json: what latency depends on, and nothing that changes by the hour.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from pipeline.base.failure import run
from pipeline.base.files import write_json


def main() -> None:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    about = {
        "processor": processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory": round(memory / 2**30) * 2**30,
        "gpus": gpus(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    write_json(Path("build/machine.json"), about)


def processor() -> str:
    """Name the processor."""
    lines = Path("/proc/cpuinfo")
    if lines.exists():
        for line in lines.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def gpus() -> list[str]:
    """Name the NVIDIA GPUs."""
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


if __name__ == "__main__":
    run("machine", main)
