"""Export the trained model as one ONNX graph and write golden answers: `python -m pipeline.export`.

Writes build/onnx/model.onnx (weights inside, batch and free dimensions dynamic), what processing.py needs, and
golden.jsonl: synthetic inputs with the tensors and the answers of torch. ONNX Runtime must give the same answers.
`python -m pipeline.export --lines FILE` writes nothing of this, but from which line of this project each node comes.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from pipeline.base import device, digests, params
from pipeline.base.failure import Failure, run
from pipeline.base.files import fresh, write_bytes, write_json
from pipeline.base.params import Value
from pipeline.base.progress import Progress
from pipeline.task import examples, model, processing

MODEL, OUT = Path("build/model"), Path("build/onnx")
OPSET = 17
TOLERANCE = 1e-4
"""Largest difference between torch and ONNX Runtime, in fp32."""
MOST_VALUES = 4096
"""Larger tensors stand in golden.jsonl as a digest."""
Arrays: TypeAlias = dict[str, npt.NDArray[np.generic]]
Port: TypeAlias = Mapping[str, Value]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.export", description="Export the trained model.")
    parser.add_argument("--lines", type=Path, help="only write the line of the code of each node, as JSON")
    asked: Path | None = parser.parse_args().lines
    run("export", everything if asked is None else lambda: lines_of(asked))


def everything() -> None:
    """Write the graph and the golden answers."""
    settings = params.load()
    say = Progress("export")
    digests.verify(MODEL, "train")
    device.choose("cpu", 1, 0)
    inputs, outputs = settings.mappings("contract.tensors.inputs"), settings.mappings("contract.tensors.outputs")
    network, processor, samples = model.served(MODEL), processing.load(MODEL), examples.RAW
    fresh(OUT)
    example: Arrays = dict(processor.encode(samples))
    export(network, example, inputs, outputs, OUT / "model.onnx")
    for name in processing.FILES:
        shutil.copyfile(MODEL / name, OUT / name)
    session = opened(OUT / "model.onnx", example, inputs)
    worst, lines = 0.0, []
    names = [str(port["name"]) for port in outputs]
    for index in range(len(next(iter(samples.values())))):
        raw = {port: [values[index]] for port, values in samples.items()}
        tensors: Arrays = dict(processor.encode(raw))
        answers = answer(network, tensors, names)
        replayed = session.run(names, tensors)
        worst = max(worst, *(difference(answers[name], other) for name, other in zip(names, replayed, strict=True)))
        lines.append(golden(index, raw, tensors, answers, processor.decode(answers, raw)))
    if not worst <= TOLERANCE:
        hint = "the network does something that the exporter reads wrongly; simplify pipeline/task/model.py"
        message = f"torch and ONNX Runtime differ by {worst:.2g}, more than {TOLERANCE:g}"
        raise Failure("TS833", message, hint=hint, evidence={"difference": worst, "tolerance": TOLERANCE})
    write_bytes(OUT / "golden.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
    digests.seal(OUT)
    say(1, 1, "graphs", f"torch and ONNX Runtime differ by at most {worst:.1e} on {len(lines)} golden inputs")


def export(
    network: torch.nn.Module,
    tensors: Mapping[str, npt.NDArray[np.generic]],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    path: Path,
    *,
    verbose: bool = False,
) -> None:
    """Write a graph with the tracing exporter: seven times faster than torch.export, same answers.

    `verbose` prints it, and keeps from which code each node comes. A module says in `opsets` which domains besides
    ONNX's own its operators are of, and their versions. Raises onnx.checker.ValidationError when what the
    exporter made is no valid graph.
    """
    names = [str(port["name"]) for port in inputs]
    answers = [str(port["name"]) for port in outputs]
    axes = {str(port["name"]): free_dimensions(port) for port in (*inputs, *outputs)}
    example = tuple(torch.from_numpy(tensors[name][:2]) for name in names)
    opsets = {domain: number for one in network.modules() for domain, number in getattr(one, "opsets", {}).items()}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            example,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            custom_opsets=opsets,
            input_names=names,
            output_names=answers,
            dynamic_axes=axes,
            verbose=verbose,
        )
    onnx.checker.check_model(str(path))


def opened(path: Path, tensors: Arrays, inputs: Sequence[Port]) -> onnxruntime.InferenceSession:
    """Open a graph; inputs that the network does not read, and the exporter left out, are put back before.

    A table may lack numbers, for example: the graph still has the contract's inputs.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    if len(session.get_inputs()) == len(inputs):
        return session
    graph = onnx.load(path)
    there = {one.name: one for one in graph.graph.input}
    for port in inputs:
        name, free = str(port["name"]), free_dimensions(port)
        shape = [free.get(axis, size) for axis, size in enumerate(tensors[name].shape)]
        kind = onnx.helper.np_dtype_to_tensor_dtype(tensors[name].dtype)
        there.setdefault(name, onnx.helper.make_tensor_value_info(name, kind, shape))
    del graph.graph.input[:]
    graph.graph.input.extend(there[str(port["name"])] for port in inputs)
    onnx.checker.check_model(graph)
    onnx.save(graph, path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def lines_of(out: Path) -> None:
    """Write for each node the innermost line of this project's code that it comes from: `pipeline/task/model.py:93`."""
    settings, here = params.load(), f"{Path(__file__).parent}/"
    inputs, outputs = settings.mappings("contract.tensors.inputs"), settings.mappings("contract.tensors.outputs")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        tensors = processing.load(MODEL).encode(examples.RAW)
        export(model.served(MODEL), tensors, inputs, outputs, path, verbose=True)
        nodes = onnx.load(path).graph.node
    found = {}
    for node in nodes:
        frames = re.findall(rf"{re.escape(here)}([\w/]+\.py)\((\d+)\)", node.doc_string)
        if frames:
            found[node.name] = f"pipeline/{frames[0][0]}:{frames[0][1]}"
    write_json(out, found)


def free_dimensions(port: Port) -> dict[int, str]:
    """Name the dimensions that may vary: the first is the batch."""
    shape = port["shape"]
    assert isinstance(shape, list)
    return {axis: "batch" if axis == 0 else f"size_{axis}" for axis, size in enumerate(shape) if size == -1}


def answer(network: torch.nn.Module, tensors: Arrays, names: list[str]) -> Arrays:
    """Return torch's outputs by name."""
    with torch.inference_mode():
        result = network(*(torch.from_numpy(array) for array in tensors.values()))
    results = result if isinstance(result, tuple) else (result,)
    return {name: tensor.numpy() for name, tensor in zip(names, results, strict=True)}


def difference(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    """Return the largest difference, of numbers above 1 as a share of them; infinite when one of them is NaN."""
    first = one.astype(np.float64)
    gap = (np.abs(first - other.astype(np.float64)) / np.maximum(1.0, np.abs(first))).max(initial=0.0)
    return float(gap) if np.isfinite(gap) else float("inf")


def golden(
    index: int, raw: Mapping[str, Sequence[object]], tensors: Arrays, outputs: Arrays, answers: Mapping[str, object]
) -> object:
    """Return one line of golden.jsonl."""
    return {
        "id": str(index),
        "raw": {port: plain(values[0]) for port, values in raw.items()},
        "tensors": {name: described(array) for name, array in tensors.items()},
        "outputs": {name: described(array) for name, array in outputs.items()},
        "answer": {port: plain(values[0]) for port, values in answers.items()},  # type: ignore[index]
    }


def plain(value: object) -> object:
    """Return a value as JSON has it; a missing number is null."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    kept = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    if isinstance(kept, list):
        return [plain(one) for one in kept]
    return None if isinstance(kept, float) and np.isnan(kept) else kept


def described(array: npt.NDArray[np.generic]) -> dict[str, object]:
    """Return a tensor's type, shape and values, or their digest when they are many."""
    types = {"int64": "INT64", "int32": "INT32", "float32": "FP32", "float64": "FP64", "uint8": "UINT8", "bool": "BOOL"}
    about: dict[str, object] = {"datatype": types[array.dtype.name], "shape": list(array.shape)}
    if array.size <= MOST_VALUES:
        return about | {"data": array.ravel().tolist()}
    return about | {"sha256": hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}


if __name__ == "__main__":
    main()
