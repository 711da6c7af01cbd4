"""kserve's ModelServer with our doors: strict HTTP and gRPC on a chosen host, both drained on SIGTERM."""

import asyncio
import contextlib
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import FrameType

import grpc
import kserve
import uvicorn
import uvloop
from kserve.predictor_config import PredictorConfig
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as services
from kserve.protocol.rest.server import RESTServer

from pipeline.server.guard import Doors, Guard, log
from pipeline.server.inflight import Awaiting, Bytes
from pipeline.server.page import Page
from pipeline.server.predictor import Predictor
from pipeline.server.routes import Routes
from pipeline.server.rpc import GrpcGuard, Servicer, options
from pipeline.server.transport.connections import Connection


class Lingering(uvicorn.Server):
    """A server that closes its door first and its open connections later: a client never writes into a closed one."""

    guard: Guard
    linger: float

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to close; Ctrl-C does not wait for open connections."""
        if sig == signal.SIGINT:
            self.linger = 0.0
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connection; ask the open ones to close, with the answer to what they may still send."""
        for server in self.servers:
            server.close()
        self.guard.closing = True
        end = time.monotonic() + self.linger
        while self.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)


class Rest(RESTServer):  # type: ignore[misc]
    """kserve's REST server with our routes only."""

    def __init__(self, server: "Server") -> None:
        doors = server.doors
        super().__init__("kserve.model_server:app", server.dataplane, server.model_repository_extension, doors.port)
        self.config.host, self.config.timeout_graceful_shutdown = doors.host, doors.grace
        self.config.access_log, self.config.ws = False, "none"
        self.config.proxy_headers = self.config.server_header = False  # nothing here asks who the sender is
        self.config.timeout_keep_alive = doors.limits.idle_seconds
        connection = partial(Connection, limits=doors.limits, awaiting=Awaiting(doors.limits.connections))
        self.config.http = connection
        self.guard = Guard(Routes(server.dataplane, server.page, doors, server.room), doors)
        self._server = Lingering(self.config)
        self._server.guard, self._server.linger = self.guard, doors.linger

    def create_application(self) -> None:
        """Serve our routes instead of kserve's application."""
        self.config.app, self.config.lifespan = self.guard, "off"


class Server(kserve.ModelServer):  # type: ignore[misc]
    """ModelServer that binds to a chosen host, guards both doors and drains both on SIGTERM."""

    def __init__(self, doors: Doors, page: Page, elsewhere: PredictorConfig) -> None:
        ports = {"http_port": doors.port, "grpc_port": doors.grpc_port}
        super().__init__(**ports, grace_period=doors.grace, predictor_config=elsewhere)
        self.doors, self.page, self.room = doors, page, Bytes(doors.limits.bytes_in_flight)

    def start(self, models: list[Predictor]) -> None:
        """Serve until a signal comes."""
        self._register_and_check_atleast_one_model_is_ready(models)
        rest = Rest(self)

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
            interceptors=[GrpcGuard(self.doors, self.page.model, self.room)],
            options=options(self.doors.limits),
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
        while not rest.guard.closing and not rest._server.should_exit:
            await asyncio.sleep(0.05)
        log(self.doors.quiet, event="draining")
        await server.stop(self.doors.grace)
