"""A served package, in a process of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.serving.browser import free_port


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running server."""

    http: str
    """`127.0.0.1:8080`."""
    grpc: str
    process: subprocess.Popen[bytes]
    log: Path
    folder: Path


@contextmanager
def serving(package: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Serve a package from inside its folder, and stop with SIGTERM."""
    ports = [free_port(), free_port()]
    log = package / f"server-{ports[0]}.log"
    command = [sys.executable, "-m", "pipeline.serve", "--package", ".", "--port", str(ports[0])]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--grpc-port", str(ports[1]), *options],
            cwd=package,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    http, grpc = (f"127.0.0.1:{port}" for port in ports)
    try:
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"http://{http}/v2/health/ready", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield Served(http=http, grpc=grpc, process=process, log=log, folder=package)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
