"""What the server refuses, hides, counts and how it ends."""

import json
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.serving import abuse, tiny
from tests.serving.served import Served, serving
from tests.serving.test_clients import body, post, script

TENSOR = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a"]}
BAD = [
    (b"", "not JSON"),
    (b"[1]", "not a JSON object"),
    (b"{}", "`inputs` is missing"),
    (b'{"inputs": []}', "`inputs` is missing or empty"),
    (b'{"inputs": 3}', "not a list of objects"),
    ({**TENSOR, "name": "txt"}, "unexpected input `txt`; this model takes `text` (BYTES [-1])"),
    ({**TENSOR, "datatype": "FP32"}, "expected BYTES"),
    ({**TENSOR, "shape": [2]}, "holds 1 values, but its shape is [2]"),
    ({**TENSOR, "shape": [1, 1]}, "has shape [1, 1], expected [-1]"),
    ({**TENSOR, "shape": [-1]}, "not a size"),
    ({**TENSOR, "shape": "1"}, "not a list"),
    ({**TENSOR, "data": [3]}, "is not a string"),
    ({**TENSOR, "data": "a"}, "not a list"),
    ({"name": "text", "datatype": "BYTES", "shape": [1]}, "neither `data` nor"),
    ({**TENSOR, "shape": [0], "data": []}, "is empty"),
    ({**TENSOR, "shape": [5], "data": ["a"] * 5}, "at most 4"),
    ({**TENSOR, "data": ["a" * 6000]}, "longer than 5000"),
    ({**TENSOR, "data": ["%%"], "parameters": {"content_type": "base64"}}, "not base64"),
    ({**TENSOR, "data": ["/w=="], "parameters": {"content_type": "base64"}}, "not UTF-8"),
    ({**TENSOR, "parameters": 3}, "not an object"),
]


@pytest.mark.parametrize(("sent", "reason"), BAD)
def test_bad_requests_get_400_and_a_reason(server: Served, sent: bytes | dict[str, object], reason: str) -> None:
    content = sent if isinstance(sent, bytes) else json.dumps({"inputs": [sent]}).encode()
    status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", content)
    assert (status, list(answer)) == (400, ["error"])
    assert reason in str(answer["error"])


@pytest.mark.parametrize(
    ("head", "tail", "reason"),
    [
        ({"binary_data_size": 9}, b"\x05\0\0\0abcde", ""),
        ({"binary_data_size": 9}, b"\x09\0\0\0abcde", "ends within a value"),
        ({"binary_data_size": 3}, b"\x09\0\0", "ends within a length"),
        ({"binary_data_size": 99}, b"\x05\0\0\0abcde", "neither `data` nor"),
        ({"binary_data_size": 9}, b"\x05\0\0\0abcdeX", "1 bytes more"),
    ],
)
def test_binary_data_is_checked(server: Served, head: dict[str, int], tail: bytes, reason: str) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "parameters": head}
    start = json.dumps({"inputs": [tensor]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(start)), "Content-Type": "application/octet-stream"}
    status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", start + tail, headers)
    assert status == (400 if reason else 200)
    assert reason in str(answer.get("error", ""))


@pytest.mark.parametrize("encodings", [("gzip", "identity"), ("identity", "gzip"), ("gzip", "gzip")])
def test_a_body_has_one_encoding(server: Served, encodings: tuple[str, ...]) -> None:
    sent = abuse.post("/v2/models/tiny/infer", body(["a"]), *(f"Content-Encoding: {one}" for one in encodings))
    with abuse.connection(server.http) as sock:
        sock.sendall(sent)
        assert abuse.answer(sock) == (400, "content-encoding must be gzip, deflate or identity")


@pytest.mark.parametrize("path", ["/v2/models/other/infer", "/v2/models/tiny/versions/2/infer"])
def test_unknown_models_get_404(server: Served, path: str) -> None:
    status, answer, _ = post(f"{server.http}{path}", body(["a"]))
    assert status == 404
    assert "does not exist" in str(answer["error"])


def test_an_unknown_output_is_400(server: Served) -> None:
    status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", body(["a"], outputs=[{"name": "x"}]))
    assert status == 400
    assert "unexpected output `x`" in str(answer["error"])


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://{url}", timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_health_metadata_metrics_config_and_stats(server: Served) -> None:
    assert json.loads(get(f"{server.http}/v2/health/live")[1]) == {"live": True}
    assert json.loads(get(f"{server.http}/v2/models")[1]) == {"models": ["tiny"]}
    about = json.loads(get(f"{server.http}/v2/models/tiny")[1])
    assert about["outputs"] == [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "scores", "datatype": "FP32", "shape": [-1, 3]},
    ]
    assert json.loads(get(f"{server.http}/v2/models/tiny/config")[1])["input"][0]["data_type"] == "TYPE_STRING"
    post(f"{server.http}/v2/models/tiny/infer", body(["a", "b"]))
    stats = json.loads(get(f"{server.http}/v2/models/tiny/versions/1/stats")[1])["model_stats"][0]
    assert stats["inference_count"] >= 2
    metrics = get(f"{server.http}/metrics")[1].decode()
    for counted in (
        'serve_step_seconds_count{step="encode"}',
        'serve_requests_total{door="http",status="200"}',
        'serve_request_seconds_count{door="http"}',
        'serve_packages_opened_total{outcome="loaded"} ',
        'serve_package_info{name="tiny"',
        "serve_waiting_requests 0.0",
        "process_resident_memory_bytes",
        'serve_watched_rows_total{bin="0",model="tiny",signal="input.text.characters"}',
    ):
        assert counted in metrics


def test_drift_is_told_of_counts_alone(server: Served) -> None:
    """The reference has texts of every length: a hundred long ones are another distribution."""
    for _ in range(25):
        post(f"{server.http}/v2/models/tiny/infer", body(["No word of this text may be told to anybody: xyzzy"] * 4))
    metrics = get(f"{server.http}/metrics")[1].decode()
    drift = dict(re.findall(r'serve_drift{model="tiny",signal="(.*?)"} (.*)', metrics))
    assert float(drift["input.text.characters"]) > 1
    assert "xyzzy" not in metrics
    assert "even" not in metrics, "a class may be nobody's business"


def test_an_answer_leaves_in_one_piece_and_one_to_head_without_a_body(server: Served) -> None:
    host, port = server.http.split(":")
    content = body(["The company said"])
    infer = b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(content)
    with socket.create_connection((host, int(port)), 10) as sender:
        for _ in range(10):
            sender.sendall(infer + content)
            head, _, answer = sender.recv(65536).partition(b"\r\n\r\n")
            assert json.loads(answer)["outputs"][0]["data"] == ["even"]
            assert b"content-length: %d\r\n" % len(answer) in head
            assert b"uvicorn" not in head
        sender.sendall(b"HEAD /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert sender.recv(65536).startswith(b"HTTP/1.1 200")
        sender.sendall(infer)  # a body that comes later than its head is awaited
        time.sleep(0.05)
        sender.sendall(content)
        assert sender.recv(65536).startswith(b"HTTP/1.1 200")


def test_the_log_is_json_without_payloads(server: Served) -> None:
    post(f"{server.http}/v2/models/tiny/infer", body(["my secret text"]), {"X-Request-Id": "find-me"})
    post(f"{server.http}/v2/models/tiny/infer", body(["another secret"] * 9))
    time.sleep(0.2)
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    (line,) = [line for line in lines if line.get("id") == "find-me"]
    assert line["status"] == 200
    assert line["path"] == "/v2/models/tiny/infer"
    assert "secret" not in server.log.read_text()


def test_large_and_slow_bodies_are_refused(package: Path) -> None:
    with serving(package, "--max-bytes", "2000", "--body-seconds", "0.3", "--quiet") as server:
        status, answer, _ = post(f"{server.http}/v2/models/tiny/infer", body(["a" * 4000]))
        assert (status, answer["error"]) == (413, "the body is larger than 2000 bytes")
        host, port = server.http.split(":")
        with socket.create_connection((host, int(port))) as sock:  # chunked: no content-length to look at
            sock.sendall(
                b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            sock.sendall(b"bb8\r\n" + b"a" * 3000 + b"\r\n0\r\n\r\n")
            assert b" 413 " in sock.recv(200)
        with socket.create_connection((host, int(port)), timeout=5) as sock:
            sock.sendall(b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
            assert b" 408 " in sock.recv(200)
        assert post(f"{server.http}/v2/models/tiny/infer", body(["a"]))[0] == 200


TOKEN = """
import sys, json, tritonclient.grpc as grpc
client = grpc.InferenceServerClient(sys.argv[1])
try:
    refused = client.get_model_metadata("tiny").name
except grpc.InferenceServerException as error:
    refused = error.status()
name = client.get_model_metadata("tiny", headers={"authorization": "Bearer s3cret"}).name
print(json.dumps({"ready": client.is_server_ready(), "refused": refused, "name": name}))
"""


def test_a_token_is_asked_for_on_both_doors(package: Path) -> None:
    with serving(package, "--token-env", "TOKEN", TOKEN="s3cret") as server:
        infer = f"{server.http}/v2/models/tiny/infer"
        assert post(infer, body(["a"]))[0] == 401
        assert post(infer, body(["a"]), {"Authorization": "Bearer wrong"})[0] == 401
        assert post(infer, body(["a"]), {"Authorization": "Bearer s3cret"})[0] == 200
        assert get(f"{server.http}/v2/models/tiny")[0] == 401
        assert get(f"{server.http}/v2/health/ready")[0] == 200
        assert get(f"{server.http}/")[0] == 200
        assert script(TOKEN, server.grpc) == {"ready": True, "refused": "StatusCode.UNAUTHENTICATED", "name": "tiny"}
        assert "s3cret" not in server.log.read_text()


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a package whose `encode` has a mistake, which some text brings out."""
    package = tiny.package(tmp_path_factory.mktemp("failing") / "package")
    mistake = '        assert raw["text"] != ["my secret"], raw["text"]\n        return {"counts"'
    tiny.change(package, "pipeline/task/processing.py", '        return {"counts"', mistake)
    with serving(package) as server:
        yield server


def test_a_mistake_inside_is_500_and_the_log_tells_where_without_the_payload(failing: Served) -> None:
    url = f"{failing.http}/v2/models/tiny/infer"
    status, answer, _ = post(url, body(["my secret"]), {"X-Request-Id": "find-me"})
    assert (status, answer) == (500, {"error": "internal error; the log has it under request find-me"})
    assert post(url, body(["ab"]))[0] == 200
    lines = [json.loads(line) for line in failing.log.read_text().splitlines()]
    (error,) = [line for line in lines if "error" in line]
    assert (error["id"], error["error"]) == ("find-me", "AssertionError")
    assert error["at"][-1].startswith("processing.py:")
    assert "secret" not in failing.log.read_text()


INTERNAL = """
import sys, json, numpy as np, tritonclient.grpc as grpc
client = grpc.InferenceServerClient(sys.argv[1])
tensor = grpc.InferInput("text", [1], "BYTES"); tensor.set_data_from_numpy(np.array([b"my secret"], dtype=np.object_))
try:
    client.infer("tiny", [tensor])
except grpc.InferenceServerException as error:
    print(json.dumps([error.status(), error.message()]))
"""


def test_a_mistake_inside_is_internal_over_grpc(failing: Served) -> None:
    needs.packages("tritonclient")
    assert script(INTERNAL, failing.grpc) == ["StatusCode.INTERNAL", "internal error; the log has it"]
    assert "secret" not in failing.log.read_text()


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2/models/tiny/infer", 405), ("GET", "/etc", 404)])
def test_other_paths_and_methods_are_errors_of_the_protocol(
    server: Served, method: str, path: str, status: int
) -> None:
    code, answer = get(f"{server.http}{path}")
    assert code == status
    assert list(json.loads(answer)) == ["error"]


def test_an_empty_token_is_no_token(package: Path) -> None:
    with (
        pytest.raises(AssertionError, match=r"TS864 the environment has no `TOKEN`"),
        serving(package, "--token-env", "TOKEN", TOKEN="\n"),
    ):
        pass


def test_a_folder_that_is_no_package_is_told_in_one_line(tmp_path: Path) -> None:
    tiny.pipeline(tmp_path)
    with pytest.raises(AssertionError, match=r"TS860 there is no package in .*\n +hint: "), serving(tmp_path):
        pass
