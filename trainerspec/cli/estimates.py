"""What `plan` shows of a run and of serving, before anything is trained: each an estimate with its range."""

from collections.abc import Callable, Iterator, Sequence

from trainerspec.backends.estimate import SPREAD, Estimate, estimate
from trainerspec.backends.run_estimate import RunEstimate, estimate_run
from trainerspec.ir.decision import Pinned

SHOWN = 1e-4
"""Seconds of decoding below which it is not told apart."""


def estimates(pinned: Pinned) -> Iterator[str]:
    """Return the lines on a run and on serving; what the card does not tell is left out."""
    yield f"\nestimate of a run, one core (a measured run may take from 1/{SPREAD:g} to {SPREAD:g} times as much)"
    yield from columns(of_run(estimate_run(pinned)))
    found = estimate(pinned)
    if found is not None:
        yield f"\nestimate of serving, one core (from {found.because}; `benchmark` measures)"
        yield from columns(of_serving(found))


def of_run(found: RunEstimate) -> list[tuple[str, str]]:
    """Return the rows on training, memory, time and disk."""
    times = [("training", found.training), ("all stages", found.total)]
    told = [(name, ranged(seconds, duration)) for name, seconds in times if seconds]
    return [*told, ("memory", ranged(found.memory, size)), ("disk", ranged(found.disk, size))]


def of_serving(found: Estimate) -> list[tuple[str, str]]:
    """Return the rows on the graph, a process and batches."""
    told = [("operations", f"{written(found.operations)} an input")] if found.operations else []
    told += [("size", ranged(found.size, size))] if found.size else []
    told.append(("memory", ranged(found.memory, size)))
    told += (
        [("decoding", f"{milliseconds(found.decoding)} of each request: a picture file")]
        if found.decoding >= SHOWN
        else []
    )
    for one in found.batches:
        words = f"{ranged(one.latency, milliseconds)}, {one.throughput:.3g} inputs/s"
        told.append((f"batch of {one.size}", words))
    return told


def columns(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Return the pairs as lines below each other."""
    widest = max(len(name) for name, _ in pairs)
    yield from (f"  {name.ljust(widest)}  {words}" for name, words in pairs)


def ranged(value: float, write: Callable[[float], str]) -> str:
    """Write an estimate with its range.

    >>> ranged(0.02, milliseconds), ranged(90e6, size)
    ('20 ms (10 ms to 40 ms)', '90 MB (45 MB to 180 MB)')
    """
    return f"{write(value)} ({write(value / SPREAD)} to {write(value * SPREAD)})"


def milliseconds(seconds: float) -> str:
    """Write a short time.

    >>> milliseconds(0.000256), milliseconds(1.312)
    ('0.256 ms', '1.31 s')
    """
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def size(count: float) -> str:
    """Write bytes.

    >>> size(5.2e5), size(1.34e9)
    ('0.52 MB', '1.34 GB')
    """
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"


def duration(seconds: float) -> str:
    """Write a time of seconds, minutes or hours.

    >>> duration(9.34), duration(187.2), duration(9000)
    ('9.3 s', '3.1 min', '2.5 h')
    """
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def written(operations: float) -> str:
    """Write a number of operations.

    >>> written(2.87e9), written(31500.0)
    ('2.87 G', '0.0315 M')
    """
    return f"{operations / 1e9:.3g} G" if operations >= 1e9 else f"{operations / 1e6:.3g} M"
