"""The HTTP routes: the Open Inference Protocol, Triton's config and statistics, metrics, and the page at /."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.dataplane import DataPlane
from prometheus_client import REGISTRY, exposition
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from pipeline.base import contract
from pipeline.base.contract import BadRequest, Raw
from pipeline.base.failure import Failure
from pipeline.protocol import wire
from pipeline.server.bundle import Bundle
from pipeline.server.guard import Doors
from pipeline.server.inflight import Body, Bytes, Full
from pipeline.server.page import Page
from pipeline.server.predictor import SMALL, VERSION, Busy, Predictor, Work

EXTENSIONS = ("binary_tensor_data", "model_configuration", "model_repository", "statistics")
MODEL = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/infer|/ready|/config|/stats|)")
REPOSITORY = re.compile(r"/v2/repository/models/([^/]+)(/load|/unload)")
ENCODING, LENGTH = b"content-encoding", wire.LENGTH.encode()
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class TooLarge(Exception):
    """The body is larger than it may be."""


def problem(status: int, reason: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error as the protocol has it."""
    return JSONResponse({"error": reason}, status, headers)


class Routes:
    """The ASGI application: every path, its method and its handler."""

    def __init__(self, plane: DataPlane, page: Page, doors: Doors, room: Bytes) -> None:
        self.plane, self.page = plane, page
        self.limits, self.bytes = doors.limits, room
        self.sized: Bundle | None = None
        """The package whose `largest` body is known."""
        self.fixed: Mapping[str, tuple[str, Handler]] = {
            "/": ("GET", self.home),
            "/contract.json": ("GET", self.contract),
            "/metrics": ("GET", self.metrics),
            "/openapi.json": ("GET", self.openapi),
            "/v2": ("GET", self.server),
            "/v2/health/live": ("GET", self.live),
            "/v2/health/ready": ("GET", self.ready),
            "/v2/models": ("GET", self.models),
        }
        self.actions: Mapping[str, tuple[str, Handler]] = {
            "/infer": ("POST", self.infer),
            "/ready": ("GET", self.model_ready),
            "/config": ("GET", self.config),
            "/stats": ("GET", self.stats),
            "": ("GET", self.about),
            "/load": ("POST", self.load),
            "/unload": ("POST", self.unload),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Find the handler; turn a known error into a status and a reason."""
        path, method = request.scope["path"].rstrip("/") or "/", request.scope["method"]
        found = self.fixed.get(path)
        if found is None:
            match = MODEL.fullmatch(path) or REPOSITORY.fullmatch(path)
            if match is None:
                return problem(404, "there is nothing at this path")
            name, *version, action = match.groups()
            request.scope["model"] = (name, *(version or [None]))
            found = self.actions[action]
        wanted, handler = found
        if method != wanted and not (method == "HEAD" and wanted == "GET"):
            return problem(405, f"this path takes {wanted}", {"allow": wanted})
        try:
            return await handler(request)
        except (BadRequest, InvalidInput) as error:
            return problem(400, str(error))
        except Failure as failure:
            return problem(400, f"{failure.code} {failure.message}")
        except TooLarge:
            reason = f"the body is larger than {self.most(self.page.model.bundle)} bytes"
            return problem(413, reason, {"connection": "close"})
        except ModelNotFound as error:
            return problem(404, str(error))
        except ModelNotReady as error:
            return problem(503, str(error))
        except Busy as error:
            return problem(503, str(error) or "the server is busy", {"retry-after": "1"})
        except Full:
            reason = "the server holds as many large bodies as it may"
            return problem(503, reason, {"retry-after": "1", "connection": "close"})
        except TimeoutError:
            reason = f"the body took longer than {self.limits.body_seconds:g} seconds"
            return problem(408, reason, {"connection": "close"})
        except ClientDisconnect:
            return problem(400, "the sender went away")

    def model(self, request: Request) -> Predictor:
        """Find the model. Raises ModelNotFound."""
        name, version = request.scope["model"]
        found = self.plane.model_registry.get_model(name)
        if not isinstance(found, Predictor) or version not in (None, VERSION):
            raise ModelNotFound(name[:80] if version is None else f"{name[:80]}, version {version[:20]},")
        return found

    async def home(self, request: Request) -> Response:
        return self.page.response()

    async def contract(self, request: Request) -> Response:
        """Return what the page shows."""
        return JSONResponse(self.page.about(self.page.model.bundle))

    async def openapi(self, request: Request) -> Response:
        """Return the description that the package stage wrote."""
        path = self.page.model.bundle.folder / "docs" / "openapi.json"
        if not path.is_file():
            return problem(404, "this package has no docs/openapi.json")
        return Response(path.read_bytes(), media_type="application/json")

    async def metrics(self, request: Request) -> Response:
        encoder, kind = exposition.choose_encoder(request.headers.get("accept", ""))
        return Response(encoder(REGISTRY), headers={"content-type": kind})

    async def server(self, request: Request) -> Response:
        version = self.plane.metadata()["version"]
        return JSONResponse({"name": "kserve", "version": version, "extensions": list(EXTENSIONS)})

    async def live(self, request: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        models = list(self.plane.model_registry.get_models().values())
        ready = bool(models) and all(model.ready for model in models) and await self.plane.ready()
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def models(self, request: Request) -> Response:
        return JSONResponse({"models": list(self.plane.model_registry.get_models())})

    async def about(self, request: Request) -> Response:
        model = self.model(request)
        sides = {"inputs": model.get_input_types(), "outputs": model.get_output_types()}
        return JSONResponse({"name": model.name, "versions": [VERSION], "platform": "trainer", **sides})

    async def model_ready(self, request: Request) -> Response:
        model = self.model(request)
        ready = await self.plane.model_ready(model.name)
        return JSONResponse({"name": model.name, "ready": ready}, 200 if ready else 503)

    async def config(self, request: Request) -> Response:
        """Triton's model configuration extension, as far as load generators need it."""
        model = self.model(request)
        limit = model.bundle.max_batch
        sides = {}
        for side, listed in (("input", model.bundle.contract.raw), ("output", model.bundle.contract.answer)):
            types = [(port, "TYPE_STRING" if port.datatype == "BYTES" else f"TYPE_{port.datatype}") for port in listed]
            sides[side] = [{"name": port.name, "data_type": kind, "dims": list(port.shape)} for port, kind in types]
        return JSONResponse({"name": model.name, "platform": "trainer", "max_batch_size": 0, **sides, "rows": limit})

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

    async def infer(self, request: Request) -> Response:
        body = Body(self.bytes)
        try:
            model = self.model(request)
            content = await self.body(request, body, self.most(model.bundle))
            return await self.answered(request, model, content)
        finally:
            body.release()

    def most(self, bundle: Bundle) -> int:
        """Return the bytes of the largest body: what the model's inputs can be, up to what the server takes at all."""
        if self.sized is not bundle:
            largest = bundle.contract.body(bundle.max_batch, self.limits.text_bytes)
            self.sized, self.largest = bundle, int(min(self.limits.body_bytes, largest))
        return self.largest

    async def body(self, request: Request, body: Body, most: int) -> Sequence[bytes]:
        """Read the body. Raises TooLarge as soon as it is, TimeoutError when it does not come, Full when others do."""
        if request.scope["state"].get("whole"):  # it came with its head: there is nothing to wait for
            return await taken(request, body, most)
        try:
            async with asyncio.timeout(self.limits.body_seconds) as body.clock:
                return await taken(request, body, most)
        except TimeoutError as error:
            if body.given_up:
                raise Full from error
            raise

    async def answered(self, request: Request, model: Predictor, body: Sequence[bytes]) -> Response:
        """Answer a body that is here; a large one, or one that may become large, is unpacked in a thread."""
        bundle, state = model.bundle, request.scope["state"]
        headers: Mapping[bytes, bytes] = state["headers"]
        read = partial(self.read, bundle, body, headers)
        large = len(body) > 1 or len(body[0]) > SMALL or ENCODING in headers
        asked, raw, size = await in_thread(model, read) if large else read()
        work = model.admit(bundle, asked.id or state["request_id"], raw, size)
        await model.predict(work, request.headers if bundle.session is None else None)
        write = partial(written, work, asked)
        content, about = await in_thread(model, write) if large else write()
        return Response(content, headers=about)

    def read(
        self, bundle: Bundle, body: Sequence[bytes], headers: Mapping[bytes, bytes]
    ) -> tuple[wire.Request, Raw, int]:
        """Unpack and check a body: the request, what `encode` takes, and the bytes of it. Raises BadRequest."""
        encoding, length = headers.get(ENCODING, b"").decode("latin-1"), headers.get(LENGTH)
        plain = wire.inflate(b"".join(body), encoding, self.most(bundle), self.limits.inflate_ratio)
        given = length.decode("latin-1") if length is not None else None
        asked = wire.decode(plain, given, bundle.contract, bundle.max_batch)
        raw = contract.to_raw(bundle.contract.raw, asked.arrays, bundle.max_batch)
        wire.check_wishes(asked, bundle.contract.answer)
        return asked, raw, len(plain)

    async def load(self, request: Request) -> Response:
        """Open the package again, for a new one was put in its place."""
        model = self.model(request)
        await asyncio.to_thread(model.load)
        return JSONResponse({"name": model.name, "load": True})

    async def unload(self, request: Request) -> Response:
        self.model(request)
        raise InvalidInput("this server has one model and keeps it; stop the server instead")


async def taken(request: Request, body: Body, most: int) -> Sequence[bytes]:
    """Take the parts of a body. Raises TooLarge, Full, or ClientDisconnect when the sender goes."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        content: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if body.held + len(content) > most:
            raise TooLarge
        if not more and not body.held and len(content) <= SMALL:
            return (content,)
        body.add(content)
        if not more:
            return body.finish()


async def in_thread(model: Predictor, call: Callable[[], T]) -> T:
    """Do what takes long beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(model.reader, call)


def written(work: Work, asked: wire.Request) -> tuple[bytes, dict[str, str]]:
    """Return an answer's body and headers."""
    outputs = {
        port.name: (port, contract.to_array(port, work.answer[port.name])) for port in work.bundle.contract.answer
    }
    return wire.encode(work.bundle.name, VERSION, work.id, outputs, asked)
