"""A few words of the WebDriver protocol, spoken to chromedriver."""

import base64
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Browser:
    """One browser window."""

    def __init__(self, driver: str) -> None:
        self.driver, self.session = driver, ""

    def call(self, method: str, path: str, body: object = None) -> object:
        """Send one command."""
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.driver}{self.session}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["value"]

    def open(self, url: str) -> None:
        self.call("POST", "/url", {"url": url})

    def find(self, css: str) -> str:
        """Wait for an element and give its id."""
        for _ in range(50):
            try:
                found = self.call("POST", "/element", {"using": "css selector", "value": css})
            except urllib.error.HTTPError:
                time.sleep(0.1)
                continue
            assert isinstance(found, dict)
            return str(found[ELEMENT])
        raise LookupError(css)

    def click(self, css: str) -> None:
        self.call("POST", f"/element/{self.find(css)}/click")

    def write(self, css: str, text: str) -> None:
        element = self.find(css)
        self.call("POST", f"/element/{element}/clear")
        self.call("POST", f"/element/{element}/value", {"text": text})

    def upload(self, css: str, path: Path) -> None:
        self.call("POST", f"/element/{self.find(css)}/value", {"text": str(path)})

    def text(self, css: str) -> str:
        return str(self.call("GET", f"/element/{self.find(css)}/text"))

    def run(self, script: str) -> object:
        """Run a script in the page."""
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(str(self.call("GET", "/screenshot"))))


@contextmanager
def browser(chromedriver: str, chromium: str, *, width: int = 1180, height: int = 860) -> Iterator[Browser]:
    """Start chromedriver and a window."""
    port = free_port()
    process = subprocess.Popen([chromedriver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    window = Browser(f"http://127.0.0.1:{port}")
    options = {"binary": chromium, "args": [*FLAGS, f"--window-size={width},{height}"]}
    try:
        for _ in range(100):
            try:
                window.call("GET", "/status")
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = window.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        assert isinstance(made, dict)
        window.session = f"/session/{made['sessionId']}"
        yield window
        window.call("DELETE", "")
    finally:
        process.terminate()
        process.wait(10)
