"""The gRPC door: kserve's service with versions and chosen outputs, a token, status codes with reasons, a log."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import grpc
from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.servicer import InferenceServicer

from pipeline.base.failure import Failure
from pipeline.server.guard import Doors, count, described, log
from pipeline.server.predictor import VERSION, Busy, Predictor


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


Method = Callable[[object, grpc.aio.ServicerContext], Awaitable[object]]
STATUS: Sequence[tuple[type[Exception], grpc.StatusCode]] = (
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (ModelNotFound, grpc.StatusCode.NOT_FOUND),
    (ModelNotReady, grpc.StatusCode.UNAVAILABLE),
    (Busy, grpc.StatusCode.UNAVAILABLE),
    (Failure, grpc.StatusCode.FAILED_PRECONDITION),
    (NotImplementedError, grpc.StatusCode.UNIMPLEMENTED),
    (Exception, grpc.StatusCode.INTERNAL),
)
"""The first that fits an error is its status."""


class GrpcGuard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Token, status codes with reasons, counters and the access log of gRPC."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

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
            about = {"id": str(getattr(request, "id", ""))[:128], "method": "grpc", "path": path}
            response: object = None
            if not health and not self.doors.admits(str(metadata.get("authorization", ""))):
                status, reason = grpc.StatusCode.UNAUTHENTICATED, "a bearer token is needed in `authorization`"
            else:
                (response,) = await asyncio.gather(method(request, context), return_exceptions=True)
                if isinstance(response, Exception):
                    status, reason = self.judge(response, about)
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
        return status, str(error) or "the server is busy"
