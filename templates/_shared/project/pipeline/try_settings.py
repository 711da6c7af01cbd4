"""Train with one setting after the other: `python -m pipeline.try_settings`, a line of JSON each on standard input.

A line has `params` (the settings), `out` (where the model goes) and `folder` (whose build/data is read). The libraries
are loaded once; each training is a process of its own, forked from this one, so that none follows from another. A line
that begins with MARK tells its process when it begins, and its status when it ends. For searches; no stage runs it.
"""

import gc
import json
import os
import sys
from multiprocessing import get_context

import torch

from pipeline import train
from pipeline.base import imports, params
from pipeline.base.failure import run

MARK = "@trial "


def attempt(asked: dict[str, str]) -> None:
    """Train in this process."""
    told({"pid": os.getpid()})
    os.chdir(asked["folder"])
    os.environ[params.TRIAL] = asked["params"]
    sys.argv[1:] = ["--out", asked["out"]]
    run("", train.main)


def told(about: dict[str, int]) -> None:
    """Tell whoever asked."""
    print(MARK + json.dumps(about), flush=True)


def main() -> None:
    # what each training would load and read again
    torch.optim.SGD([torch.zeros(1)])
    imports.reached("pipeline/train.py")
    gc.freeze()  # a child that collects garbage would copy all of it
    for line in iter(sys.stdin.readline, ""):
        child = get_context("fork").Process(target=attempt, args=(json.loads(line),))
        child.start()
        child.join()
        told({"status": child.exitcode or 0})


if __name__ == "__main__":
    main()
