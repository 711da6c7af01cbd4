"""model_repository/<name>/: the Triton model repository's config.pbtxt and labels, from typed values."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from trainerspec.backends.params import params
from trainerspec.catalog.model import Task
from trainerspec.ir.json import Json, JsonObject
from trainerspec.ir.plan import Plan
from trainerspec.language.escaping import pbtxt

VERSION = "1"
WARM_SIZE = 16
"""What a free dimension is in the warm-up request."""


class Word(str):
    """An enum value: written without quotes."""


Field: TypeAlias = "str | int | bool | Word | Mapping[str, Field] | Sequence[Field]"
Message: TypeAlias = Mapping[str, Field]


def files(plan: Plan, task: Task) -> Mapping[str, bytes]:
    """Write the repository without the graph, which the package stage puts in."""
    return repository(params(plan.pinned, task))


def repository(settings: JsonObject) -> Mapping[str, bytes]:
    """Write config.pbtxt and labels.txt of the model that params.yaml describes."""
    name, labels = str(settings["name"]), _list(settings, "labels")
    made = {f"model_repository/{name}/config.pbtxt": text(config(settings)).encode()}
    if labels:
        made[f"model_repository/{name}/labels.txt"] = "".join(f"{label}\n" for label in labels).encode()
    return made


def plan_config(settings: JsonObject) -> bytes:
    """Write the config.pbtxt of the TensorRT plan that the engine job builds from the graph."""
    described = {key: value for key, value in config(settings).items() if key != "optimization"}
    return text({**described, "platform": "tensorrt_plan"}).encode()


def config(settings: JsonObject) -> Message:
    """Describe the model as Triton's ModelConfig, with nothing left to auto-completion."""
    serve, tensors = _object(settings, "serve"), _object(_object(settings, "contract"), "tensors")
    classes = len(_list(settings, "labels"))
    sides = {side: [_port(port) for port in _list(tensors, side)] for side in ("inputs", "outputs")}
    batched = all(shape[0] == -1 for ports in sides.values() for _, _, shape in ports)
    gpu = serve["engine"] == "tensorrt"
    described: dict[str, Field] = {
        "name": str(settings["name"]),
        "platform": "onnxruntime_onnx",
        "max_batch_size": _integer(serve["max_batch_size"]) if batched else 0,
        "input": [_tensor(name, kind, shape, batched=batched) for name, kind, shape in sides["inputs"]],
        "output": [
            _tensor(name, kind, shape, batched=batched, labelled=classes > 0 and shape[-1] == classes)
            for name, kind, shape in sides["outputs"]
        ],
        "version_policy": {"latest": {"num_versions": 1}},
        "instance_group": [{"count": _integer(serve["instances"]), "kind": Word("KIND_GPU" if gpu else "KIND_AUTO")}],
    }
    if batched:
        described["dynamic_batching"] = {}
    if gpu:
        described["optimization"] = {"execution_accelerators": {"gpu_execution_accelerator": [TENSORRT]}}
    else:
        threads = str(_object(settings, "compute")["threads"])
        described["parameters"] = [
            {"key": "intra_op_thread_count", "value": {"string_value": threads}},
            {"key": "inter_op_thread_count", "value": {"string_value": "1"}},
        ]
    warm = _warm(sides["inputs"], batched)
    described["model_warmup"] = [{"name": "warm-up", "batch_size": 1 if batched else 0, "inputs": warm}]
    return described


TENSORRT: Message = {
    "name": "tensorrt",
    "parameters": [
        {"key": "trt_engine_cache_enable", "value": "true"},
        {"key": "trt_engine_cache_path", "value": "/tmp/engines"},
    ],
}
"""ONNX Runtime hands the graph to TensorRT, which builds the engine on its GPU; the graph has the precision."""


def text(message: Message, indent: str = "") -> str:
    """Write protobuf text format.

    >>> message = {"name": "m", "dims": [-1, 3], "kind": Word("KIND_CPU"), "group": [{"count": 1}], "batching": {}}
    >>> print(text(message), end="")
    name: "m"
    dims: [-1, 3]
    kind: KIND_CPU
    group {
      count: 1
    }
    batching {}
    """
    lines = []
    for key, value in message.items():
        if isinstance(value, Mapping):
            lines.append(_block(key, value, indent))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            messages = [item for item in value if isinstance(item, Mapping)]
            if messages:
                lines.extend(_block(key, item, indent) for item in messages)
            else:
                lines.append(f"{indent}{key}: [{', '.join(_scalar(item) for item in value)}]\n")
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}\n")
    return "".join(lines)


def _block(key: str, message: Message, indent: str) -> str:
    inner = text(message, indent + "  ")
    return f"{indent}{key} {{\n{inner}{indent}}}\n" if inner else f"{indent}{key} {{}}\n"


def _scalar(value: Field) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Word):
        return str(value)
    if isinstance(value, str):
        return pbtxt(value)
    raise TypeError(f"no scalar: {value!r}")


def _tensor(name: str, kind: str, shape: list[int], *, batched: bool, labelled: bool = False) -> Message:
    """Describe one tensor; Triton's dims leave the batch out, and may not be empty."""
    dims = shape[1:] if batched else shape
    about: dict[str, Field] = {"name": name, "data_type": Word(kind), "dims": dims or [1]}
    if not dims:
        about["reshape"] = {"shape": []}
    if labelled:
        about["label_filename"] = "labels.txt"
    return about


def _warm(inputs: list[tuple[str, str, list[int]]], batched: bool) -> list[Field]:
    warm: list[Field] = []
    for name, kind, shape in inputs:
        dims = [WARM_SIZE if size == -1 else size for size in (shape[1:] if batched else shape)]
        warm.append({"key": name, "value": {"data_type": Word(kind), "dims": dims or [1], "zero_data": True}})
    return warm


def _port(port: Json) -> tuple[str, str, list[int]]:
    assert isinstance(port, Mapping)
    datatype = str(port["datatype"])
    shape = [_integer(size) for size in _list(port, "shape")]
    return str(port["name"]), "TYPE_STRING" if datatype == "BYTES" else f"TYPE_{datatype}", shape


def _object(parent: JsonObject, key: str) -> JsonObject:
    value = parent[key]
    assert isinstance(value, Mapping), key
    return value


def _list(parent: JsonObject, key: str) -> Sequence[Json]:
    value = parent[key]
    assert isinstance(value, Sequence), key
    assert not isinstance(value, str), key
    return value


def _integer(value: Json) -> int:
    assert isinstance(value, int), value
    return value
