"""Which process of a training this is, as `torchrun` says; alone, it is the first of one."""

import os


def rank() -> int:
    """Return this process's number over all machines."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """Count the processes over all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local() -> int:
    """Count the processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def leads() -> bool:
    """Tell whether this is the process that writes files and speaks."""
    return rank() == 0


def share(indices: list[int]) -> list[int]:
    """Return this process's part of a batch; none is empty: a batch of fewer examples than processes is repeated."""
    count = world()
    whole = indices if len(indices) >= count else [indices[place % len(indices)] for place in range(count)]
    return whole[rank() :: count]
