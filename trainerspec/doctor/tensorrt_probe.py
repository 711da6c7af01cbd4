"""Parse and compile a graph with TensorRT-RTX: `python tensorrt_probe.py model.onnx '{"input": [[1], [8], [64]]}'`.

Runs by itself, in the environment of requirements-tensorrt.txt; no GPU is needed. Prints one JSON object: the version,
what the parser refuses (node, operator, reason), and of the engine its bytes and the seconds it took.
"""

import ctypes
import importlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

SHOWN = 50
"""Refused nodes that are told."""


def main(graph: Path, shapes: dict[str, list[list[int]]]) -> dict[str, object]:
    """Probe one graph; `shapes` gives each input's smallest, usual and largest shape."""
    trt = library()
    log = Log.over(trt)
    builder = trt.Builder(log)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, log)
    content = graph.read_bytes()
    found: dict[str, object] = {"version": trt.__version__, "refused": [], "layers": 0}
    began = time.perf_counter()
    if not parser.parse(content, str(graph)):
        return found | {"refused": refused(parser, content) or [{"reason": log.last()}]}
    found |= {"layers": network.num_layers, "parse.seconds": round(time.perf_counter() - began, 3)}
    config = builder.create_builder_config()
    config.add_optimization_profile(profile(builder, network, shapes))
    began = time.perf_counter()
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        return found | {"refused": [{"reason": log.last()}]}
    return found | {"engine.bytes": engine.nbytes, "build.seconds": round(time.perf_counter() - began, 3)}


def library() -> Any:
    """Load NVIDIA's libraries from the wheel of its ONNX Runtime plug-in, then the bindings over them."""
    plugin = importlib.import_module("onnxruntime_ep_nv_tensorrt_rtx")
    folder = Path(plugin.get_library_path()).parent
    for name in ("libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1"):
        ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
    return importlib.import_module("tensorrt_rtx_bindings")


class Log:
    """Keeps what the library says of errors."""

    said: list[str]

    @staticmethod
    def over(trt: Any) -> Any:
        """Make a logger of the library's own class."""

        class Kept(trt.ILogger):  # type: ignore[misc]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)
                self.said: list[str] = []

            def log(self, severity: Any, message: str) -> None:
                if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                    self.said.append(message)

            def last(self) -> str:
                return self.said[-1] if self.said else "it gave no reason"

        return Kept()


def profile(builder: Any, network: Any, shapes: dict[str, list[list[int]]]) -> Any:
    """Return the range of shapes that the engine takes."""
    made = builder.create_optimization_profile()
    for index in range(network.num_inputs):
        port = network.get_input(index)
        least, usual, most = shapes.get(port.name) or [[max(1, size) for size in port.shape]] * 3
        made.set_shape(port.name, least, usual, most)
    return made


def refused(parser: Any, content: bytes) -> list[dict[str, str]]:
    """Name every node or input that the parser refused."""
    onnx = importlib.import_module("onnx")
    graph = onnx.load_from_string(content).graph
    found = []
    for error in (parser.get_error(index) for index in range(parser.num_errors)):
        place = error.node()
        if 0 <= place < len(graph.node):
            node = graph.node[place]
            name = node.name or f"the node that gives {', '.join(node.output)}"
            found.append({"node": name, "operator": node.op_type, "reason": reason(error)})
        else:
            texts = [port.name for port in graph.input if port.type.tensor_type.elem_type == onnx.TensorProto.STRING]
            told = (
                {"reason": "TensorRT has no texts", "operator": "STRING input"} if texts else {"reason": reason(error)}
            )
            found.append({"node": ", ".join(texts), **told})
    return found[:SHOWN]


def reason(error: Any) -> str:
    """Return the parser's reason in words: what stands in quotes, else its kind of error.

    Its checkers say `false` where there is simply no such operator.
    """
    said = str(error.desc())
    quoted = re.findall(r'"([^"]+)"', said)
    kind = str(error.code()).rpartition(".")[2].lower().replace("_", " ")
    return quoted[0] if quoted else "TensorRT has no such operator" if said == "false" else f"{kind}: {said}"


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})))
