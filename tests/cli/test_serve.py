"""trainerspec serve: what it says before it serves, and that it serves."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.browser import free_port
from tests.serving.test_clients import body, post
from trainerspec.diagnostics.model import Stopped
from trainerspec.running.serve import Address, Interruption, Package, check_free, example, open_package, wait

COMMAND = [sys.executable, "-c", "from trainerspec.cli.main import main; main()", "serve"]


def test_without_a_package_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        open_package(tmp_path / "package")
    (problem,) = stopped.value.diagnostics
    assert problem.code == "TS860"
    assert problem.message == f"there is no package: {tmp_path / 'package'} does not exist"
    assert problem.hint == "first `trainerspec build`, then `trainerspec run`; or give the folder of a package"


def test_after_a_failed_gate_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text('{"verdict": "fail"}')
    with pytest.raises(Stopped, match="the gate failed"):
        open_package(tmp_path / "package")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        with pytest.raises(Stopped, match="TS865 cannot listen on"):
            check_free("127.0.0.1", sock.getsockname()[1])


def test_the_example_is_the_documents_with_this_address(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "API.md").write_text("```bash\ncurl http://localhost:8080/v2 \\\n  -d '{}'\n```\n")
    package = Package(folder=tmp_path, name="tiny", version="1", verdict="pass")
    address = Address(host="0.0.0.0", port=9000, token_env="TOKEN")
    wanted = "curl http://127.0.0.1:9000/v2 \\\n  -d '{}' \\\n  -H \"Authorization: Bearer $TOKEN\""
    assert example(package, address) == wanted
    assert example(Package(folder=tmp_path / "x", name="", version="", verdict=""), address) == ""


@pytest.mark.slow
def test_an_interruption_that_got_lost_in_a_finaliser_still_ends_the_wait() -> None:
    """Python prints, and drops, an exception of a signal handler that runs within `__del__` or a weak reference."""
    needs.packages("kserve")
    interruption = Interruption()
    with subprocess.Popen(["sleep", "60"]) as process:
        with pytest.raises(KeyboardInterrupt):
            interruption._ask()
        with pytest.raises(KeyboardInterrupt):
            interruption.follow(process)
        with pytest.raises(KeyboardInterrupt):
            wait(process, "http://127.0.0.1:9", interruption)
        process.kill()


def test_it_serves_until_sigterm(tmp_path: Path) -> None:
    package = tiny.package(tmp_path / "package")
    listing = json.loads((package / "package.json").read_text())
    (package / "package.json").write_text(json.dumps({**listing, "version": "0.1.0", "verdict": "pending"}))
    ports = [str(free_port()), str(free_port())]
    process = subprocess.Popen(
        [*COMMAND, "--package", str(package), "--port", ports[0], "--grpc-port", ports[1]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
    reader.start()
    try:
        end = time.monotonic() + 60
        while not any("stop with" in line for line in lines):
            assert process.poll() is None, lines
            assert time.monotonic() < end, lines
            time.sleep(0.1)
        assert "a candidate" in lines[0]
        assert re.search(rf"try it +http://127.0.0.1:{ports[0]}/", "".join(lines))
        assert post(f"127.0.0.1:{ports[0]}/v2/models/tiny/infer", body(["ab"]))[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", int(ports[0])), timeout=2)
    finally:
        process.kill()
        reader.join()
