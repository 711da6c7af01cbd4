"""A real MariaDB server, from Debian's packages, which are unpacked into the user's cache."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import needs
from tests.serving.browser import free_port

PACKAGES = ("mariadb-server-core", "libaio1", "liburing2", "libnuma1", "libpmem1", "libsnappy1v5")
SECONDS = 60


def server() -> Path:
    """Return the folder with the unpacked packages."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainerspec-tests" / "mariadb"
    if (cache / "usr" / "sbin" / "mariadbd").exists():
        return cache
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        needs.missing("MariaDB", "it comes from Debian's packages")
    debs = cache.with_name("debs")
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "download", "-q", *PACKAGES], cwd=debs, capture_output=True, text=True, check=False
    )
    if done.returncode:
        needs.missing("MariaDB", f"apt-get download: {done.stderr.strip()[-200:]}")
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(deb), str(cache)], check=True)
    return cache


@contextmanager
def serving(folder: Path, statements: str) -> Iterator[str]:
    """Serve a new database `crm` on a free port, filled by statements; yields its address."""
    root, port = server(), free_port()
    (folder / "init.sql").write_text(f"create database crm; use crm; {statements}".replace("; ", ";\n"))
    (folder / "data").mkdir()
    command = [
        str(root / "usr" / "sbin" / "mariadbd"), "--no-defaults", "--user=root",
        "--skip-grant-tables", "--skip-log-bin",
        f"--datadir={folder / 'data'}", f"--lc-messages-dir={root / 'usr' / 'share' / 'mysql'}",
        f"--plugin-dir={folder}", "--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder / 's'}",
        f"--pid-file={folder / 'pid'}", f"--init-file={folder / 'init.sql'}",
    ]  # fmt: skip
    libraries = os.pathsep.join(str(root / place / "x86_64-linux-gnu") for place in ("usr/lib", "lib"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "LD_LIBRARY_PATH": libraries})
    try:
        end = time.monotonic() + SECONDS
        while True:
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < end, (folder / "log").read_text()[-2000:]
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"mysql://root:none@127.0.0.1:{port}/crm"
    finally:
        process.kill()
        process.wait()
