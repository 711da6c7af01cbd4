"""A new package is put in place without a restart, a broken one is not, and SIGTERM loses no request."""

import http.client
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.serving import tiny
from tests.serving.served import Served, serving
from tests.serving.test_clients import body, post
from tests.serving.test_server import get

SLOW = '        __import__("time").sleep(1.5 if raw["text"] == ["slow"] else 0)\n        return {"counts"'
TORN = "torn graph"
BROKEN = {
    "another answer": ("pipeline/task/processing.py", 'LABELS = ["even"', 'LABELS = ["pair"', "TS862"),
    "half copied": ("pipeline/task/processing.py", '"""Counts', '"""Count', "TS861"),
    "no Python": ("pipeline/task/processing.py", "class Processor:", "class Processor", "TS861"),
    "a mistake in load": ("pipeline/task/processing.py", "return Processor()", "return Processor().nothing", "TS861"),
    "another contract": ("params.yaml", "name: counts", "name: count", "TS861"),
}


def label(server: Served, text: str = "ab") -> object:
    """Ask and give the label."""
    answer = post(f"{server.http}/v2/models/tiny/infer", body([text]))[1]
    return answer["outputs"][0]["data"][0]  # type: ignore[index]


def events(server: Served, kind: str) -> list[dict[str, object]]:
    """Return the log's lines of one kind."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    return [line for line in lines if line.get("event") == kind]


def reload(server: Served) -> tuple[int, dict[str, object]]:
    """Ask for the package to be opened again."""
    status, answer, _ = post(f"{server.http}/v2/repository/models/tiny/load", b"")
    return status, answer


def wait(done: Callable[[], bool]) -> None:
    """Wait for something that takes a moment."""
    for _ in range(100):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 5 seconds")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Served]:
    """Serve a package whose folder the tests change."""
    folder = Path(shutil.copytree(package, tmp_path_factory.mktemp("lasting") / "package"))
    with serving(folder) as server:
        yield server


@pytest.mark.parametrize("how", [*BROKEN, TORN])
def test_a_broken_new_package_is_refused_and_the_old_one_stays(lasting: Served, package: Path, how: str) -> None:
    shutil.copytree(package, lasting.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log"))
    if how == TORN:
        path = lasting.folder / "model_repository" / "tiny" / "1" / "model.onnx"
        path.write_bytes(path.read_bytes()[:99])
        tiny.seal(lasting.folder, "tiny")
        code = "TS861"
    else:
        name, old, new, code = BROKEN[how]
        listing = (lasting.folder / "package.json").read_bytes()
        tiny.change(lasting.folder, name, old, new)
        if how == "half copied":
            (lasting.folder / "package.json").write_bytes(listing)
    status, answer = reload(lasting)
    assert (status, str(answer["error"])[:5]) == (400, code)
    assert label(lasting) == "even"
    assert events(lasting, "refused")[-1]["code"] == code
    assert get(f"{lasting.http}/v2/health/ready")[0] == 200


def test_no_package_at_all_is_refused_by_a_signal_too(lasting: Served) -> None:
    seen = len(events(lasting, "refused"))
    (lasting.folder / "package.json").unlink()
    lasting.process.send_signal(signal.SIGHUP)
    wait(lambda: len(events(lasting, "refused")) > seen)
    assert events(lasting, "refused")[-1]["code"] == "TS860"
    assert label(lasting) == "even"


def slowly(server: Served) -> tuple[threading.Thread, list[object]]:
    """Ask for what takes 1.5 s, in a thread of its own."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(label(server, "slow")))
    thread.start()
    time.sleep(0.4)
    return thread, answers


def test_a_new_package_is_loaded_while_requests_finish_on_the_old_one(tmp_path: Path) -> None:
    folder = tiny.package(tmp_path / "package")
    tiny.change(folder, "pipeline/task/processing.py", '        return {"counts"', SLOW)
    with serving(folder) as server:
        label(server, "slow")  # the server learns that this model is not quick, and gives it a thread
        for number, (old, new) in enumerate([("even", "pair"), ("pair", "evenly")]):
            thread, answers = slowly(server)
            tiny.change(folder, "pipeline/task/processing.py", f'LABELS = ["{old}"', f'LABELS = ["{new}"')
            tiny.change(folder, "golden.jsonl", f'"label": "{old}"', f'"label": "{new}"')
            if number == 0:
                assert reload(server) == (200, {"name": "tiny", "load": True})
                label(server, "slow")
            else:
                server.process.send_signal(signal.SIGHUP)
                wait(lambda: len(events(server, "loaded")) == 2)
                assert answers == [], "the slow request is still on its way"
            thread.join()
            assert answers == [old]
            assert label(server) == new
        assert 'serve_packages_opened_total{outcome="loaded"} 3.0' in get(f"{server.http}/metrics")[1].decode()
        assert post(f"{server.http}/v2/repository/models/tiny/unload", b"")[0] == 400


def test_sigterm_loses_no_request(tmp_path: Path) -> None:
    """What is on its way is finished; a connection that is open is asked to close before it is."""
    folder = tiny.package(tmp_path / "package")
    tiny.change(folder, "pipeline/task/processing.py", '        return {"counts"', SLOW)
    with serving(folder) as server:
        label(server, "slow")
        thread, answers = slowly(server)
        began = time.perf_counter()
        assert get(f"{server.http}/v2/health/live")[0] == 200
        assert time.perf_counter() - began < 0.5, "the graph does not block the health checks"
        host, port = server.http.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        seen = []
        for number in range(2):
            connection.request("GET", "/v2/models/tiny")
            response = connection.getresponse()
            response.read()
            seen.append((response.status, response.headers.get("connection")))
            if number == 0:
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
        assert seen == [(200, None), (200, "close")]
        thread.join()
        assert answers == ["even"]
        assert server.process.wait(15) == 0
        assert events(server, "draining")
        assert events(server, "stopped")
