"""An OpenAI-compatible endpoint on 127.0.0.1 that follows a script."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    answers: list[str | int | float]
    """A text is the answer; a whole number an HTTP status; a fraction seconds to wait before `{}`."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    models: tuple[str, ...] = ("scripted-1",)


@contextmanager
def serving(*answers: str | int | float) -> Iterator[Script]:
    """Serve the script until the block ends."""
    script = Script(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, {"object": "list", "data": [model(name) for name in script.models]})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            script.requests.append(json.loads(self.rfile.read(length)))
            now = script.answers.pop(0) if script.answers else 500
            if isinstance(now, int):
                self.answer(now, {"error": {"message": f"status {now}: no temperature, please", "type": "error"}})
                return
            if isinstance(now, float):
                time.sleep(now)
            self.answer(200, completion(now if isinstance(now, str) else "{}"))

        def answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client that gave up
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()


def model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "test"}


def completion(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
