"""A server that speaks as much of the hub's protocol as a download needs: commits, lists of files, and the files."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

DATASET = "org/pets"


@dataclass(kw_only=True)
class Hub:
    """Commits of one data set, the newest last: each with its files."""

    address: str = ""
    commits: list[dict[str, bytes]] = field(default_factory=list)
    gated: bool = False
    asked: list[str] = field(default_factory=list)

    def sha(self, number: int) -> str:
        return hashlib.sha1(str(number).encode()).hexdigest()

    def commit(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Return the sha and the files of a revision."""
        known = {self.sha(at): files for at, files in enumerate(self.commits)}
        if revision in known:
            return revision, known[revision]
        return (self.sha(len(self.commits) - 1), self.commits[-1]) if revision == "main" and self.commits else None


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            path = unquote(self.path.partition("?")[0])
            api, _, revision = path.partition(f"/api/datasets/{DATASET}/revision/")
            if not api and revision:
                self.about(revision)
            elif path.startswith(f"/datasets/{DATASET}/resolve/"):
                revision, _, name = path.removeprefix(f"/datasets/{DATASET}/resolve/").partition("/")
                found = hub.commit(revision)
                if found is None or name not in found[1]:
                    self.refuse(404, "EntryNotFound")
                else:
                    self.send(found[1][name], body=body, sha=found[0])
            else:
                self.refuse(404, "RepoNotFound")

        def about(self, revision: str) -> None:
            found = hub.commit(revision)
            if hub.gated:
                self.refuse(403, "GatedRepo")
            elif found is None:
                self.refuse(404, "RevisionNotFound")
            else:
                listed = [{"rfilename": name} for name in found[1]]
                told = {"id": DATASET, "sha": found[0], "siblings": listed, "private": False, "tags": []}
                self.send(json.dumps(told).encode(), body=True, sha=found[0])

        def refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def send(self, content: bytes, *, body: bool, sha: str) -> None:
            self.send_response(200)
            self.send_header("X-Repo-Commit", sha)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve on a free port of this machine."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
