"""Emulators of storage on this machine: a package for gs; for az Azurite from npm, in the user's cache."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import needs
from tests.serving.browser import free_port

SECONDS = 60
AZURITE = "azurite@3.35.0"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the account that every Azurite has."""


@contextmanager
def running(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until it answers anything over HTTP, and stop it at the end."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + SECONDS
        while True:
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < end, (folder / "log").read_text()[-2000:]
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
                break
            except urllib.error.HTTPError:
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def gs(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a bucket `pets`; yields the environment that leads there."""
    needs.packages("gcp_storage_emulator")
    port = free_port()
    words = ["start", "--host=127.0.0.1", f"--port={port}", "--in-memory", "--default-bucket=pets"]
    with running([str(Path(sys.executable).with_name("gcp-storage-emulator")), *words], port, folder):
        yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}"}


@contextmanager
def az(folder: Path) -> Iterator[dict[str, str]]:
    """Serve an account without containers; yields the environment that leads there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainerspec-tests" / "azurite"
    program = cache / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        npm = shutil.which("npm") or needs.missing("npm", "it comes with Node.js")
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(cache), AZURITE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            needs.missing("Azurite", done.stderr[-200:])
    port = free_port()
    words = ["--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", "."]
    endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
    account = f"AccountName=devstoreaccount1;AccountKey={KEY}"
    with running([str(program), *words], port, folder):
        yield {"AZURE_STORAGE_CONNECTION_STRING": f"DefaultEndpointsProtocol=http;{account};BlobEndpoint={endpoint};"}
