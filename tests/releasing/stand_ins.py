"""What only a GPU has, for tests: a trtexec that copies the graph, and a server that runs such a plan.

As `python stand_ins.py trtexec|tritonserver ...`. The server speaks the binary part of the Open Inference Protocol.
"""

import json
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime

HELP = "--stronglyTyped --skipInference --timingCacheFile=<file> --memPoolSize=... [TensorRT v110400]"
TYPES = {"FP32": np.float32, "INT64": np.int64}
LENGTH = "Inference-Header-Content-Length"


def trtexec(words: list[str]) -> int:
    """Copy the graph as the plan; refuse what a real one would: a flag that it does not offer, a missing shape."""
    if "--help" in words:
        print(HELP)
        return 0
    given = dict(word.partition("=")[::2] for word in words)
    known = {"--onnx", "--saveEngine", "--minShapes", "--optShapes", "--maxShapes"}
    unknown = [flag for flag in given if flag not in known and flag not in HELP]
    if unknown:
        print(f"Unknown option: {unknown[0]}")
        return 1
    graph = Path(given["--onnx"])
    inputs = {one.name for one in onnxruntime.InferenceSession(graph).get_inputs()}
    for flag in ("--minShapes", "--optShapes", "--maxShapes"):
        if {shape.partition(":")[0] for shape in given[flag].split(",")} != inputs:
            print(f"{flag} does not name the inputs {inputs}")
            return 1
    Path(given["--saveEngine"]).write_bytes(graph.read_bytes())
    print("&&&& PASSED TensorRT.trtexec [TensorRT v110400]")
    return 0


class Server(BaseHTTPRequestHandler):
    """Answers /v2/health/ready and infer."""

    session: onnxruntime.InferenceSession

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        at, inputs = int(self.headers[LENGTH]), {}
        for one in json.loads(body[:at])["inputs"]:
            size = one["parameters"]["binary_data_size"]
            inputs[one["name"]] = np.frombuffer(body[at : at + size], TYPES[one["datatype"]]).reshape(one["shape"])
            at += size
        names = [one.name for one in self.session.get_outputs()]
        arrays = dict(zip(names, self.session.run(names, inputs), strict=True))
        head = json.dumps({"outputs": [described(name, array) for name, array in arrays.items()]}).encode()
        self.send_response(200)
        self.send_header(LENGTH, str(len(head)))
        self.end_headers()
        self.wfile.write(b"".join([head, *(array.tobytes() for array in arrays.values())]))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def described(name: str, array: np.ndarray) -> Mapping[str, object]:  # type: ignore[type-arg]
    """Describe an output with binary data."""
    about = {"name": name, "datatype": "FP32", "shape": list(array.shape)}
    return {**about, "parameters": {"binary_data_size": array.nbytes}}


def tritonserver(words: list[str]) -> int:
    """Serve the one model of the repository until killed."""
    given = dict(word.partition("=")[::2] for word in words)
    (plan,) = Path(given["--model-repository"]).glob("*/1/model.plan")
    assert 'platform: "tensorrt_plan"' in (plan.parents[1] / "config.pbtxt").read_text()
    Server.session = onnxruntime.InferenceSession(plan.read_bytes())
    ThreadingHTTPServer(("127.0.0.1", int(given["--http-port"])), Server).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit({"trtexec": trtexec, "tritonserver": tritonserver}[sys.argv[1]](sys.argv[2:]))
