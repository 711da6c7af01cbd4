"""Replay a package's golden.jsonl on a server, as a client in a process of its own (run in the package's folder).

    python client.py http|grpc|tensors-http|tensors-grpc ADDRESS

The first two send raw requests, the others the encoded tensors to Triton itself. Prints one JSON object: the model's
name and the largest difference. Ends with a traceback when an answer differs by more than the tolerance.
"""

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, ".")
from pipeline import bundle, contract, params  # type: ignore[import-not-found]

Arrays = Mapping[str, np.ndarray[Any, Any]]


def main(door: str, address: str) -> None:
    """Replay and print."""
    settings = params.load(Path("params.yaml"))
    agreed, name = contract.load(settings), settings.text("name")
    protocol: Any = import_module(f"tritonclient.{door.removeprefix('tensors-')}")
    client = protocol.InferenceServerClient(address)

    def ask(ports: Any, values: Mapping[str, Any]) -> Any:
        inputs = []
        for port in ports:
            array = contract.to_array(port, values[port.name])
            tensor = protocol.InferInput(port.name, list(array.shape), port.datatype)
            tensor.set_data_from_numpy(array)
            inputs.append(tensor)
        return client.infer(name, inputs)

    def raw(values: Mapping[str, Any]) -> Arrays:
        result = ask(agreed.raw, values)
        answers = {port.name: result.as_numpy(port.name) for port in agreed.answer}
        return {name: list(found) if found.dtype == np.object_ else found for name, found in answers.items()}

    def tensors(values: Mapping[str, Any]) -> Any:
        result = ask(agreed.inputs, processor.encode(values))
        return processor.decode({port.name: result.as_numpy(port.name) for port in agreed.outputs}, values)

    processor = bundle.processor(Path())
    answer = tensors if door.startswith("tensors-") else raw
    print(json.dumps({"name": name, "worst": bundle.replay(Path(), agreed, answer)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
