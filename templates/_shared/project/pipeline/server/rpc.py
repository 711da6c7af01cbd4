"""The gRPC door: kserve's service with versions and chosen outputs, a token, status codes with reasons, a log."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

import grpc
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.servicer import InferenceServicer

from pipeline.base.contract import BadRequest
from pipeline.base.failure import Failure
from pipeline.protocol import bounds
from pipeline.server.bundle import Bundle
from pipeline.server.guard import Doors, count, described, log
from pipeline.server.inflight import Body, Bytes, Full
from pipeline.server.limits import Limits
from pipeline.server.predictor import SMALL, VERSION, Busy, Predictor


class Servicer(InferenceServicer):  # type: ignore[misc]
    """kserve's gRPC service; metadata with versions, reload, and only the outputs that were asked for."""

    def model(self, name: str, version: str = "") -> Predictor:
        """Find the model. Raises ModelNotFound."""
        found = self._data_plane.model_registry.get_model(name)
        if not isinstance(found, Predictor) or version not in ("", VERSION):
            raise ModelNotFound(f"{name[:80]}, version {version[:20]}," if version else name[:80])
        return found

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: object) -> pb.ModelMetadataResponse:
        model = self.model(request.name, request.version)
        tensors = {"inputs": model.get_input_types(), "outputs": model.get_output_types()}
        return pb.ModelMetadataResponse(name=request.name, versions=[VERSION], platform="trainer", **tensors)

    async def RepositoryModelLoad(self, request: object, context: object) -> pb.RepositoryModelLoadResponse:
        name: str = request.model_name  # type: ignore[attr-defined]
        await asyncio.to_thread(self.model(name).load)
        return pb.RepositoryModelLoadResponse(model_name=name, isLoaded=True)

    async def RepositoryModelUnload(self, request: object, context: object) -> pb.RepositoryModelUnloadResponse:
        raise InvalidInput("this server has one model and keeps it; stop the server instead")

    async def ModelInfer(self, request: pb.ModelInferRequest, context: object) -> pb.ModelInferResponse:
        self.model(request.model_name, request.model_version)
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


Method: TypeAlias = Callable[[object, grpc.aio.ServicerContext], Awaitable[object]]
Parse: TypeAlias = Callable[[bytes], object]
STATUS: Sequence[tuple[type[Exception], grpc.StatusCode]] = (
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (ModelNotFound, grpc.StatusCode.NOT_FOUND),
    (ModelNotReady, grpc.StatusCode.UNAVAILABLE),
    (Busy, grpc.StatusCode.UNAVAILABLE),
    (Full, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (TimeoutError, grpc.StatusCode.DEADLINE_EXCEEDED),
    (Failure, grpc.StatusCode.FAILED_PRECONDITION),
    (NotImplementedError, grpc.StatusCode.UNIMPLEMENTED),  # grpc's, of a method that the servicer does not have
    (Exception, grpc.StatusCode.INTERNAL),
)
"""The first that fits an error is its status."""


class GrpcGuard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Token, status codes with reasons, counters and the access log of gRPC."""

    def __init__(self, doors: Doors, model: Predictor, room: Bytes) -> None:
        self.doors, self.model, self.room = doors, model, room
        self.awaited: dict[asyncio.Timeout, None] = {}
        """The clocks of the requests whose message has not come yet, the oldest first."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        guarded = self.wrap(handler.unary_unary, handler.request_deserializer, details.method)
        # a stream of one message: so the guard sees who asks before it reads, and its bytes before they are unpacked
        return grpc.stream_unary_rpc_method_handler(guarded, response_serializer=handler.response_serializer)

    async def read(self, context: grpc.aio.ServicerContext, body: Body, parse: Parse, path: str) -> object:
        """Read the request. Raises InvalidInput when it is too much, TimeoutError when it does not come, Full."""
        async with asyncio.timeout(self.doors.limits.body_seconds) as body.clock:
            self.awaited[body.clock] = None
            if len(self.awaited) > self.doors.limits.connections:
                next(iter(self.awaited)).reschedule(asyncio.get_running_loop().time())
            try:
                data = await context.read()
            finally:
                self.awaited.pop(body.clock)
        if not isinstance(data, bytes):
            raise InvalidInput("there is no request")
        bundle = self.model.bundle
        if len(data) <= SMALL:
            return self.parsed(data, parse, path, bundle)
        body.add(data)
        body.finish()
        work = partial(self.parsed, data, parse, path, bundle)
        return await asyncio.get_running_loop().run_in_executor(self.model.reader, work)

    def parsed(self, data: bytes, parse: Parse, path: str, bundle: Bundle) -> object:
        """Unpack a message whose size is what the model takes. Raises InvalidInput."""
        try:
            if path.endswith("/ModelInfer"):
                bounds.check_message(data, bundle.contract.most(bundle.max_batch))
            elif len(data) > SMALL:
                raise BadRequest("the message is too large")
            return parse(data)
        except (BadRequest, DecodeError) as error:
            raise InvalidInput(str(error)) from error

    def wrap(self, method: Method, parse: Parse, path: str) -> Method:
        """Put the guard around one method."""

        async def guarded(_: object, context: grpc.aio.ServicerContext) -> object:
            began, status, reason = time.perf_counter(), grpc.StatusCode.OK, ""
            metadata = dict(context.invocation_metadata() or ())
            health = path.endswith(("/ServerLive", "/ServerReady", "/ModelReady"))
            about = {"id": "", "method": "grpc", "path": path}
            response: object = None

            async def answer() -> object:
                body = Body(self.room)
                try:
                    request = await self.read(context, body, parse, path)
                    about["id"] = str(getattr(request, "id", ""))[:128]
                    return await method(request, context)
                finally:
                    body.release()

            if not health and not self.doors.admits(str(metadata.get("authorization", ""))):
                status, reason = grpc.StatusCode.UNAUTHENTICATED, "a bearer token is needed in `authorization`"
            else:
                (response,) = await asyncio.gather(answer(), return_exceptions=True)
                if isinstance(response, Exception):
                    status, reason = self.judge(response, about)
                    response = None  # its traceback holds the message, and gRPC's own error this frame for a while
            took = time.perf_counter() - began
            count("grpc", status.name, took)
            log(self.doors.quiet, **about, status=status.name, ms=round(1000 * took, 3))
            if status is not grpc.StatusCode.OK:
                await context.abort(status, reason)
            return response

        return guarded

    def judge(self, error: Exception, about: dict[str, str]) -> tuple[grpc.StatusCode, str]:
        """Return an error's status and what its sender may know of it."""
        status = next(code for kind, code in STATUS if isinstance(error, kind))
        if status is grpc.StatusCode.INTERNAL:
            log(self.doors.quiet, **about, **described(error))
            return status, "internal error; the log has it"
        if status is grpc.StatusCode.DEADLINE_EXCEEDED:
            return status, f"the message took longer than {self.doors.limits.body_seconds:g} seconds"
        return status, str(error) or "the server is busy"


def options(limits: Limits) -> list[tuple[str, int]]:
    """Return gRPC's own settings for what a connection and a message may be."""
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", limits.body_bytes),
        ("grpc.max_metadata_size", limits.head_bytes // 2),
        ("grpc.absolute_max_metadata_size", limits.head_bytes),
        ("grpc.max_concurrent_streams", limits.waiting),
        ("grpc.max_allowed_incoming_connections", limits.connections),
        ("grpc.server_handshake_timeout_ms", round(1000 * limits.head_seconds)),
        ("grpc.max_connection_idle_ms", 1000 * limits.idle_seconds),
        ("grpc.keepalive_time_ms", 1000 * limits.idle_seconds),
        ("grpc.keepalive_timeout_ms", round(1000 * limits.send_seconds)),
    ]
