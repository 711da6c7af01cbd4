"""Train with one setting after the other: `python -m pipeline.try_settings`, a line of JSON each on standard input.

A line has `params` (the settings), `out` (where the model goes) and `folder` (whose build/data is read). The libraries
are loaded once; each training is a process of its own, forked from this one, so that none follows from another. A line
that begins with MARK tells its process when it begins, and its status when it ends. For searches; no stage runs it.
"""

import json
import os
import sys

import torch

import pipeline.train
from pipeline.base import imports, params
from pipeline.base.failure import run

MARK = "@trial "


def attempt(asked: dict[str, str]) -> None:
    """Train in this process, and end it."""
    os.chdir(asked["folder"])
    os.environ[params.TRIAL] = asked["params"]
    sys.argv[1:] = ["--out", asked["out"]]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    run("", pipeline.train.main)


def told(about: dict[str, int]) -> None:
    """Tell whoever asked."""
    print(MARK + json.dumps(about), flush=True)


def main() -> None:
    # what each training would load and read again
    torch.optim.SGD([torch.zeros(1)])
    imports.reached("pipeline/train.py")
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            told({"pid": os.getpid()})
            attempt(json.loads(line))
            sys.exit(0)
        told({"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})


if __name__ == "__main__":
    main()
