"""Write what was measured as flat JSON that `dvc metrics` reads, with the commit, the machine and the date."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
METRICS = ROOT / "metrics"
SOURCES = ("trainerspec", "templates", "sops", "grammar", "examples", "benchmarks", "constraints.txt")
"""What decides a measurement: changes elsewhere do not make a commit another one."""
Value = float | str


def write(path: Path, values: Mapping[str, Value]) -> None:
    """Write `values` and where they come from; numbers keep six significant digits.

    Raises CalledProcessError outside a git repository.
    """
    found = {key: significant(value) for key, value in values.items()} | circumstances()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {path}", flush=True)


def significant(value: Value) -> Value:
    """Round a number to six significant digits; whole numbers become integers.

    >>> significant(0.12345678), significant(1234567.0), significant(3), significant("fp32")
    (0.123457, 1234570, 3, 'fp32')
    """
    if isinstance(value, str | bool):
        return value
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() else rounded


def circumstances() -> dict[str, Value]:
    """Return commit, date (UTC), machine, Python and the load average of one minute.

    Raises CalledProcessError outside a git repository.
    """
    return {
        "measured.commit": commit(),
        "measured.date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "measured.machine": machine(),
        "measured.python": platform.python_version(),
        "measured.load": round(os.getloadavg()[0], 1),
    }


def commit() -> str:
    """Return the commit that is measured, with `+` behind it when its sources were changed since.

    Raises CalledProcessError outside a git repository.
    """
    head = git("rev-parse", "--short=10", "HEAD").strip()
    return head + ("+" if git("status", "--porcelain", "--", *SOURCES) else "")


def git(*words: str) -> str:
    """Return what a git command prints.

    Raises CalledProcessError when it fails.
    """
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def machine() -> str:
    """Describe this machine in a line: processor, cores, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def processor() -> str:
    """Return the processor's name, as far as the system says it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
