"""An HTTP server with ranges and validators, that can break off, hide its ranges, or send damaged bytes."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Files:
    """What is served, how it misbehaves, and what was asked."""

    address: str = ""
    content: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    """After how many bytes the next answers break off."""
    statuses: list[int] = field(default_factory=list)
    """What the next answers say instead of sending anything."""
    ranges: bool = True
    validators: bool = True
    digest: str = ""
    """The `Repr-Digest` that is told; empty for the right one."""
    headers: dict[str, str] = field(default_factory=dict)
    """Further ones of each file."""
    redirect: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request."""

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"


def etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


def handler(files: Files) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            files.asked.append(dict(self.headers.items()))
            path = self.path.partition("?")[0].lstrip("/")
            if path in files.redirect:
                self.empty(302, Location=files.redirect[path])
            elif files.statuses:
                self.empty(files.statuses.pop(0))
            elif path not in files.content:
                self.empty(404)
            else:
                self.file(files.content[path])

        def empty(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def file(self, content: bytes) -> None:
            mark, start = etag(content), 0
            if files.validators and self.headers.get("If-None-Match") == mark:
                self.empty(304, ETag=mark)
                return
            wanted = self.headers.get("Range", "")
            if files.ranges and wanted and self.headers.get("If-Range") in (None, mark):
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(content):
                    self.empty(416)
                    return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if files.validators:
                self.send_header("ETag", mark)
                self.send_header("Last-Modified", formatdate(0, usegmt=True))
            right = base64.b64encode(hashlib.sha256(content).digest()).decode()
            self.send_header("Repr-Digest", files.digest or f"sha-256=:{right}:")
            for name, value in files.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            cut = files.breaks.pop(0) if files.breaks else len(content)
            self.wfile.write(content[start : start + cut])
            if start + cut < len(content):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Files]:
    """Serve on a free port of this machine."""
    files = Files()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(files))
    files.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
