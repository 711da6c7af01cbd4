"""Say how far a stage is: a line for people, and a JSON line in work/progress.jsonl for `trainerspec run`."""

import json
import time
from pathlib import Path

from pipeline.base import distributed

FILE = Path("work/progress.jsonl")
PERIOD = 1.0
"""Seconds between two lines of the same unit."""


class Progress:
    """Reports of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.last = 0.0

    def __call__(self, step: float, total: float, unit: str, message: str = "") -> None:
        """Report `step` of `total`; reports that follow too fast are dropped, the last one never is."""
        if not distributed.leads():
            return
        now = time.time()
        if now - self.last < PERIOD and step < total and not message:
            return
        self.last = now
        FILE.parent.mkdir(exist_ok=True)
        line = {"stage": self.stage, "step": step, "total": total, "unit": unit, "message": message, "t": round(now, 3)}
        with FILE.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if message:
            print(f"{self.stage}: {message}", flush=True)

    def say(self, message: str) -> None:
        """Report a message alone."""
        self(0, 0, "", message)
