"""Run `python -m MODULE`: a new process, or a fork of one that has imported torch and Lightning.

In tests these imports take longer than the training. A fork differs from a new process in two ways: it shares the hash
seed and the state of random generators with other forks, so of two trainings that are compared one is a new process;
and what a module forgets to import may be there already, which the projects of tests/e2e would show.
"""

import atexit
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path

LIBRARIES = ("torch", "lightning.pytorch")
MODULES = ("pipeline.train", "pipeline.export")
"""Those that import the libraries anyway."""
LIMIT = 600
"""Seconds that a run may take."""
FIXED = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
OF_PYTEST = ("PYTEST_CURRENT_TEST", "XDG_STATE_HOME")


def variables() -> dict[str, str]:
    """Return the environment that a run has now."""
    return {**{name: value for name, value in os.environ.items() if name not in OF_PYTEST}, **FIXED}


START = variables()


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` in a folder with one thread."""
    if words[0] in MODULES and "--out" not in words and variables() == START:
        return fork(folder, *words)
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **FIXED}, timeout=LIMIT,
    )  # fmt: skip


def fork(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Let the server run a module."""
    with tempfile.TemporaryDirectory() as place:
        outputs = [Path(place) / "stdout", Path(place) / "stderr"]
        process = server()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(folder), *map(str, outputs), *words]) + "\n")
        process.stdin.flush()
        status = process.stdout.readline()
        assert status, "the process that forks has ended"
        said = [path.read_text(encoding="utf-8") for path in outputs]
    return subprocess.CompletedProcess(["python", "-m", *words], int(status), *said)


@cache
def server() -> subprocess.Popen[str]:
    """Start the process that forks; it ends with this one."""
    root, pipe = Path(__file__).resolve().parents[2], subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], cwd=root, env=START, stdin=pipe, stdout=pipe, text=True
    )
    atexit.register(process.communicate)
    return process


def main() -> None:
    """Fork for each line on standard input; a fork leaves the loop, and ends as any interpreter does."""
    for name in LIBRARIES:
        import_module(name)
    for line in sys.stdin:
        folder, out, err, *words = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(folder, out, err, words)
            return
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def become(folder: str, out: str, err: str, words: list[str]) -> None:
    """Run a module as the main one, in a folder, with files as standard output and error."""
    signal.alarm(LIMIT)
    for number, path in enumerate((os.devnull, out, err)):
        file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    sys.path[0] = folder
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
