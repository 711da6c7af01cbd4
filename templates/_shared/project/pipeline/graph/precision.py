"""Make a graph of another number format from the one in fp32: fp16, and int8 for TensorRT (`rowwise` has the other)."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[np.generic]]


def keep(source: Path, target: Path) -> None:
    """Take the graph as it is."""
    shutil.copyfile(source, target)


def halve(source: Path, target: Path) -> None:
    """Store and compute in fp16; inputs and outputs keep their types. TensorRT reads its precision from the graph.

    The converter puts the casts of inputs behind what reads them, which is no valid graph: they are sorted.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    graph = convert_float_to_float16(onnx.load(source), keep_io_types=True, disable_shape_infer=False)
    ordered = OnnxModel(graph)
    ordered.topological_sort(is_deterministic=True)
    onnx.checker.check_model(ordered.model)
    onnx.save(ordered.model, target)


def calibrate(source: Path, target: Path, batches: Iterator[Tensors]) -> None:
    """Put Q/DQ nodes around matrix products and convolutions, with scales from the values that `batches` gives.

    Symmetric, as TensorRT computes: every zero point is 0.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Rows(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> Tensors | None:
            return next(batches, None)

    logging.getLogger().setLevel(logging.ERROR)
    quantize_static(
        source,
        target,
        Rows(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["MatMul", "Gemm", "Conv"],
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        extra_options={"ActivationSymmetric": True, "WeightSymmetric": True},
    )
    onnx.checker.check_model(str(target))
