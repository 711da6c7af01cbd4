"""`trainerspec serve`: what it prints, its log, and that the server goes with it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.serving.browser import free_port
from tests.serving.test_clients import body, post
from tests.serving.test_server import get


def test_the_log_is_shown_and_the_server_goes_with_the_terminal(package: Path, tmp_path: Path) -> None:
    port, folder = free_port(), Path(shutil.copytree(package, tmp_path / "package"))
    command = [sys.executable, "-m", "trainerspec", "serve", "--package", str(folder), "--log"]
    listing = json.loads((folder / "package.json").read_text())
    (folder / "package.json").write_text(json.dumps({**listing, "version": "0.1.0", "verdict": "pass"}))
    said = tmp_path / "said"
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it is ignored, and `serve` leaves it so
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--grpc-port", str(free_port())],
            stdout=output,
            stderr=output,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        )
    signal.signal(signal.SIGHUP, before)
    try:
        for _ in range(600):
            assert process.poll() is None, said.read_text()
            if "stop with Ctrl-C" in said.read_text():
                break
            time.sleep(0.1)
        assert f"reload   curl -X POST http://127.0.0.1:{port}/v2/repository/models/tiny/load" in said.read_text()
        assert post(f"127.0.0.1:{port}/v2/models/tiny/infer", body(["ab"]), {"X-Request-Id": "find-me"})[0] == 200
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0
    finally:
        process.kill()
    lines = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    assert [line["status"] for line in lines if line.get("id") == "find-me"] == [200]
    assert gone(f"127.0.0.1:{port}/v2/health/live")


def gone(url: str) -> bool:
    """Tell whether nobody answers any more."""
    try:
        get(url)
    except OSError:
        return True
    return False
