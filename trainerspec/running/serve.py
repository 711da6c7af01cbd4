"""Serve a package with the package's own server, in a process of its own."""

import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from trainerspec.diagnostics.model import Diagnostic, Stopped
from trainerspec.running.repository import environment
from trainerspec.workspace.inside import own, whole

PATIENCE = 120.0
"""Seconds that a server may take to get ready."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to serve, and whom."""

    host: str = "127.0.0.1"
    port: int = 8080
    grpc_port: int = 8081
    token_env: str = ""
    log: bool = False

    @property
    def url(self) -> str:
        """Return the URL for this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Package:
    """What package.json tells."""

    folder: Path
    name: str
    version: str
    verdict: str


def open_package(folder: Path) -> Package:
    """Read package.json.

    Raises Stopped with TS860 when there is no package, telling why where gate.json does, and TS709 where it is a link.
    """
    listing = own(folder, "package.json")
    try:
        about = json.loads(whole(listing))
        return Package(
            folder=folder, name=str(about["name"]), version=str(about["version"]), verdict=str(about["verdict"])
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        project = folder.parent
        where = f" in {folder}" if folder.exists() else f": {folder} does not exist"
        message = f"there is no package{where}"
        hint = "`trainerspec run` makes it; or give the folder of a package"
        if _verdict(project) == "fail":
            message = f"{message}: the gate failed"
            hint = "`trainerspec revise` proposes a change; `--unreleased` serves the model anyway"
        elif not (project / "dvc.yaml").exists():
            hint = "first `trainerspec build`, then `trainerspec run`; or give the folder of a package"
        raise Stopped((Diagnostic(code="TS860", message=message, hint=hint, file=str(folder)),)) from error


def _verdict(project: Path) -> str:
    try:
        return str(json.loads(whole(project / "gate.json"))["verdict"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""


def example(package: Package, address: Address) -> str:
    """Return the curl call of the package's API.md for this address; empty when it has none."""
    try:
        text = whole(package.folder / "docs" / "API.md").decode()
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(r"```bash\n(curl .*?)```", text, re.DOTALL)
    call = found[1].strip().replace("http://localhost:8080", address.url) if found else ""
    header = f' \\\n  -H "Authorization: Bearer ${address.token_env}"'
    return call + header if call and address.token_env else call


class Interruption:
    """Ctrl-C, SIGTERM and a closed terminal: KeyboardInterrupt, and known even where that gets lost in a finaliser."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def watch(self) -> None:
        """Take the signals; SIGINT and SIGHUP stay ignored where they are."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked.set()
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt when there was a signal."""
        if self.asked.is_set():
            raise KeyboardInterrupt

    def follow(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the process and give its status; raises KeyboardInterrupt on a signal."""
        while True:
            self.check()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(1)


@contextmanager
def served(package: Package, address: Address, interruption: Interruption) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server and give its process once it is ready; ask it to drain at the end.

    Raises Stopped: TS865 a port is taken, TS866 the server did not come up, TS867 there is no Python to run it.
    """
    for port in (address.port, address.grpc_port):
        check_free(address.host, port)
    variables = environment(1)
    python = shutil.which("python", path=variables["PATH"])
    if python is None:
        hint = "install `trainerspec[run]`, or put the project's Python on PATH"
        raise Stopped((Diagnostic(code="TS867", message="there is no `python` to serve with", hint=hint),))
    command = [python, "-m", "pipeline.serve", "--package", ".", "--host", address.host]
    command += [] if address.log else ["--quiet"]
    command += ["--port", str(address.port), "--grpc-port", str(address.grpc_port)]
    command += ["--token-env", address.token_env] if address.token_env else []
    variables["PYTHONDONTWRITEBYTECODE"] = "1"
    process = subprocess.Popen(command, cwd=package.folder, env=variables, process_group=0)
    try:
        wait(process, address.url, interruption)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def check_free(host: str, port: int) -> None:
    """Raise Stopped with TS865 when something listens on the port already."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it cannot be bound"
            message = f"cannot listen on {host}:{port}: {reason.lower()}"
            hint = "choose others with `--port` and `--grpc-port`"
            raise Stopped((Diagnostic(code="TS865", message=message, hint=hint),)) from error


def wait(process: subprocess.Popen[bytes], url: str, interruption: Interruption) -> None:
    """Wait until the server is ready. Raises Stopped with TS866 when it ends or takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        interruption.check()
        if process.poll() is not None:
            message = f"the server ended with status {process.returncode}"
            raise Stopped((Diagnostic(code="TS866", message=message, hint="its message is above"),))
        try:
            with urllib.request.urlopen(f"{url}/v2/health/ready", timeout=5):
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    message = f"the server was not ready after {PATIENCE:g} seconds"
    raise Stopped((Diagnostic(code="TS866", message=message, hint="its message is above"),))
