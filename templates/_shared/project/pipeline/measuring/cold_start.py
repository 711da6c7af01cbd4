"""A fresh process that loads the served graph, answers growing batches, and tells what that took."""

import json
import pickle
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.graph import inference
from pipeline.graph.inference import Raw
from pipeline.task import processing


@dataclass(frozen=True, kw_only=True)
class Started:
    """What one process took."""

    seconds: float
    """From its start to its first answer."""
    processor: float
    """Of processor time, up to its first answer."""
    memory: tuple[int, ...]
    """Peak bytes after each of the batches."""


def start(artifact: Path, threads: int, batches: Sequence[Raw]) -> Started:
    """Start a process that answers these batches in turn. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "pipeline.measuring.cold_start", str(artifact), str(threads)]
    work = pickle.dumps(list(batches))
    begun = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(work)
        process.stdin.close()
        first = process.stdout.readline()
        seconds = time.perf_counter() - begun
        lines = [first, *process.stdout]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    told = [json.loads(line) for line in lines]
    return Started(seconds=seconds, processor=told[0]["processor"], memory=tuple(one["memory"] for one in told))


def main() -> None:
    artifact, threads = Path(sys.argv[1]), int(sys.argv[2])
    work: list[Raw] = pickle.load(sys.stdin.buffer)  # written by the process that started this one
    processor, session = processing.load(artifact), inference.session(artifact, threads)
    for raw in work:
        processor.decode(inference.outputs(session, processor.encode(raw)), raw)
        print(json.dumps({"memory": peak(), "processor": time.process_time()}), flush=True)


def peak() -> int:
    """Return the most bytes of memory that this process had.

    Linux keeps them under VmHWM; its ru_maxrss is that of the process that started this one, where that had more.
    """
    status = Path("/proc/self/status")
    own = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE) if status.exists() else None
    if own:
        return int(own[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
