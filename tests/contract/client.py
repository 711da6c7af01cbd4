"""Replay a package's golden.jsonl on a server, as a client in a process of its own (run in the package's folder).

    python client.py http|grpc|tensors-http|tensors-grpc|graph ADDRESS

The first two send raw requests, the next two the encoded tensors to Triton itself; the last asks the graph in a file,
with no server at all. Prints one JSON object: the model's name and the largest difference. Ends with a traceback when
an answer differs by more than the tolerance.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, ".")
from pipeline.base import contract, params
from pipeline.server import bundle, golden  # type: ignore[import-not-found]

Answer = Callable[[Any], Any]
"""Raw values in, the answer's values out."""


def graph(agreed: Any, path: str) -> Answer:
    """Ask the graph in a file with ONNX Runtime."""
    session, processor = bundle.session(Path(path), 1), bundle.processor(Path())
    names = [port.name for port in agreed.outputs]

    def answer(raw: Any) -> Any:
        outputs = session.run(names, dict(processor.encode(raw)))
        return processor.decode(dict(zip(names, outputs, strict=True)), raw)

    return answer


def server(agreed: Any, name: str, door: str, address: str) -> Answer:
    """Ask a server with tritonclient: raw requests, or tensors that are encoded and decoded here."""
    protocol: Any = import_module(f"tritonclient.{door.removeprefix('tensors-')}")
    client, processor = protocol.InferenceServerClient(address), bundle.processor(Path())

    def ask(ports: Any, values: Any) -> Any:
        inputs = []
        for port in ports:
            array = contract.to_array(port, values[port.name])
            inputs.append(protocol.InferInput(port.name, list(array.shape), port.datatype))
            inputs[-1].set_data_from_numpy(array)
        return client.infer(name, inputs)

    def raw(values: Any) -> Any:
        result = ask(agreed.raw, values)
        answers = {port.name: result.as_numpy(port.name) for port in agreed.answer}
        return {name: list(found) if found.dtype == np.object_ else found for name, found in answers.items()}

    def tensors(values: Any) -> Any:
        result = ask(agreed.inputs, processor.encode(values))
        return processor.decode({port.name: result.as_numpy(port.name) for port in agreed.outputs}, values)

    return tensors if door.startswith("tensors-") else raw


def main(door: str, address: str) -> None:
    """Replay and print."""
    settings = params.load(Path("params.yaml"))
    agreed, name = contract.load(settings), settings.text("name")
    answer = graph(agreed, address) if door == "graph" else server(agreed, name, door, address)
    print(json.dumps({"name": name, "worst": golden.replay(Path(), agreed, answer)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
