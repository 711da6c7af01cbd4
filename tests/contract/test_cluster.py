"""What is emitted for a cluster, started here with the manifests' own arguments: real Triton behind the transformer."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.contract.tritonserver import passes, site, tritonserver
from tests.serving import tiny
from tests.serving.browser import free_port
from tests.serving.test_clients import TEXTS, WANTED, body, post, script
from trainerspec.backends import kserve, triton
from trainerspec.language.yaml import load

pytestmark = [pytest.mark.triton, pytest.mark.slow]
DEPLOYMENT = kserve.Deployment(name="tiny", version="0.1.0", engine="onnx", threads=1, instances=1, memory=1024)


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The pod's two containers as local processes; `ports` maps the manifests' ports to free ones."""

    ports: Mapping[int, int]
    transformer: subprocess.Popen[bytes]
    package: Path


def container(path: str, *keys: str) -> dict[str, object]:
    """Give the first container of a rendered manifest."""
    node: object = load(kserve.manifests(DEPLOYMENT)[f"deploy/base/{path}"])
    for key in (*keys, "containers"):
        assert isinstance(node, dict)
        node = node[key]
    assert isinstance(node, list)
    found: dict[str, object] = node[0]
    return found


def moved(arguments: object, ports: Mapping[int, int]) -> list[str]:
    """Move every port in the arguments, and nothing else."""
    assert isinstance(arguments, list)
    return [re.sub(r"(?<=[=:])\d{4}$", lambda found: str(ports[int(found[0])]), argument) for argument in arguments]


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    site()
    folder = tmp_path_factory.mktemp("pod")
    package = tiny.package(folder / "package")
    for path, content in triton.repository(tiny.PARAMS).items():  # type: ignore[arg-type]
        (package / path).write_bytes(content)
    runtime = container("servingruntime.yaml", "spec")
    beside = container("inferenceservice.yaml", "spec", "predictor")
    wanted = (kserve.HTTP, kserve.GRPC, kserve.TRITON_HTTP, kserve.TRITON_GRPC, kserve.METRICS)
    ports = {port: free_port() for port in wanted}
    program, *arguments = moved(runtime["args"], ports)
    assert program == "tritonserver"
    here = [argument.replace("/mnt/models", str(package / "model_repository")) for argument in arguments]
    variables = {entry["name"]: entry["value"] for entry in beside["env"]}  # type: ignore[attr-defined]
    command = [sys.executable, *beside["command"][1:], *moved(beside["args"], ports)]  # type: ignore[index]
    log = (folder / "transformer.log").open("wb")
    with tritonserver(folder / "backends", here, folder / "triton.log") as server:
        process = subprocess.Popen(command, cwd=package, env={**os.environ, **variables}, stdout=log, stderr=log)
        try:
            for one, about in ((server, runtime), (process, beside)):
                end = time.monotonic() + 90
                while not passes(about["startupProbe"], ports):  # type: ignore[arg-type]
                    alive = one.poll() is None and time.monotonic() < end
                    assert alive, (folder / "triton.log").read_text()[-3000:] + (folder / "transformer.log").read_text()
                    time.sleep(0.2)
                assert passes(about["readinessProbe"], ports)  # type: ignore[arg-type]
                assert passes(about["livenessProbe"], ports)  # type: ignore[arg-type]
            yield Pod(ports=ports, transformer=process, package=package)
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def url(pod: Pod) -> str:
    return f"127.0.0.1:{pod.ports[kserve.HTTP]}/v2/models/tiny/infer"


def test_golden_answers_through_the_transformer(pod: Pod) -> None:
    for line in (pod.package / "golden.jsonl").read_text(encoding="utf-8").splitlines():
        golden = json.loads(line)
        status, answer, _ = post(url(pod), body([golden["raw"]["text"]]))
        assert status == 200, answer
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}  # type: ignore[index, union-attr]
        assert outputs["label"] == [golden["answer"]["label"]]
        assert np.abs(np.array(outputs["scores"]) - golden["answer"]["scores"]).max() < 1e-4


def test_batches_and_bad_requests(pod: Pod) -> None:
    status, answer, _ = post(url(pod), body(TEXTS))
    assert (status, answer["outputs"][0]["data"]) == (200, WANTED)  # type: ignore[index]
    assert post(url(pod), body(["a"] * 5))[0] == 400
    assert post(url(pod).replace("tiny", "other"), body(["a"]))[0] == 404


TENSORS = """
import json, sys, numpy as np
import tritonclient.grpc as grpc, tritonclient.http as http
def ask(protocol, address, rows, width=3):
    client = protocol.InferenceServerClient(address)
    tensor = protocol.InferInput("counts", [rows, width], "FP32")
    tensor.set_data_from_numpy(np.eye(rows, width, dtype=np.float32))
    try:
        return client.infer("tiny", [tensor]).as_numpy("probabilities").argmax(axis=1).tolist()
    except protocol.InferenceServerException as error:
        return error.message()
about = http.InferenceServerClient(sys.argv[1]).get_model_config("tiny")
out = {"http": ask(http, sys.argv[1], 3), "grpc": ask(grpc, sys.argv[2], 3), "many": ask(http, sys.argv[1], 5)}
print(json.dumps({**out, "shape": ask(http, sys.argv[1], 1, 7), "config": about}))
"""


def test_triton_itself_answers_tensors_and_refuses_bad_shapes(pod: Pod) -> None:
    pytest.importorskip("tritonclient")
    addresses = [f"127.0.0.1:{pod.ports[port]}" for port in (kserve.TRITON_HTTP, kserve.TRITON_GRPC)]
    got = script(TENSORS, *addresses)
    assert got["http"] == got["grpc"] == [0, 1, 2]
    assert "batch-size must be <= 4" in str(got["many"])
    assert "expected" in str(got["shape"])
    config = got["config"]
    assert isinstance(config, dict)
    assert config["max_batch_size"] == 4
    assert "dynamic_batching" in config
