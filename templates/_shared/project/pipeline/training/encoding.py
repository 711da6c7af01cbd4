"""Run a frozen encoder over many examples: in ONNX Runtime on a CPU, several times faster there than torch."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn

from pipeline.base.params import Params

OPSET = 17
Arrays = Mapping[str, npt.NDArray[np.generic]]
Runner = Callable[[Arrays], npt.NDArray[np.float32]]


def runner(encoder: nn.Module, example: Arrays, settings: Params, folder: Path) -> Runner:
    """Return a function that runs the encoder: in ONNX Runtime on a CPU, in torch on a GPU."""
    if settings.text("compute.train") == "gpu":
        network = encoder.to("cuda")

        def on_gpu(tensors: Arrays) -> npt.NDArray[np.float32]:
            with torch.inference_mode():
                result: npt.NDArray[np.float32] = (
                    network(*(torch.from_numpy(tensors[name]).cuda() for name in example)).cpu().numpy()
                )
            return result

        return on_gpu
    session = graph(encoder, example, folder / "encoder.onnx", settings.integer("compute.threads"))

    def on_cpu(tensors: Arrays) -> npt.NDArray[np.float32]:
        result: npt.NDArray[np.float32] = session.run(None, {name: tensors[name] for name in example})[0]
        return result

    return on_cpu


def graph(encoder: nn.Module, example: Arrays, path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Export an encoder and open it in ONNX Runtime."""
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder,
            tuple(torch.from_numpy(array) for array in example.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(example),
            output_names=["states"],
            dynamic_axes={
                name: {0: "batch"} if name == "pixels" else {0: "batch", 1: "words"} for name, array in example.items()
            }
            | {"states": {0: "batch"} if "pixels" in example else {0: "batch", 1: "words"}},
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    path.unlink()
    return session
