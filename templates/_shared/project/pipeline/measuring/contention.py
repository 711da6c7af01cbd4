"""Tell what other programs took of the processor during a measurement, and measure again while they take too much.

Linux tells it all: how long this process's threads were ready but had no core (/proc/self/task/*/schedstat), what all
processes used and the hypervisor stole (/proc/stat), how often some task waited (/proc/pressure/cpu), what a
container's limit cost (cpu.stat of its control group). Elsewhere processor time against the clock has to do.
"""

import os
import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

WAITED = 0.05
"""Share of a measurement for which threads may wait for a core, and of the time that may be stolen or withheld."""
OTHERS = 0.4
"""Share of the cores that other processes may use: beyond it they slow a neighbour through caches and shared cores."""
PAUSE = 3.0
"""Seconds between two tries."""
PATIENCE = "BENCHMARK_PATIENCE"
"""The environment's variable for how many seconds a benchmark waits for a quiet machine."""
DEFAULT_PATIENCE = 60.0
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Contention:
    """What went on beside a measurement; None where the system does not tell."""

    seconds: float
    processor: float
    """Seconds of processor time that this process used, and children that ended meanwhile."""
    cores: int
    waited: float | None
    """Share of the time for which a thread of this process was ready but had no core."""
    others: float | None
    """Cores that other processes used, on average."""
    pressure: float | None
    """Share of the time for which some task of the machine waited for a core."""
    stolen: float | None
    """Share of the cores' time that the hypervisor gave to other machines."""
    withheld: float | None
    """Share of the time for which the limit of this container held it back."""
    average: float
    """Load average of the last minute."""

    @property
    def crowded(self) -> bool:
        """Whether the clock tells more of other programs than of what was measured."""
        told = (self.waited, self.stolen, self.withheld)
        busy = self.others is not None and self.others > OTHERS * self.cores
        return busy or any(share is not None and share > WAITED for share in told)

    def numbers(self) -> dict[str, float]:
        """Return what is known, by the names that benchmark.json has."""
        names = ("waited", "others", "pressure", "stolen", "withheld", "average")
        known = {name: getattr(self, name) for name in names}
        told = {f"contention.{name}": float(value) for name, value in known.items() if value is not None}
        return told | {"contention.cores": float(self.cores), "contention.crowded": float(self.crowded)}

    def told(self) -> str:
        """Say it in words.

        >>> about = dict(seconds=2.0, processor=1.0, cores=2, pressure=None, stolen=0.0, withheld=None, average=5.0)
        >>> Contention(waited=0.5, others=1.2, **about).told()
        'other programs used 1.2 of 2 cores, and it waited for one 50% of the time'
        """
        parts = [] if self.others is None else [f"other programs used {self.others:.1f} of {self.cores} cores"]
        parts += [] if self.waited is None else [f"it waited for one {self.waited:.0%} of the time"]
        parts += [f"the hypervisor took {self.stolen:.0%}"] if self.stolen and self.stolen > WAITED else []
        parts += [f"its limit held it {self.withheld:.0%}"] if self.withheld and self.withheld > WAITED else []
        return ", and ".join(parts) or f"the load average was {self.average:.1f}"


@dataclass(frozen=True, kw_only=True)
class Counters:
    """What the system has counted so far, in seconds; None where it does not."""

    clock: float
    processor: float
    waited: float | None
    busy: float | None
    stolen: float | None
    pressure: float | None
    withheld: float | None

    @classmethod
    def now(cls) -> "Counters":
        busy, stolen = machine()
        return cls(
            clock=time.perf_counter(),
            processor=used(resource.RUSAGE_SELF) + used(resource.RUSAGE_CHILDREN),
            waited=waiting(),
            busy=busy,
            stolen=stolen,
            pressure=pressed(),
            withheld=throttled(),
        )


def watch() -> Callable[[], Contention]:
    """Begin to watch; the function that comes back ends it."""
    before, cores = Counters.now(), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    def end() -> Contention:
        after = Counters.now()
        seconds = max(1e-9, after.clock - before.clock)
        own = after.processor - before.processor
        busy = gone(before.busy, after.busy)
        return Contention(
            seconds=seconds,
            processor=own,
            cores=cores or 1,
            waited=share(gone(before.waited, after.waited), seconds),
            others=None if busy is None else max(0.0, busy - own) / seconds,
            pressure=share(gone(before.pressure, after.pressure), seconds),
            stolen=share(gone(before.stolen, after.stolen), seconds * (os.cpu_count() or 1)),
            withheld=share(gone(before.withheld, after.withheld), seconds),
            average=os.getloadavg()[0],
        )

    return end


def used(whose: int) -> float:
    """Return the seconds of processor time of this process, or of its children that ended."""
    found = resource.getrusage(whose)
    return found.ru_utime + found.ru_stime


def gone(before: float | None, after: float | None) -> float | None:
    """Return by how much a counter grew; one may shrink, when a thread ends that it had counted."""
    return None if before is None or after is None else max(0.0, after - before)


def share(part: float | None, whole: float) -> float | None:
    """Return a part of a whole, at most 1."""
    return None if part is None else min(1.0, part / whole)


def read(path: str) -> str:
    """Return the text of a file of the kernel's, or nothing where it is not there or not for us."""
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def waiting() -> float | None:
    """Return the seconds for which the threads of this process were ready but had no core."""
    tasks = Path("/proc/self/task")
    lines = [read(f"{task}/schedstat").split() for task in tasks.iterdir()] if tasks.is_dir() else []
    waits = [int(line[1]) for line in lines if len(line) == 3]
    return sum(waits) / 1e9 if waits else None


def machine() -> tuple[float | None, float | None]:
    """Return the seconds that all cores worked, and those that were stolen."""
    found = re.match(r"cpu +((?:\d+ ?)+)", read("/proc/stat"))
    if found is None:
        return None, None
    user, nice, system, _, _, irq, softirq, steal, *_ = (int(one) for one in found[1].split())
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


def pressed() -> float | None:
    """Return the seconds for which some task of the machine waited for a core."""
    found = re.search(r"some .*total=(\d+)", read("/proc/pressure/cpu"))
    return int(found[1]) / 1e6 if found else None


def throttled() -> float | None:
    """Return the seconds for which the limit of this process's control group held it back."""
    group = re.search(r"^0::(\S+)$", read("/proc/self/cgroup"), re.MULTILINE)
    places = [f"/sys/fs/cgroup{group[1]}/cpu.stat"] if group else []
    found = [re.search(r"throttled_usec (\d+)", read(place)) for place in (*places, "/sys/fs/cgroup/cpu.stat")]
    return next((int(one[1]) / 1e6 for one in found if one), None)


@dataclass(frozen=True, kw_only=True)
class Measured(Generic[Result]):
    """A measurement with what went on beside it."""

    result: Result
    beside: Contention
    tries: int


class Patience:
    """Seconds that are left for waiting, over all measurements of a stage."""

    def __init__(self, seconds: float | None = None) -> None:
        self.left = float(os.environ.get(PATIENCE, DEFAULT_PATIENCE)) if seconds is None else seconds

    def calm(
        self, measure: Callable[[], Result], say: Callable[[str], None], decided: Callable[[Result], bool] | None = None
    ) -> Measured[Result]:
        """Measure, and while the machine is crowded pause and measure again; return the try that waited least.

        What is `decided` by a result, however crowded the machine was, is not measured again. A try that would take
        longer than the patience that is left, as long as the last one, is not begun.
        """
        best: Measured[Result] | None = None
        tries = 0
        while True:
            end = watch()
            result = measure()
            beside, tries = end(), tries + 1
            if best is None or rank(beside) < rank(best.beside):
                best = Measured(result=result, beside=beside, tries=tries)
            if decided is not None and decided(result):
                return Measured(result=result, beside=beside, tries=tries)
            if not beside.crowded or self.left <= 0 or self.left < beside.seconds:
                return Measured(result=best.result, beside=best.beside, tries=tries)
            say(f"{beside.told()}; it measures again, for up to {self.left:.0f} s more")
            time.sleep(min(PAUSE, self.left))
            self.left -= min(PAUSE, self.left) + beside.seconds


def rank(beside: Contention) -> tuple[bool, float]:
    """Return how much a try is worth: the smaller, the quieter."""
    return beside.crowded, (beside.waited or 0.0) + (beside.others or 0.0) / beside.cores
