"""Python processes that begin as forks of one that has imported torch, Lightning, DVC and what else takes long.

`path()` is a folder with `python`, `dvc` and `trainerspec` for the front of PATH: `client.py` by these names. It asks
`server.py` for a fork with its arguments, environment, folder, input and output, passes signals on and ends as the
fork ends. What a fork cannot stand for (another PYTHONPATH, `python -c`, a process whose memory is measured) it runs
as a new process.

A fork differs from a new process in three ways: it shares the hash seed with other forks, so of two trainings that
are compared one is a new process; its command line is that of the server; and what a module forgets to import may be
there already, which tests/e2e/test_run.py would show: the stages that it runs without trainerspec are new processes.
"""

import atexit
import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests import needs
from trainerspec.running.forks.beside import client, command

NAMES = ("python", "dvc", "trainerspec")
LIBRARIES = (
    *("torch", "lightning.pytorch", "transformers.models.auto", "onnx", "onnxscript", "tokenizers"),
    *("sklearn.linear_model", "sklearn.feature_extraction.text", "sklearn.metrics", "lightgbm", "matplotlib.pyplot"),
    *("mlflow", "mlflow.store.tracking.sqlalchemy_store", "polars", "PIL.Image", "safetensors.torch", "torchmetrics"),
    *("dvc.cli", "dvc.commands.repro", "dvc.repo", "dvc.repo.reproduce", "dvc.stage.run", "dvc_data.index"),
    *("datasketch", "matplotlib.backends.backend_agg", "onnxruntime", "tabulate"),
    *("jsonschema", "lark", "ruamel.yaml", "rich.console", "rich.progress", "click", "cookiecutter.generate"),
    *("trainerspec.cli.build", "trainerspec.cli.run", "trainerspec.cli.main", "trainerspec.compiler"),
)
MEASURED = ("pipeline.benchmark", "pipeline.measuring.cold_start")
"""Modules whose process is measured: none is a fork."""
ROOT = Path(__file__).resolve().parents[2]


@cache
def path() -> Path:
    """Return the folder of the commands; the first of this run's workers that asks starts the server.

    Where one of the libraries is not installed, that is the folder of this Python: all are new processes.
    """
    if not needs.installed(*(name.partition(".")[0] for name in LIBRARIES)):
        return Path(sys.executable).parent
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:12]
    folder = Path(tempfile.gettempdir()) / f"trainerspec-forks-{run}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lease = _lease(folder) or _start(folder)
    atexit.register(lease.close)
    return folder


def _lease(folder: Path) -> socket.socket | None:
    """Connect: the server ends when the last of these connections is closed."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(folder / "socket"))
    except OSError:
        connection.close()
        return None
    return connection


def _start(folder: Path) -> socket.socket:
    for name in NAMES:
        client(folder, name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "XDG"))}
    python, safe, *server = command(folder, -1, {"": list(LIBRARIES), **dict.fromkeys(MEASURED)})
    process = subprocess.Popen(
        [python, safe, str(Path(__file__).with_name("start.py")), *server],
        cwd=ROOT, env=environment | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n", "the process that forks did not start"
    lease = _lease(folder)
    assert lease is not None
    return lease
