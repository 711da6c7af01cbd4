"""A small API server: real HTTP, strict as a real one, with KServe's webhooks, and a controller that takes its time."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from trainerspec.language.yaml import dump
from trainerspec.releasing.cluster import webhook
from trainerspec.releasing.cluster.structure import unstructured

TOKEN = "a-token-of-the-test"
VERSION = (0, 20)


class Double(ThreadingHTTPServer):
    """The server and what it holds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.objects: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []
        """`PATCH /path` of every change, dry runs marked."""
        self.urls: dict[str, str] = {}
        """Where a model (by storageUri) answers; one that is not there never gets ready."""
        self.looks = 2
        """How often a service is asked for before it is ready."""
        self.jobs: Callable[[dict[str, Any]], bool] = lambda job: True
        """Does a Job's work, and tells whether it was done."""
        self.lock = threading.RLock()

    def live(self, path: str) -> dict[str, Any] | None:
        """Return an object as it is now; asking makes the controller work."""
        if "/deployments/" in path:
            return self.deployment(path.rsplit("/", 1)[1].removesuffix("-predictor"))
        one = self.objects.get(path)
        if one is not None and one["kind"] == "InferenceService":
            self.reconcile(one)
        return one

    def work(self, job: dict[str, Any]) -> None:
        """Do a Job in the background, then set its condition."""

        def doing() -> None:
            done = self.jobs(job)
            kind, message = ("Complete", "") if done else ("Failed", "BackoffLimitExceeded")
            job["status"] = {"conditions": [{"type": kind, "status": "True", "message": message}]}

        threading.Thread(target=doing, daemon=True).start()

    def reconcile(self, one: dict[str, Any]) -> None:
        status = one.setdefault("status", {"asked": 0, "deploymentMode": "Standard"})
        status["asked"] += 1
        url = self.urls.get(one["spec"]["predictor"]["model"]["storageUri"])
        done = url is not None and status["asked"] > self.looks
        about = {"type": "PredictorReady", "status": str(done), "reason": "" if done else "MinimumReplicasUnavailable"}
        status["conditions"] = [about, {"type": "Ready", "status": str(done)}]
        status.update({"url": url} if done else {})

    def deployment(self, name: str) -> dict[str, Any] | None:
        """Return the Deployment that the controller makes of a service."""
        service = next((o for o in self.objects.values() if o["metadata"]["name"] == name and "status" in o), None)
        if service is None:
            return None
        ready = service["status"]["conditions"][-1]["status"] == "True"
        source = service["spec"]["predictor"]["model"]["storageUri"]
        counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": int(ready), "observedGeneration": 1}
        annotations = {"internal.serving.kserve.io/storage-initializer-sourceuri": source}
        template = {"metadata": {"annotations": annotations}}
        return {"metadata": {"generation": 1}, "spec": {"template": template}, "status": counts}

    def refusal(self, path: str, one: dict[str, Any]) -> str:
        """Say why an object is not taken, as the server's validation and KServe's webhooks would."""
        found = list(unstructured(one))
        if one["kind"] == "InferenceService" and not found:
            found = [fault for fault in webhook.refused(one, VERSION) if fault.severity == "error"]
            found += webhook.kept(self.objects[path], one) if path in self.objects else []
        return "; ".join(fault.message for fault in found)


class Calls(BaseHTTPRequestHandler):
    """GET, PATCH (apply) and DELETE."""

    server: Double

    def do_GET(self) -> None:
        with self.server.lock:
            one = self.server.live(self.path)
            self.answer(200, one) if one else self.answer(404, {"message": f"{self.path} not found"})

    def do_DELETE(self) -> None:
        with self.server.lock:
            self.server.log.append(f"DELETE {self.path}")
            there = self.server.objects.pop(self.path, None)
            self.answer(200 if there else 404, {})

    def do_PATCH(self) -> None:
        asked = urlsplit(self.path)
        query = parse_qs(asked.query)
        one = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Content-Type"] == "application/apply-patch+yaml"
        assert query["fieldManager"] == ["trainerspec"]
        assert query["fieldValidation"] == ["Strict"]
        dry = "dryRun" in query
        with self.server.lock:
            self.server.log.append(f"PATCH {asked.path}{' (dry)' if dry else ''}")
            refusal = self.server.refusal(asked.path, one)
            if refusal:
                self.answer(422, {"kind": "Status", "message": f"admission webhook denied the request: {refusal}"})
                return
            before = self.server.objects.get(asked.path, {"metadata": {"generation": 0}})
            about = {**one["metadata"], "uid": "1", "resourceVersion": "9", "managedFields": []}
            about["generation"] = before["metadata"]["generation"] + 1
            made = {**one, "metadata": about}
            if not dry:
                self.server.objects[asked.path] = made
                if one["kind"] == "Job":
                    self.server.work(made)
            self.answer(200, made)

    def answer(self, status: int, body: object) -> None:
        if self.headers.get("Authorization", "").lower() != f"bearer {TOKEN}":
            status, body = 401, {"message": "Unauthorized"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def api_server() -> Iterator[Double]:
    """Serve on a free port."""
    server = Double()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def kubeconfig(path: Path, server: Double, token: str = TOKEN) -> Path:
    """Write a kubeconfig with one context, `test`."""
    url = f"http://127.0.0.1:{server.server_address[1]}"
    made = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_bytes(dump(made))
    return path
