"""What `monitor` reads: hostile metrics, addresses and logs are told in bounded time and memory."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

pytestmark = pytest.mark.usefixtures("pipeline")
LINE = 'serve_watched_rows_total{bin="%s",model="tiny",signal="s"} %s'


def refused(place: object, bins: int = 2) -> str:
    """Return why a scrape is refused."""
    failure = import_module("pipeline.base.failure").Failure
    profile = SimpleNamespace(signals=[SimpleNamespace(name="s", counts=[1] * bins)])
    with pytest.raises(failure) as found:
        import_module("pipeline.monitoring.samples").of_metrics([str(place)], profile, "tiny")
    assert found.value.code == "TS855"
    return str(found.value)


@pytest.mark.parametrize(
    "lines",
    [
        *(LINE % (0, value) for value in ("NaN", "+Inf", "-Inf", "-5", "1e300", "many", "")),
        *(LINE % (place, 1) for place in ("x", "-1", "9", "1e9")),
        'serve_watched_rows_total{bin="0"',
        'serve_watched_rows_total{model="tiny"} 1',
        "# TYPE serve_watched_rows nonsense",
        "<html>",
        "\0" * 1000,
        "\x1b]0;x\x07",
    ],
)
def test_what_is_no_count_is_told(tmp_path: Path, lines: str) -> None:
    (tmp_path / "metrics").write_text(lines + "\n")
    refused(tmp_path / "metrics")


def test_a_scrape_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = import_module("pipeline.monitoring.samples")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(40 * 2**30)
    assert "more than 64 MiB" in refused(tmp_path / "huge")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "cannot be read" in refused(tmp_path / "binary")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(samples, "SECONDS", 0.1)
    assert "cannot be read in" in refused(tmp_path / "pipe")
    with (tmp_path / "pipe").open("wb"):  # the thread that waits for a writer ends
        pass


@pytest.mark.parametrize("address", ["http://[", "http://h:99999999/", "http:///x", "http://a b/", "http://\0/"])
def test_what_is_no_address_is_told(address: str) -> None:
    assert "cannot be read" in refused(address)


class Hostile(BaseHTTPRequestHandler):
    """Redirects elsewhere, or answers without an end."""

    over: ClassVar[threading.Event]

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self.over.wait(60)
            return
        self.send_response(302)
        self.send_header("Location", {"/file": "file:///etc/passwd", "/ftp": "ftp://127.0.0.1:1/x"}[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hostile() -> Iterator[str]:
    Hostile.over = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        Hostile.over.set()
        server.shutdown()


@pytest.mark.parametrize(("path", "why"), [("file", "not allowed"), ("ftp", "not http"), ("slow", "cannot be read in")])
def test_a_hostile_address_is_told(hostile: str, path: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if path == "slow":
        monkeypatch.setattr(import_module("pipeline.monitoring.samples"), "SECONDS", 0.1)
    assert why in refused(f"{hostile}/{path}")


def test_a_log_of_one_endless_line_is_told(tmp_path: Path) -> None:
    samples = import_module("pipeline.monitoring.samples")
    log = tmp_path / "requests.jsonl"
    with log.open("wb") as file:
        file.truncate(40 * 2**30)
    assert not samples.of_protocol(log)
    with pytest.raises(import_module("pipeline.base.failure").Failure, match="a line of more than"):
        list(samples.logged(log, SimpleNamespace()))
