"""The clients that people use get the right answers: curl's JSON, tritonclient over HTTP and gRPC, kserve's own."""

import gzip
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

import numpy as np
import pytest

from tests import needs
from tests.serving import tiny
from tests.serving.served import Served

TEXTS = ["ab", "abc", "Прогноз 🎉 "]
WANTED = ["even" if len(text) % 2 == 0 else "odd" for text in TEXTS]


def post(
    url: str, body: bytes, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, object], Mapping[str, str]]:
    """Post and give status, JSON and headers, errors too."""
    kept = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(f"http://{url}", body, kept, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response), response.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}"), error.headers


def body(texts: list[str], **more: object) -> bytes:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return json.dumps({"inputs": [tensor], **more}).encode()


def test_json_answers_a_batch_and_echoes_the_id(server: Served) -> None:
    status, answer, headers = post(
        f"{server.http}/v2/models/tiny/infer", body(TEXTS, id="seven"), {"X-Request-Id": "r-1"}
    )
    assert (status, answer["id"], headers["x-request-id"]) == (200, "seven", "r-1")
    outputs = {output["name"]: output for output in answer["outputs"]}  # type: ignore[index, union-attr]
    assert outputs["label"]["data"] == WANTED
    assert outputs["scores"]["shape"] == [3, 3]
    assert np.allclose(np.reshape(outputs["scores"]["data"], (3, 3)).sum(axis=1), 1)


@pytest.mark.parametrize("name", ["gzip", "GZip"])
def test_gzip_versions_and_chosen_outputs(name: str, server: Served) -> None:
    packed = gzip.compress(body(TEXTS, outputs=[{"name": "label"}]))
    status, answer, _ = post(f"{server.http}/v2/models/tiny/versions/1/infer", packed, {"Content-Encoding": name})
    assert status == 200
    assert [output["name"] for output in answer["outputs"]] == ["label"]  # type: ignore[index, union-attr]


def test_a_raw_body_is_the_one_input(server: Served) -> None:
    headers = {"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"}
    status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", "Прогноз".encode(), headers)
    assert status == 200
    assert answer["outputs"][0]["data"] == ["odd"]  # type: ignore[index]


@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_http(server: Served, binary: bool) -> None:
    http = needs.module("tritonclient.http")
    client = http.InferenceServerClient(server.http)
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("tiny")
    assert client.get_model_metadata("tiny")["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    tensor = http.InferInput("text", [3], "BYTES")
    tensor.set_data_from_numpy(np.array([text.encode() for text in TEXTS], dtype=np.object_), binary_data=binary)
    wanted = [http.InferRequestedOutput(name, binary_data=binary) for name in ("label", "scores")]
    headers = None if binary else {"Content-Type": "application/json"}
    result = client.infer("tiny", [tensor], outputs=wanted, request_id="9", headers=headers)
    labels = [item.decode() if isinstance(item, bytes) else item for item in result.as_numpy("label")]
    assert labels == WANTED
    assert result.as_numpy("scores").shape == (3, 3)
    assert result.get_response()["id"] == "9"


GRPC = """
import sys, json, numpy as np, tritonclient.grpc as grpc
client = grpc.InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("tiny")
about = client.get_model_metadata("tiny", as_json=True)
texts = json.loads(sys.argv[2])
tensor = grpc.InferInput("text", [len(texts)], "BYTES")
tensor.set_data_from_numpy(np.array([text.encode() for text in texts], dtype=np.object_))
result = client.infer("tiny", [tensor], request_id="g1")
one = client.infer("tiny", [tensor], outputs=[grpc.InferRequestedOutput("scores")])
def refused(name, make):
    try:
        make()
    except grpc.InferenceServerException as error:
        return [error.status(), error.message()]
bad = grpc.InferInput("txt", [1], "BYTES"); bad.set_data_from_numpy(np.array([b"a"], dtype=np.object_))
many = grpc.InferInput("text", [5], "BYTES"); many.set_data_from_numpy(np.array([b"a"] * 5, dtype=np.object_))
print(json.dumps({
    "about": about,
    "labels": [item.decode() for item in result.as_numpy("label")],
    "scores": result.as_numpy("scores").tolist(),
    "id": result.get_response().id,
    "outputs": [output.name for output in one.get_response().outputs],
    "errors": [refused("a", lambda: client.infer("tiny", [bad])), refused("b", lambda: client.infer("tiny", [many])),
               refused("c", lambda: client.infer("other", [tensor]))],
}))
"""
KSERVE = """
import sys, json, asyncio, numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
texts = json.loads(sys.argv[3])
async def main():
    out = {}
    tensor = InferInput("text", [len(texts)], "BYTES", data=[text for text in texts])
    rest = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await rest.is_server_ready("http://" + sys.argv[1])
    assert await rest.is_model_ready("http://" + sys.argv[1], "tiny")
    got = await rest.infer("http://" + sys.argv[1], InferRequest("tiny", [tensor], request_id="k1"), model_name="tiny")
    out["rest"] = [got.id, [x.decode() if isinstance(x, bytes) else x for x in got.outputs[0].as_numpy()]]
    grpc = InferenceGRPCClient(sys.argv[2])
    tensor = InferInput("text", [len(texts)], "BYTES", data=[text.encode() for text in texts])
    got = await grpc.infer(InferRequest("tiny", [tensor], request_id="k2"))
    out["grpc"] = [got.id, [x.decode() for x in got.outputs[0].as_numpy()], list(got.outputs[1].as_numpy().shape)]
    raw = InferInput("text", [len(texts)], "BYTES")
    raw.set_data_from_numpy(np.array([text.encode() for text in texts], dtype=object))
    got = await grpc.infer(InferRequest("tiny", [raw]))
    out["raw"] = [x.decode() for x in got.outputs[0].as_numpy()]
    print(json.dumps(out))
asyncio.run(main())
"""


def script(source: str, *arguments: str) -> dict[str, object]:
    """Run a client in its own process: kserve and tritonclient.grpc register the same protobuf names."""
    done = subprocess.run(
        [sys.executable, "-c", source, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_tritonclient_grpc(server: Served) -> None:
    needs.packages("tritonclient")
    got = script(GRPC, server.grpc, json.dumps(TEXTS))
    assert got["labels"] == WANTED
    assert got["id"] == "g1"
    assert got["outputs"] == ["scores"]
    assert got["about"]["versions"] == ["1"]  # type: ignore[index]
    errors = got["errors"]
    assert isinstance(errors, list)
    assert [status for status, _ in errors] == ["StatusCode.INVALID_ARGUMENT"] * 2 + ["StatusCode.NOT_FOUND"]
    assert "unexpected input `txt`" in errors[0][1]
    assert "at most 4" in errors[1][1]


def test_kserve_clients(server: Served) -> None:
    got = script(KSERVE, server.http, server.grpc, json.dumps(TEXTS))
    assert got["rest"] == ["k1", WANTED]
    assert got["grpc"] == ["k2", WANTED, [3, 3]]
    assert got["raw"] == WANTED


def test_golden_answers(server: Served) -> None:
    for line in (server.folder / "golden.jsonl").read_text(encoding="utf-8").splitlines():
        golden = json.loads(line)
        _, answer, _ = post(f"{server.http}/v2/models/tiny/infer", body([golden["raw"]["text"]]))
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}  # type: ignore[index, union-attr]
        assert outputs["label"] == [golden["answer"]["label"]]
        assert np.abs(np.array(outputs["scores"]) - golden["answer"]["scores"]).max() < 1e-4
    assert tiny.TEXTS
