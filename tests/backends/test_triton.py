"""config.pbtxt says what Triton reads, and nothing is left to auto-completion."""

import json
import subprocess
import sys

from tests import needs
from tests.backends.fixtures import GROUNDING, NEWS
from trainerspec.backends.triton import plan_config, repository
from trainerspec.ir.json import JsonObject

PARSE = """
import json, sys
from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig
config = text_format.Parse(sys.stdin.read(), ModelConfig())
print(json.dumps(json_format.MessageToDict(config, preserving_proto_field_name=True)))
"""


def parsed(settings: JsonObject) -> dict[str, object]:
    """Read config.pbtxt with tritonclient's own protobuf, in its own process: it clashes with kserve's."""
    return parsed_text(repository(settings)[f"model_repository/{settings['name']}/config.pbtxt"])


def parsed_text(content: bytes) -> dict[str, object]:
    """Read a config.pbtxt."""
    needs.packages("tritonclient")
    done = subprocess.run([sys.executable, "-c", PARSE], input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    config: dict[str, object] = json.loads(done.stdout)
    return config


def test_a_text_classifier() -> None:
    config = parsed(NEWS)
    assert config["name"] == "news-desk"
    assert config["platform"] == "onnxruntime_onnx"
    assert config["max_batch_size"] == 32
    assert config["input"] == [
        {"name": "input_ids", "data_type": "TYPE_INT64", "dims": ["-1"]},
        {"name": "attention_mask", "data_type": "TYPE_INT64", "dims": ["-1"]},
    ]
    output = {"name": "probabilities", "data_type": "TYPE_FP32", "dims": ["3"], "label_filename": "labels.txt"}
    assert config["output"] == [output]
    assert config["dynamic_batching"] == {}
    assert config["version_policy"] == {"latest": {"num_versions": 1}}
    assert config["instance_group"] == [{"count": 1}], "KIND_AUTO is the enum's zero"
    assert config["parameters"]["intra_op_thread_count"] == {"string_value": "2"}  # type: ignore[index]
    assert "Ärger\n" in repository(NEWS)["model_repository/news-desk/labels.txt"].decode()


def test_scalars_a_row_get_a_reshape_and_pictures_their_size() -> None:
    config = parsed(GROUNDING)
    assert config["input"] == [
        {"name": "pixels", "data_type": "TYPE_FP32", "dims": ["3", "224", "224"]},
        {"name": "seed", "data_type": "TYPE_INT64", "dims": ["1"], "reshape": {}},
    ]
    assert "model_repository/find-it/labels.txt" not in repository(GROUNDING)


def test_tensorrt_runs_on_the_gpu() -> None:
    serve = NEWS["serve"]
    assert isinstance(serve, dict)
    config = parsed({**NEWS, "serve": {**serve, "engine": "tensorrt"}})
    assert config["instance_group"] == [{"count": 1, "kind": "KIND_GPU"}]
    accelerators = config["optimization"]["execution_accelerators"]["gpu_execution_accelerator"]  # type: ignore[index]
    assert accelerators[0]["name"] == "tensorrt"


def test_a_graph_without_a_batch_dimension_is_not_batched() -> None:
    tensors = {
        "inputs": [{"name": "x", "kind": "tensor", "datatype": "FP32", "shape": [4]}],
        "outputs": [{"name": "y", "kind": "tensor", "datatype": "FP32", "shape": [2]}],
    }
    config = parsed({**NEWS, "contract": {"tensors": tensors}})
    assert "max_batch_size" not in config
    assert "dynamic_batching" not in config
    assert config["input"] == [{"name": "x", "data_type": "TYPE_FP32", "dims": ["4"]}]


def test_equal_settings_give_equal_bytes() -> None:
    assert repository(NEWS) == repository(json.loads(json.dumps(NEWS)))


def test_the_plan_of_the_same_graph() -> None:
    """Nothing differs but the platform, and what ONNX Runtime is told."""
    settings = {**NEWS, "serve": {**NEWS["serve"], "engine": "tensorrt"}}  # type: ignore[dict-item]
    graph = parsed(settings)
    plan = parsed_text(plan_config(settings))
    assert plan.pop("platform") == "tensorrt_plan"
    assert graph.pop("platform") == "onnxruntime_onnx"
    assert graph.pop("optimization")
    assert plan == graph
