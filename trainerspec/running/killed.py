"""Tell a stage that was killed, or ran out of memory, from one that failed."""

import re
import signal
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic

EVENTS = Path("/sys/fs/cgroup/memory.events")
_ENDED = re.compile(r"exited with (-?\d+)")
_MEMORY = re.compile(
    r"memory allocation of \d+ bytes failed|bad_alloc|Cannot allocate memory|can't allocate memory"
    r"|MemoryError|CUDA out of memory|exceeds the memory limit"
)
MORE = (
    "lower `model.train.batch_size` or the size of the input, close other programs, or give the machine or container "
    "more memory; `trainerspec run` goes on from here"
)
DISK = ("No space left on device", "Disk quota exceeded", "Read-only file system", "File too large")
"""What the system says of a disk that takes nothing more."""


def refused(stage: str, printed: str) -> Diagnostic | None:
    """Say that the disk refused what a stage, or DVC after it, wrote; None where nothing that was printed says so.

    >>> refused("gate", "ERROR: failed to transfer 'a' - [Errno 28] No space left on device: 'a' -> 'b'").message
    'stage `gate`: the disk refused: no space left on device'
    """
    for words in DISK:
        if words in printed:
            message = f"stage `{stage}`: the disk refused: {words[0].lower()}{words[1:]}"
            hint = "make room on the disk, then run again; all that it printed is in work/run.log"
            return Diagnostic(code="TS711", message=message, hint=hint)
    return None


def out_of_memory_kills(events: Path = EVENTS) -> int:
    """Return how often the kernel killed for memory in this container or session; 0 where it does not tell."""
    try:
        found = re.search(r"^oom_kill (\d+)$", events.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def killed(stage: str, printed: str, kills: int) -> Diagnostic | None:
    """Say that a stage was killed, by which signal, and whether for memory; None when it ended by itself.

    `printed` is what the run printed last; `kills` how often the kernel killed for memory since the run began.

    >>> killed("train", "ERROR: failed to reproduce 'train': failed to run: python x, exited with 137", 0).message
    'stage `train` was killed (SIGKILL), as the kernel does when memory runs out'
    >>> killed("train", "exited with 1", 0) is None
    True
    """
    ended = _ENDED.findall(printed)
    status = int(ended[-1]) if ended else 0
    number = -status if status < 0 else status - 128 if 128 < status < 160 else 0
    starved = bool(_MEMORY.search(printed)) or (number == signal.SIGKILL and kills > 0)
    if starved and status:
        return Diagnostic(code="TS812", message=f"stage `{stage}` ran out of memory", hint=MORE)
    if not number:
        return None
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    why = ", as the kernel does when memory runs out" if number == signal.SIGKILL else ""
    hint = f"if it was memory: {MORE}" if number == signal.SIGKILL else "all that it printed is in work/run.log"
    return Diagnostic(code="TS812", message=f"stage `{stage}` was killed ({name}){why}", hint=hint)
