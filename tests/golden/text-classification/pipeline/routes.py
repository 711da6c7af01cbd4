"""The HTTP routes: the Open Inference Protocol, Triton's config and statistics, metrics, and the page at /."""

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from pathlib import Path

from fastapi import FastAPI
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.infer_type import InferInput, InferRequest
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from prometheus_client import REGISTRY, exposition
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline import wire
from pipeline.bundle import golden
from pipeline.contract import BadRequest
from pipeline.predictor import VERSION, Busy, Predictor

OPEN = frozenset({"/", "/favicon.ico", "/metrics", "/v2", "/v2/health/live", "/v2/health/ready"})
"""Paths that need no token."""
Handler = Callable[["Routes", Request], Coroutine[object, object, Response]]


class TooLarge(Exception):
    """The body is larger than it may be."""


class Page:
    """The page at `/`: page.html with the contract and a few examples put in."""

    def __init__(self, model: Predictor, *, token: bool) -> None:
        bundle = model.bundle
        about = {
            "name": bundle.name,
            "task": bundle.settings.value("task"),
            "version": bundle.settings.value("version"),
            "labels": bundle.settings.value("labels"),
            "maxBatch": bundle.max_batch,
            "token": token,
            "raw": [vars(port) for port in bundle.contract.raw],
            "answer": [vars(port) for port in bundle.contract.answer],
            "examples": [line["raw"] for line, _ in zip(golden(bundle.folder), range(6), strict=False)],
        }
        text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
        data = json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")
        self.html = text.replace("{{contract}}", data).replace("{{title}}", bundle.name)
        script = re.search(r"<script>(.*?)</script>", self.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256((script[1] if script else "").encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def told(handler: Handler) -> Handler:
    """Turn a known error into a status and a reason."""

    @wraps(handler)
    async def answered(self: "Routes", request: Request) -> Response:
        try:
            return await handler(self, request)
        except (BadRequest, InvalidInput) as error:
            return problem(400, str(error))
        except TooLarge:
            return problem(413, f"the body is larger than {self.most_bytes} bytes")
        except ModelNotFound as error:
            return problem(404, str(error))
        except ModelNotReady as error:
            return problem(503, str(error))
        except Busy as error:
            return problem(503, str(error) or "the server is busy", {"retry-after": "1"})
        except ClientDisconnect:
            return problem(400, "the sender went away")

    return answered


def problem(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Give an error as the protocol has it."""
    return JSONResponse({"error": reason}, status, headers)


class Routes:
    """The handlers."""

    def __init__(self, plane: DataPlane, repository: ModelRepositoryExtension, page: Page, most_bytes: int) -> None:
        self.plane, self.repository, self.page, self.most_bytes = plane, repository, page, most_bytes

    def model(self, request: Request) -> Predictor:
        """Find the model. Raises ModelNotFound."""
        name, version = request.path_params["name"], request.path_params.get("version", VERSION)
        found = self.plane.model_registry.get_model(name)
        if not isinstance(found, Predictor) or version != VERSION:
            raise ModelNotFound(name[:80] if version == VERSION else f"{name[:80]}, version {version[:20]},")
        return found

    async def home(self, request: Request) -> Response:
        headers = {"content-security-policy": self.page.policy, "referrer-policy": "no-referrer"}
        return Response(self.page.html, media_type="text/html", headers=headers)

    async def metrics(self, request: Request) -> Response:
        encoder, kind = exposition.choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(REGISTRY), headers={"content-type": kind})

    async def server(self, request: Request) -> Response:
        extensions = ["binary_tensor_data", "model_configuration", "model_repository", "statistics"]
        version = self.plane.metadata()["version"]
        return JSONResponse({"name": "kserve", "version": version, "extensions": extensions})

    async def live(self, request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        models = list(self.plane.model_registry.get_models().values())
        ready = bool(models) and all(model.ready for model in models) and await self.plane.ready()
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def models(self, request: Request) -> Response:
        return JSONResponse({"models": list(self.plane.model_registry.get_models())})

    @told
    async def about(self, request: Request) -> Response:
        model = self.model(request)
        sides = {"inputs": model.get_input_types(), "outputs": model.get_output_types()}
        return JSONResponse({"name": model.name, "versions": [VERSION], "platform": "trainer", **sides})

    @told
    async def model_ready(self, request: Request) -> Response:
        model = self.model(request)
        ready = await self.plane.model_ready(model.name)
        return JSONResponse({"name": model.name, "ready": ready}, 200 if ready else 503)

    @told
    async def config(self, request: Request) -> Response:
        """Triton's model configuration extension, as far as load generators need it."""
        model = self.model(request)
        limit = model.bundle.max_batch
        sides = {}
        for side, listed in (("input", model.bundle.contract.raw), ("output", model.bundle.contract.answer)):
            types = [(port, "TYPE_STRING" if port.datatype == "BYTES" else f"TYPE_{port.datatype}") for port in listed]
            sides[side] = [{"name": port.name, "data_type": kind, "dims": list(port.shape)} for port, kind in types]
        return JSONResponse({"name": model.name, "platform": "trainer", "max_batch_size": 0, **sides, "rows": limit})

    @told
    async def stats(self, request: Request) -> Response:
        """Triton's statistics extension."""
        model = self.model(request)
        counts = model.counts
        done = {"count": counts["success"], "ns": counts["nanoseconds"]}
        none = {"count": 0, "ns": 0}
        times = {"success": done, "fail": {"count": counts["failure"], "ns": 0}, "queue": none, "compute_infer": done}
        times |= {"compute_input": none, "compute_output": none, "cache_hit": none, "cache_miss": none}
        row = {"name": model.name, "version": VERSION, "inference_count": counts["inferences"]}
        row |= {"execution_count": counts["success"], "last_inference": 0, "inference_stats": times, "batch_stats": []}
        return JSONResponse({"model_stats": [row]})

    @told
    async def infer(self, request: Request) -> Response:
        model = self.model(request)
        body = wire.inflate(await self.body(request), request.headers.get("content-encoding", ""), self.most_bytes)
        asked = wire.decode(body, request.headers.get(wire.LENGTH), model.bundle.contract.raw)
        ports = {port.name: port for port in model.bundle.contract.raw}
        inputs = [InferInput(n, list(a.shape), ports[n].datatype, data=a) for n, a in asked.arrays.items()]
        infer = InferRequest(model.name, inputs, request_id=asked.id or request.state.request_id)
        response, _ = await self.plane.infer(model.name, infer, dict(request.headers))
        answers = {port.name: port for port in model.bundle.contract.answer}
        outputs = {output.name: (answers[output.name], output.data) for output in response.outputs}
        content, headers = wire.encode(model.name, VERSION, response.id, outputs, asked)
        return Response(content, headers=headers)

    async def body(self, request: Request) -> bytes:
        """Read the body. Raises TooLarge as soon as it is."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self.most_bytes:
                raise TooLarge
            parts.append(part)
        return b"".join(parts)

    @told
    async def load(self, request: Request) -> Response:
        """Open the package again, for a new one was put in its place."""
        model = self.model(request)
        await self.repository.load(model.name)
        return JSONResponse({"name": model.name, "load": True})

    @told
    async def unload(self, request: Request) -> Response:
        raise InvalidInput("this server has one model and keeps it; stop the server instead")


def add_routes(
    app: FastAPI, plane: DataPlane, repository: ModelRepositoryExtension, page: Page, most_bytes: int
) -> None:
    """Put the routes into kserve's application."""
    routes = Routes(plane, repository, page, most_bytes)
    table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "/", routes.home),
        ("GET", "/metrics", routes.metrics),
        ("GET", "/v2", routes.server),
        ("GET", "/v2/health/live", routes.live),
        ("GET", "/v2/health/ready", routes.ready),
        ("GET", "/v2/models", routes.models),
        ("POST", "/v2/repository/models/{name}/load", routes.load),
        ("POST", "/v2/repository/models/{name}/unload", routes.unload),
    ]
    for version in ("", "/versions/{version}"):
        table += [
            ("POST", f"/v2/models/{{name}}{version}/infer", routes.infer),
            ("GET", f"/v2/models/{{name}}{version}/ready", routes.model_ready),
            ("GET", f"/v2/models/{{name}}{version}/config", routes.config),
            ("GET", f"/v2/models/{{name}}{version}/stats", routes.stats),
            ("GET", f"/v2/models/{{name}}{version}", routes.about),
        ]
    for method, path, handler in table:
        app.router.add_route(path, handler, methods=[method])
