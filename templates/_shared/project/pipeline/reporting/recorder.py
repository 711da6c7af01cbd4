"""Record in MLflow from a process of its own: a stage waits neither for MLflow's start nor for its server.

`Recorder` starts `python -m pipeline.reporting.recorder`, which reads one JSON line a call. The stage goes on meanwhile
and waits at its end until everything is recorded. What MLflow refuses is a warning, not a failure of the stage.
"""

import atexit
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.base import params


class Recorder:
    """The run of one training, named by the training's key."""

    def __init__(self, key: str) -> None:
        """Start the process; it ends with the stage."""
        self.key = key
        command = [sys.executable, "-m", "pipeline.reporting.recorder"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        atexit.register(self.close)

    def start(self) -> None:
        """Open a run for a training and record its parameters; a training that goes on keeps its run."""
        self.send({"call": "start"})

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Record metrics of one step."""
        self.send({"call": "log", "values": dict(values), "step": step})

    def trained(self) -> None:
        """Tell that the training came to its end; without that its run is FAILED when this process ends."""
        self.send({"call": "trained"})

    def finish(self, values: Mapping[str, float], artifacts: Sequence[Path], verdict: str) -> None:
        """Record the final metrics, files, folders and verdict, and close the run."""
        paths = [str(path) for path in artifacts]
        self.send({"call": "finish", "values": dict(values), "artifacts": paths, "verdict": verdict})

    def register(self, folder: Path, alias: str) -> None:
        """Register a packaged folder as a version of the model, and point the alias at it."""
        self.send({"call": "register", "folder": str(folder), "alias": alias})

    def send(self, message: Mapping[str, object]) -> None:
        """Hand a call over; one that comes after the process died is lost, as its own last words on stderr say."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"key": self.key, **message}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            print("warning: MLflow did not record this: its process ended", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Wait until all is recorded."""
        atexit.unregister(self.close)
        try:
            self.process.communicate()
        except BrokenPipeError:
            self.process.wait()


def main() -> None:
    """Record what comes on standard input. Ctrl-C is for the stage: what it has handed over is still recorded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from pipeline.reporting import tracking  # imports MLflow, which only this process needs

    settings, running = params.load(), ""
    for line in sys.stdin:
        said = json.loads(line)
        key = str(said["key"])
        match said["call"]:
            case "start":
                tracking.start(settings, key)
                running = key
            case "log":
                tracking.log(settings, key, said["values"], int(said["step"]))
            case "trained":
                tracking.trained(key)
                running = ""
            case "finish":
                artifacts = [Path(path) for path in said["artifacts"]]
                tracking.finish(settings, key, said["values"], artifacts, said["verdict"])
            case "register":
                tracking.register(settings, key, Path(said["folder"]), said["alias"])
    if running:  # the stage is gone, however that happened, and its training is not done
        tracking.end_if_running(running)


if __name__ == "__main__":
    main()
