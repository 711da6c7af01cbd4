"""kserve's ModelServer with our doors: strict HTTP and gRPC, limits, a token, request ids, logs without payloads."""

import asyncio
import contextlib
import json
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import kserve
import uvloop
from fastapi import FastAPI
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.predictor_config import PredictorConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as services
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.rest.server import RESTServer
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.predictor import VERSION, Busy, Predictor
from pipeline.routes import OPEN, Page, add_routes, problem


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Where the server listens, and whom it lets in."""

    host: str
    port: int
    grpc_port: int
    most_bytes: int
    token: str | None
    quiet: bool
    grace: int = 30
    """Seconds that requests on their way have after SIGTERM."""


def log(quiet: bool, **fields: object) -> None:
    """Write one line of JSON: who asked for what, how it ended, how long it took; never what was in it."""
    if not quiet:
        print(json.dumps({"time": round(time.time(), 3), **fields}), file=sys.stderr, flush=True)


class Guard:
    """ASGI middleware: size limit, token, request id, access log."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app, self.doors = app, doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        request_id = headers.get(b"x-request-id", "")[:128] or secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        began, seen = time.perf_counter(), {"status": 0}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                extra = [(b"x-request-id", request_id.encode("latin-1")), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        size = headers.get(b"content-length", "0")
        if scope["path"] not in OPEN and not self.admits(headers.get(b"authorization", "")):
            await refuse(answer, 401, "a bearer token is needed: `Authorization: Bearer ...`")
        elif size.isdigit() and int(size) > self.doors.most_bytes:
            await refuse(answer, 413, f"the body is larger than {self.doors.most_bytes} bytes")
        else:
            await self.app(scope, receive, answer)
        took = round(1000 * (time.perf_counter() - began), 3)
        about = {"id": request_id, "method": scope["method"], "path": scope["path"][:200], "status": seen["status"]}
        log(self.doors.quiet, **about, ms=took, bytes=int(size) if size.isdigit() else None)

    def admits(self, authorization: str) -> bool:
        """Compare the token in constant time."""
        wanted = self.doors.token
        return wanted is None or secrets.compare_digest(authorization.encode(), f"Bearer {wanted}".encode())


async def refuse(send: Send, status: int, reason: str) -> None:
    """Answer with an error and nothing else."""
    body = json.dumps({"error": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Rest(RESTServer):  # type: ignore[misc]
    """kserve's REST server with our routes only."""

    doors: Doors
    page: Page

    def _register_endpoints(self, app: FastAPI) -> None:
        add_routes(app, self.dataplane, self.model_repository_extension, self.page, self.doors.most_bytes)

    def _add_middlewares(self, app: FastAPI) -> None:
        app.add_middleware(Guard, doors=self.doors)

    def _add_exception_handlers(self, app: FastAPI) -> None:
        app.add_exception_handler(Exception, internal_error)


async def internal_error(request: Request, error: Exception) -> JSONResponse:
    """Tell the sender where to look, and nothing of the inside; the traceback goes to the log."""
    return problem(500, f"internal error; the log has it under request {request.state.request_id}")


class Servicer(InferenceServicer):  # type: ignore[misc]
    """kserve's gRPC service; metadata with versions, and only the outputs that were asked for."""

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: object) -> pb.ModelMetadataResponse:
        about = await self._data_plane.model_metadata(model_name=request.name)
        tensors = {side: about[side] for side in ("inputs", "outputs")}
        return pb.ModelMetadataResponse(name=request.name, versions=[VERSION], platform="trainer", **tensors)

    async def ModelInfer(self, request: pb.ModelInferRequest, context: object) -> pb.ModelInferResponse:
        response = await super().ModelInfer(request, context)
        if request.outputs:
            places = {output.name: place for place, output in enumerate(response.outputs)}
            unknown = [output.name for output in request.outputs if output.name not in places]
            if unknown:
                raise InvalidInput(f"unexpected output `{unknown[0][:80]}`; this model gives {', '.join(places)}")
            kept = [places[output.name] for output in request.outputs]
            outputs = [response.outputs[place] for place in kept]
            contents = [response.raw_output_contents[place] for place in kept]
            del response.outputs[:], response.raw_output_contents[:]
            response.outputs.extend(outputs)
            response.raw_output_contents.extend(contents)
        return response


Method = Callable[[object, grpc.aio.ServicerContext], Awaitable[object]]
STATUS: Sequence[tuple[type[Exception], grpc.StatusCode]] = (
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (ModelNotFound, grpc.StatusCode.NOT_FOUND),
    (ModelNotReady, grpc.StatusCode.UNAVAILABLE),
    (Busy, grpc.StatusCode.UNAVAILABLE),
    (NotImplementedError, grpc.StatusCode.UNIMPLEMENTED),
)


class GrpcGuard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Token, status codes with reasons, and the access log of gRPC."""

    def __init__(self, doors: Doors) -> None:
        self.guard, self.doors = Guard(self._nowhere, doors), doors

    async def _nowhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self.wrap(handler.unary_unary, details.method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def wrap(self, method: Method, path: str) -> Method:
        """Put the guard around one method."""

        async def guarded(request: object, context: grpc.aio.ServicerContext) -> object:
            began, status, reason = time.perf_counter(), grpc.StatusCode.OK, ""
            metadata = dict(context.invocation_metadata() or ())
            health = path.endswith(("/ServerLive", "/ServerReady", "/ModelReady"))
            response: object = None
            if not health and not self.guard.admits(str(metadata.get("authorization", ""))):
                status, reason = grpc.StatusCode.UNAUTHENTICATED, "a bearer token is needed in `authorization`"
            else:
                try:
                    response = await method(request, context)
                except tuple(kind for kind, _ in STATUS) as error:
                    status = next(code for kind, code in STATUS if isinstance(error, kind))
                    reason = str(error) or "the server is busy"
            took = round(1000 * (time.perf_counter() - began), 3)
            about = {"id": str(getattr(request, "id", ""))[:128], "method": "grpc", "path": path}
            log(self.doors.quiet, **about, status=status.name, ms=took)
            if status is not grpc.StatusCode.OK:
                await context.abort(status, reason)
            return response

        return guarded


class Repository(kserve.ModelRepository):  # type: ignore[misc]
    """The one model; `load` opens its package again, beside the running one."""

    async def load(self, name: str) -> bool:
        if name not in self.models:
            raise ModelNotFound(name[:80])
        return bool(await asyncio.to_thread(self.models[name].load))

    def unload(self, name: str) -> None:
        raise KeyError(name)


class Server(kserve.ModelServer):  # type: ignore[misc]
    """ModelServer that binds to a chosen host, guards both doors and drains both on SIGTERM."""

    def __init__(self, doors: Doors, page: Page, elsewhere: PredictorConfig) -> None:
        ports = {"http_port": doors.port, "grpc_port": doors.grpc_port}
        super().__init__(**ports, grace_period=doors.grace, predictor_config=elsewhere, registered_models=Repository())
        self.doors, self.page = doors, page

    def start(self, models: list[Predictor]) -> None:
        """Serve until a signal comes."""
        self._register_and_check_atleast_one_model_is_ready(models)
        rest = Rest("kserve.model_server:app", self.dataplane, self.model_repository_extension, self.http_port)
        rest.doors, rest.page = self.doors, self.page
        rest.config.host, rest.config.timeout_graceful_shutdown = self.doors.host, self.doors.grace
        rest.config.access_log = False

        def stop(*_: object) -> None:  # uvicorn sends its signal again when it has drained
            if not rest._server.should_exit:
                raise SystemExit(0)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self.serve(rest))

    async def serve(self, rest: Rest) -> None:
        """Run both servers; uvicorn takes the signals, and gRPC drains while HTTP does."""
        server = grpc.aio.server(
            ThreadPoolExecutor(2, "grpc"),
            interceptors=[GrpcGuard(self.doors)],
            options=[("grpc.max_receive_message_length", self.doors.most_bytes), ("grpc.so_reuseport", 0)],
        )
        services.add_GRPCInferenceServiceServicer_to_server(
            Servicer(self.dataplane, self.model_repository_extension), server
        )
        server.add_insecure_port(f"{self.doors.host}:{self.doors.grpc_port}")
        await server.start()
        draining = asyncio.create_task(self.drain(rest, server))
        with contextlib.suppress(KeyboardInterrupt):
            await rest.start()
        await draining
        log(self.doors.quiet, event="stopped")

    async def drain(self, rest: Rest, server: grpc.aio.Server) -> None:
        """Close gRPC when uvicorn begins to close: no new calls, those on their way finish."""
        while not rest._server.should_exit:
            await asyncio.sleep(0.05)
        log(self.doors.quiet, event="draining")
        await server.stop(self.doors.grace)
