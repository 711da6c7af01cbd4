"""The model as kserve sees it: the same class on a laptop, in a predictor and in a transformer before Triton."""

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import kserve
import numpy as np
from grpc import RpcError
from httpx import HTTPError
from kserve.errors import InvalidInput
from kserve.protocol.infer_type import InferInput, InferOutput, InferRequest, InferResponse
from prometheus_client import Counter, Gauge, Histogram, Info

from pipeline.base import contract
from pipeline.base.contract import DTYPES, Array, BadRequest, Port, Raw
from pipeline.base.failure import Failure
from pipeline.protocol import picture_cost, wire
from pipeline.server.bundle import Bundle
from pipeline.server.drift import DRIFT
from pipeline.server.golden import Answer, golden_lines, raw_of
from pipeline.server.guard import log
from pipeline.server.inflight import Pixels
from pipeline.server.limits import Limits
from pipeline.watching import reference
from pipeline.watching.counting import Counting

VERSION = "1"
"""The version folder in the Triton repository, and so the model's version in the protocol."""
STEPS = Histogram(
    "serve_step_seconds",
    "Time of encode, run, decode and watch of one request",
    ["step"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
STEP = {step: STEPS.labels(step) for step in ("encode", "run", "decode", "watch")}
ROWS = Histogram("serve_batch_rows", "Rows in one request", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
WAITING = Gauge("serve_waiting_requests", "Requests that wait for the graph or are in it")
OPENED = Counter("serve_packages_opened", "Packages opened, at the start and by a reload", ["outcome"])
PACKAGE = Info("serve_package", "The package that is served")
QUICK = 0.002
"""Seconds. A model whose answers take less is asked in the event loop: a thread costs more than it frees."""
SMALL = 64 * 1024
"""Bytes. A larger body always goes to a thread, to be read too, and is counted while it is in memory."""
T = TypeVar("T")


class Busy(Exception):
    """More requests wait than may."""


@dataclass(kw_only=True)
class Work:
    """One request on its way through preprocess, predict and postprocess."""

    bundle: Bundle
    id: str
    raw: Raw
    size: int
    """Bytes of the request's body."""
    answer: Answer = field(default_factory=dict)


class Predictor(kserve.Model):  # type: ignore[misc]
    """Answers raw requests with `encode`, the graph (here, or in a predictor elsewhere) and `decode`."""

    def __init__(
        self,
        opener: Callable[[], Bundle],
        *,
        waiting: int = 256,
        most_pixels: int = Limits().pixels,
        quiet: bool = True,
    ) -> None:
        """Open the package. `waiting` is the most requests that may queue for the graph."""
        self.opener, self.quiet = opener, quiet
        self.bundle = opener()
        super().__init__(self.bundle.name)
        self.workers = ThreadPoolExecutor(self.bundle.settings.integer("serve.instances"), "model")
        self.reader = ThreadPoolExecutor(1, "read")
        """Reads large bodies, one at a time: what they are unpacked to is much larger than they."""
        self.pixels = Pixels(most_pixels)
        self.most, self.busy = waiting, 0
        WAITING.set_function(lambda: self.busy)
        self.counts = {"success": 0, "failure": 0, "inferences": 0, "nanoseconds": 0}
        self.opening = threading.Lock()
        self.serve(self.bundle)
        self.ready = True

    def load(self, *, wait: bool = False) -> bool:
        """Open the package again; requests on their way finish with the one they began with.

        Raises Failure when it is broken, and the old one stays; Busy when one is being opened, unless it shall `wait`.
        """
        if not self.opening.acquire(blocking=wait):
            raise Busy("a package is being opened already")
        with contextlib.ExitStack() as stack:
            stack.callback(self.opening.release)
            began = time.perf_counter()
            try:
                fresh = self.opener()
                if fresh.name != self.name:
                    message = f"the package now holds `{fresh.name}`, not `{self.name}`"
                    raise Failure("TS863", message, hint="restart the server")
            except Failure as failure:
                OPENED.labels("refused").inc()
                log(self.quiet, event="refused", code=failure.code, reason=failure.message)
                raise
            self.serve(fresh)
            took = round(time.perf_counter() - began, 3)
            log(self.quiet, event="loaded", revision=fresh.revision[:12], seconds=took)
        return True

    def reload(self) -> None:
        """Open the package again for a signal, which nobody waits for: the log tells how it ended."""
        with contextlib.suppress(Failure):
            self.load(wait=True)

    def serve(self, bundle: Bundle) -> None:
        """Put a package in place, in one step, after its speed was seen."""
        self.quick = quick(bundle)
        profile = reference.load(bundle.folder)
        self.counting = Counting(profile, bundle.contract) if profile else None
        DRIFT.show(bundle.name, self.counting)
        self.bundle = bundle
        OPENED.labels("loaded").inc()
        version = bundle.settings.text("version")
        PACKAGE.info({"name": bundle.name, "version": version, "revision": bundle.revision[:12]})

    def get_input_types(self) -> list[dict[str, object]]:
        """Return the raw ports for the metadata."""
        return [port.described() for port in self.bundle.contract.raw]

    def get_output_types(self) -> list[dict[str, object]]:
        """Return the answer's ports for the metadata."""
        return [port.described() for port in self.bundle.contract.answer]

    def validate(self, payload: Work) -> Work:
        """Let `preprocess` have the last word on what is valid."""
        return payload

    async def preprocess(self, payload: object, headers: Mapping[str, str] | None = None) -> Work:
        """Check the request. Raises InvalidInput, which becomes status 400, and Busy, which becomes 503."""
        if not isinstance(payload, InferRequest):
            raise InvalidInput("use the Open Inference Protocol, version 2")
        bundle = self.bundle
        if payload.model_version not in (None, "", VERSION):
            raise InvalidInput(f"there is version {VERSION} only")
        size = sum(len(tensor._raw_data or b"") for tensor in payload.inputs)
        read = partial(self._read, payload, bundle)
        loop = asyncio.get_running_loop()
        raw = await loop.run_in_executor(self.reader, read) if size > SMALL else read()
        return self.admit(bundle, payload.id or secrets.token_hex(8), raw, size)

    def admit(self, bundle: Bundle, request_id: str, raw: Raw, size: int) -> Work:
        """Take a checked request in. Raises Busy."""
        if self.busy >= self.most:
            raise Busy
        ROWS.observe(len(next(iter(raw.values()))))
        return Work(bundle=bundle, id=request_id, raw=raw, size=size)

    async def predict(self, work: Work, headers: Mapping[str, str] | None = None, _: object = None) -> Work:
        """Answer: a quick model at once, any other in a worker thread, so that health checks never wait for it."""
        self.busy += 1
        began = time.perf_counter_ns()
        try:
            if work.bundle.session is None:
                tensors = await self._thread(lambda: self._encode(work))
                with STEP["run"].time():
                    outputs = await self._elsewhere(tensors, work, headers)
                work.answer = await self._thread(lambda: self._decode(work, outputs))
            elif self.quick and work.size <= SMALL:
                work.answer = self._answer(work)
                self.quick = time.perf_counter_ns() - began < 20 * QUICK * 1e9
            else:
                work.answer = await self._thread(lambda: self._answer(work))
        except BaseException:
            self.counts["failure"] += 1
            raise
        finally:
            self.busy -= 1
            self.counts["nanoseconds"] += time.perf_counter_ns() - began
        self.counts["success"] += 1
        self.counts["inferences"] += len(next(iter(work.raw.values())))
        return work

    async def postprocess(
        self, work: Work, headers: Mapping[str, str] | None = None, _: object = None
    ) -> InferResponse:
        """Shape the answer for the wire."""
        outputs = []
        for port in work.bundle.contract.answer:
            array = contract.to_array(port, work.answer[port.name])
            outputs.append(InferOutput(name=port.name, shape=list(array.shape), datatype=port.datatype, data=array))
        return InferResponse(response_id=work.id, model_name=self.name, model_version=VERSION, infer_outputs=outputs)

    async def _thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.workers, call)

    def _answer(self, work: Work) -> Answer:
        tensors = self._encode(work)
        with STEP["run"].time():
            outputs = work.bundle.run(tensors)
        return self._decode(work, outputs)

    def _encode(self, work: Work) -> Mapping[str, Array]:
        try:
            with STEP["encode"].time():
                pixels = picture_cost.check_pictures(work.bundle.contract.raw, work.raw, self.pixels.most)
                if not pixels:
                    return work.bundle.processor.encode(work.raw)
                with self.pixels.taken(pixels):
                    return work.bundle.processor.encode(work.raw)
        except ValueError as error:
            raise InvalidInput(str(error)) from error

    def _decode(self, work: Work, outputs: Mapping[str, Array]) -> Answer:
        with STEP["decode"].time():
            answer = work.bundle.processor.decode(outputs, work.raw)
        if self.counting is not None and work.bundle is self.bundle:
            with STEP["watch"].time():
                self.counting.see(work.raw, answer)
        return answer

    async def _elsewhere(
        self, tensors: Mapping[str, Array], work: Work, headers: Mapping[str, str] | None
    ) -> dict[str, Array]:
        """Send the tensors to the predictor that `--predictor_host` names."""
        inputs = []
        for port in work.bundle.contract.inputs:
            array = np.ascontiguousarray(tensors[port.name])
            tensor = InferInput(name=port.name, shape=list(array.shape), datatype=port.datatype)
            tensor.set_data_from_numpy(array, binary_data=True)
            inputs.append(tensor)
        request = InferRequest(model_name=self.name, infer_inputs=inputs, request_id=work.id)
        try:
            response = await super().predict(request, dict(headers or {}))
        except (RpcError, HTTPError) as error:
            raise Busy("the predictor does not answer") from error
        return {output.name: output.as_numpy() for output in response.outputs}

    def _read(self, payload: InferRequest, bundle: Bundle) -> Raw:
        try:
            return contract.to_raw(bundle.contract.raw, self._arrays(payload, bundle), bundle.max_batch)
        except BadRequest as error:
            raise InvalidInput(str(error)) from error

    @staticmethod
    def _arrays(payload: InferRequest, bundle: Bundle) -> dict[str, Array]:
        known = {port.name: port for port in bundle.contract.raw}
        arrays: dict[str, Array] = {}
        for tensor in payload.inputs:
            if tensor.name in arrays:
                raise BadRequest(f"input `{tensor.name[:80]}` is given twice")
            port = known.get(tensor.name)
            arrays[tensor.name] = _array(tensor, port, bundle.max_batch) if port else np.empty(0)
        return arrays


def quick(bundle: Bundle) -> bool:
    """Tell whether the model answers at once: it does so to its golden inputs, and no input's cost is the sender's."""
    if bundle.session is None or any(port.kind == "image" for port in bundle.contract.raw):
        return False
    slowest = 0.0
    for line, _ in zip(golden_lines(bundle.folder), range(4), strict=False):
        raw, seconds = raw_of(line, bundle.contract), []
        for _ in range(4):
            began = time.perf_counter()
            bundle.answer(raw)
            seconds.append(time.perf_counter() - began)
        slowest = max(slowest, min(seconds))
    return 0 < slowest < QUICK


def _array(tensor: InferInput, port: Port, most: int) -> Array:
    """Return an input's array; over HTTP it is one already, over gRPC typed contents or raw bytes."""
    if isinstance(tensor.data, np.ndarray):
        return tensor.data
    if tensor.datatype != port.datatype:
        raise BadRequest(f"input `{port.name}` has datatype {tensor.datatype[:20]}, expected {port.datatype}")
    contract.check_shape(port, tensor.shape)
    contract.check_rows(port, tensor.shape[0], most)
    raw = tensor._raw_data
    if raw is not None:
        array = wire.from_bytes(raw, port, tensor.shape)
    elif port.datatype == "BYTES":
        array = np.empty(len(tensor.data), dtype=np.object_)
        array[:] = tensor.data
    else:
        array = np.array(tensor.data, dtype=DTYPES[port.datatype])
    wire.check_count(port, array.size, tensor.shape)
    return array.reshape(tensor.shape)
